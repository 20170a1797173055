import { RequestError } from './errors'

const REMEDIES = [
  "Express: express.raw({ type: '*/*' }) on this route, before express.json()",
  'Koa: the stream of ctx.req, before any body parser',
  "Fastify: addContentTypeParser('application/json', { parseAs: 'buffer' }, …)",
  'NestJS: NestFactory.create(…, { rawBody: true }) and req.rawBody',
  'Hono, Next.js and the web: await request.text()',
].join('; ')

/**
 * The bytes of a notification as they came.
 * @throws RequestError for what a body parser has made of them: the signature covers the bytes, which nobody can make again
 */
export function rawBytes(body: unknown): Buffer {
  if (typeof body === 'string' && body !== '') return Buffer.from(body)
  if (body instanceof ArrayBuffer && body.byteLength > 0) return Buffer.from(body)
  if (ArrayBuffer.isView(body) && body.byteLength > 0) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  }
  throw new RequestError(
    'body',
    `expected the raw bytes of the notification, got ${described(body)}. ${REMEDIES}`,
  )
}

function described(body: unknown): string {
  const faster = 'a body parser was faster'
  if (typeof body !== 'object' || body === null) return `nothing: ${faster}`
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return `nothing: ${faster}`
  if (body instanceof ReadableStream || Symbol.asyncIterator in body) return 'a stream: read it to its end'
  return `a parsed object: ${faster}`
}

/** The first value of a header by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined

/**
 * Reads headers in whatever form a framework has them: an object in any letter case, `Headers`, a Map, pairs, Node's flat
 * list.
 * @throws RequestError for anything else
 */
export function headerLookup(headers: unknown): HeaderLookup {
  const found = new Map<string, string>()
  for (const [name, value] of pairs(headers)) {
    const first: unknown = Array.isArray(value) ? value[0] : value
    // Nothing else comes over HTTP.
    if (typeof name !== 'string' || (typeof first !== 'string' && typeof first !== 'number')) continue
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, String(first))
  }
  return (name) => found.get(name)
}

function pairs(headers: unknown): readonly (readonly [unknown, unknown])[] {
  if (typeof headers !== 'object' || headers === null) {
    throw new RequestError('headers', 'expected the headers of the notification: request.headers')
  }
  if (!(Symbol.iterator in headers)) return Object.entries(headers)
  const items = [...(headers as Iterable<unknown>)]
  if (items.every((item) => typeof item === 'string')) return flat(items as string[])
  return items.filter((item): item is [unknown, unknown] => Array.isArray(item))
}

/** `rawHeaders`: name, value, name, value, … */
const flat = (items: readonly string[]): [string, string][] =>
  Array.from({ length: items.length >> 1 }, (_, at) => [items[2 * at] as string, items[2 * at + 1] as string])

const XML = /^[\s\xef\xbb\xbf]*</

/** Is it a notification of APIv2? */
export const isXml = (body: Buffer): boolean => XML.test(body.toString('latin1', 0, 64))
