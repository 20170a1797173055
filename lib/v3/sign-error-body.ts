import { isUtf8 } from 'node:buffer'
import { isPlainObject } from '../plain'

/** Of larger bodies not every way to rewrite them is tried. */
const LARGEST = 262_144

type Rewrite = (body: string) => string | undefined

const ascii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const slashed = (text: string): string => text.replaceAll('/', '\\/')
const unescaped = (text: string): string =>
  text.replace(/\\u((?!00[0-7])[\da-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
const unslashed = (text: string): string => text.replaceAll('\\/', '/')
const html = (text: string): string =>
  text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)

/** Written anew from what it says. */
const json =
  (write: (value: unknown) => string): Rewrite =>
  (body) => {
    try {
      return write(JSON.parse(body))
    } catch {
      return undefined
    }
  }

const byName = (_: string, value: unknown): unknown =>
  isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
const spaced = (value: unknown): string =>
  JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) =>
    token.length === 1 ? `${token} ` : token,
  )
const indented = (space: string) => (value: unknown) => JSON.stringify(value, null, space)

/** What is known to happen to bodies on their way, the likeliest first. */
const REWRITES: readonly (readonly [what: string, rewrite: Rewrite])[] = [
  ['with a line feed added to its end', (body) => `${body}\n`],
  ['with a line end (CRLF) added to its end', (body) => `${body}\r\n`],
  ['without the white space at its ends', (body) => body.trim()],
  ['with a byte order mark (BOM) added', (body) => `\uFEFF${body}`],
  ['without its byte order mark (BOM)', (body) => body.replace(/^\uFEFF/, '')],
  ['whose line ends became CRLF', (body) => body.replace(/\r?\n/g, '\r\n')],
  ['whose CRLF line ends became LF', (body) => body.replaceAll('\r\n', '\n')],
  ['whose non-ASCII characters were escaped as \\uXXXX', ascii],
  ['whose / were escaped as \\/', slashed],
  ['whose \\uXXXX were unescaped', unescaped],
  ['whose \\/ were unescaped', unslashed],
  ['whose / and non-ASCII characters were escaped, as PHP does it', (body) => ascii(slashed(body))],
  ['whose \\uXXXX and \\/ were unescaped', (body) => unescaped(unslashed(body))],
  ['whose <, > and & were escaped as \\uXXXX', html],
  ['parsed and written without white space', json((value) => JSON.stringify(value))],
  ['parsed and written with its fields sorted', json((value) => JSON.stringify(value, byName))],
  ['parsed and written with spaces, as Python does it', json((value) => ascii(spaced(value)))],
  ['parsed and written with spaces', json(spaced)],
  ['pretty-printed', json(indented('  '))],
  ['pretty-printed', json(indented('    '))],
  ['pretty-printed', json(indented('\t'))],
  ['written as a JSON string, twice', JSON.stringify],
  ['whose UTF-8 was encoded as UTF-8 once more', (body) => Buffer.from(body).toString('latin1')],
]

/** Encodings of which only the length is known here. */
const CHARSETS: readonly (readonly [what: string, bytes: (body: string) => number])[] = [
  ['with one byte a character: ? or Latin-1 for what is not ASCII', (body) => body.length],
  [
    'with one byte a character: ? for what is not ASCII',
    (body) => body.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '?').length,
  ],
  ['in GBK instead of UTF-8', (body) => body.length + (body.match(/[^\0-\x7f]/g)?.length ?? 0)],
  ['in UTF-16 instead of UTF-8', (body) => 2 * body.length],
]

/** A body as the platform has got it; what is not known is `undefined`. */
export interface Received {
  /** Its first characters. */
  readonly head: string | undefined
  /** In bytes. */
  readonly length: number | undefined
}

/**
 * How the body that the platform has got differs from the one that was signed, in words that quote neither.
 * @returns `undefined` when no difference can be seen
 */
export function bodyDifference(server: Received, client: Buffer): string | undefined {
  const text = isUtf8(client) ? client.toString() : undefined
  // The cut may have gone through a character.
  const head = server.head?.replace(/\uFFFD{1,3}$/, '')
  if (client.length > 0 && (server.length ?? server.head?.length) === 0) return 'none has arrived'
  if (client.length === 0 && (server.length ?? head?.length ?? 0) > 0) {
    return 'one has arrived, and none was signed'
  }
  const begins = text === undefined || head === undefined || text.startsWith(head)
  if (begins && (server.length ?? client.length) === client.length) return undefined
  if (head?.startsWith('\x1f')) return 'it has arrived compressed'
  const how = text === undefined || text.length > LARGEST ? undefined : rewritten(text, head, server.length)
  return how === undefined
    ? inWords(begins, server.length, client.length)
    : `what arrived fits the signed one ${how}`
}

/** The two likeliest of the ways that lead from the one to the other: lengths alone cannot always tell. */
function rewritten(text: string, head: string | undefined, length: number | undefined): string | undefined {
  const fitting = new Map<string, string>()
  for (const [what, rewrite] of REWRITES) {
    const candidate = rewrite(text)
    if (candidate === undefined || fitting.has(candidate)) continue
    if (head !== undefined && !candidate.startsWith(head)) continue
    if (length === undefined || Buffer.byteLength(candidate) === length) fitting.set(candidate, what)
  }
  const charset = length !== Buffer.byteLength(text) && CHARSETS.find(([, bytes]) => bytes(text) === length)
  const found = [...fitting.values(), ...(charset ? [charset[0]] : [])]
  return found.length > 0 ? found.slice(0, 2).join(', or ') : undefined
}

function inWords(begins: boolean, server: number | undefined, client: number): string {
  const more = (server ?? client) - client
  if (more === 0) return 'it begins otherwise, as one that was parsed and written anew'
  const bytes = Math.abs(more) === 1 ? '1 byte' : `${Math.abs(more)} bytes`
  const length = `${bytes} ${more > 0 ? 'more' : 'fewer'} arrived than were signed`
  return begins ? length : `${length}, and it begins otherwise`
}
