import { isPlainObject } from '../plain'
import { bodyDifference } from './sign-error-body'
import { ANOTHER_REQUEST, type Difference, ON_THE_WAY, show, targetDifference } from './sign-error-target'

/** What the client signed of one attempt. */
export interface SignedMessage {
  readonly method: string
  /** With the query, as sent. */
  readonly path: string
  /** The whole signed string, `METHOD\nPATH\nTIMESTAMP\nNONCE\nBODY\n`. */
  readonly message: string | Buffer
  /** Verb and template, without values: `POST v3/pay/transactions/id/{transaction_id}`. */
  readonly label: string
}

/** What the platform verified; what it does not tell is `undefined`. */
interface Verified {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly timestamp: string | undefined
  readonly nonce: string | undefined
  /** The first characters of the body. */
  readonly body: string | undefined
  /** Of the whole message, in bytes. */
  readonly length: number | undefined
}

/** `sign_information` stands in `detail`, or once deeper. */
const DEEPEST = 4
/** No request line is longer. */
const LONGEST = 65_536

const COMPARE =
  'Compare: "openssl x509 -in apiclient_cert.pem -noout -serial -subject -pubkey" prints the config\'s serial, its mchid as CN, and the public key that "openssl pkey -in apiclient_key.pem -pubout" must print, too'
const CURRENT = 'The merchant platform (API security) shows whether that certificate is still the valid one'

/** What the platform found wrong in `Authorization`, when it says so instead of what it verified. */
const FIELDS: ReadonlyMap<unknown, string> = new Map([
  ['timestamp', "check this machine's clock (NTP): the timestamp must be within 5 minutes of WeChat Pay's"],
  ['nonce_str', 'the nonce was used before: look for a proxy that repeats requests'],
  ['authorization', `the Authorization header did not arrive as it was sent. ${ON_THE_WAY}`],
])

/**
 * Why the platform found a signature wrong: what it verified beside what the client signed, their first difference, and
 * what to do about it. What is no template's or parameter's name is left out: values of path and query, the body, the nonce.
 *
 * The meaning of `sign_information` (lengths are in bytes, the body is cut after a few) is WeChat Pay's, from its answers
 * to frequent questions on signatures ("如何定位错误的签名").
 *
 * @param detail of the answer 401 `SIGN_ERROR`
 * @returns text for the end of an ApiError's message; empty when there is nothing to say
 */
export function explainSignError(detail: unknown, signed: SignedMessage | undefined): string {
  const verified = read(detail)
  if (verified === undefined || signed === undefined) return credentials(detail, verified)
  const ours = parts(signed)
  const { method, path, label } = signed
  const shown = show(verified, { method, path }, label)
  const server = `${shown.server}${bytes(verified.length)}`
  const difference =
    targetDifference(verified, { method, path }, label) ??
    stampDifference(verified, ours) ??
    remainderDifference(verified, ours)
  if (difference === undefined) {
    const certain = isWhole(verified, ours) ? '' : 'as far as it tells, '
    return `${certain}the platform verified what was signed, ${server}, so that${certain && ' most likely'} the key is at fault: privateKey is not the one of the certificate that serial names, or both are another merchant's than mchid. ${COMPARE}. ${CURRENT}`
  }
  const [what, remedy] = difference
  return `the platform verified ${server}, the client signed ${shown.client}${bytes(ours.length)}. First difference: ${what}. ${remedy}`
}

/** Has the platform shown all that it verified, with nothing cut off? */
const isWhole = ({ path, timestamp, nonce, body, length }: Verified, ours: Parts): boolean =>
  path !== undefined &&
  timestamp !== undefined &&
  nonce !== undefined &&
  length !== undefined &&
  Buffer.byteLength(body ?? '') === ours.body.length

const bytes = (length: number | undefined): string => (length === undefined ? '' : ` (${length} bytes)`)

function credentials(detail: unknown, verified: Verified | undefined): string {
  const field = isPlainObject(detail) ? FIELDS.get(detail.field) : undefined
  if (field !== undefined) return field
  const unknown = verified
    ? `the platform verified a message of its own making${bytes(verified.length)}, but what was signed is not known here`
    : 'the platform does not say what it verified'
  return `${unknown}: privateKey, serial or mchid can be the cause. serial is that of the merchant's own API certificate, not of a platform certificate or public key; privateKey belongs to it; mchid owns it (of a partner the partner's, not sub_mchid). ${COMPARE}. ${CURRENT}`
}

function read(detail: unknown): Verified | undefined {
  const found = information(detail)
  if (found === undefined) return undefined
  const message = text(found.truncated_sign_message) ?? ''
  // Some have printed it with its line feeds escaped.
  const lines = (message.includes('\n') ? message : message.replaceAll('\\n', '\n')).split('\n')
  const [method, path, timestamp, nonce, ...rest] = lines.length > 1 ? lines : []
  const verified = {
    method: method || text(found.method),
    path: path || text(found.url),
    timestamp: timestamp || undefined,
    nonce: nonce || undefined,
    body: rest.length > 0 ? rest.join('\n').replace(/\n$/, '') : undefined,
    length: lengthOf(found.sign_message_length),
  }
  return Object.values(verified).some((value) => value !== undefined) ? verified : undefined
}

function information(detail: unknown): Record<string, unknown> | undefined {
  let level = detail
  for (let depth = 0; depth < DEEPEST && isPlainObject(level); depth++) {
    if (isPlainObject(level.sign_information)) return level.sign_information
    level = level.detail
  }
  return undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : undefined
}

function lengthOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}

/** What the client signed, taken apart. */
interface Parts {
  readonly timestamp: string
  readonly nonce: string
  readonly body: Buffer
  /** Of the whole message, in bytes. */
  readonly length: number
}

function parts({ message }: SignedMessage): Parts {
  const whole = Buffer.from(message)
  const ends: number[] = []
  for (let at = whole.indexOf(10); at !== -1 && ends.length < 4; at = whole.indexOf(10, at + 1)) ends.push(at)
  const [, second = 0, third = 0, fourth = 0] = ends
  return {
    timestamp: whole.toString('latin1', second + 1, third),
    nonce: whole.toString('latin1', third + 1, fourth),
    body: whole.subarray(fourth + 1, -1),
    length: whole.length,
  }
}

function stampDifference(server: Verified, client: Parts): Difference | undefined {
  const timestamp = server.timestamp !== undefined && server.timestamp !== client.timestamp
  const nonce = server.nonce !== undefined && server.nonce !== client.nonce
  if (!timestamp && !nonce) return undefined
  const age = Number(client.timestamp) - Number(server.timestamp)
  const apart =
    timestamp && Number.isSafeInteger(age) ? ` (${Math.abs(age)} s ${age > 0 ? 'older' : 'newer'})` : ''
  const what = timestamp ? `the timestamp${apart}${nonce ? ', and the nonce' : ''}` : 'the nonce'
  return [what, ANOTHER_REQUEST]
}

function remainderDifference(server: Verified, client: Parts): Difference | undefined {
  const { length } = server
  // Whatever stands before the body is the same in both by now.
  const rest = length === undefined ? undefined : length - (client.length - client.body.length)
  const how = bodyDifference({ head: server.body, length: rest }, client.body)
  if (how === undefined) return undefined
  const none =
    client.body.length > 0 && (rest === 0 || (rest === undefined && server.body === ''))
      ? 'Check that Content-Type and Content-Length arrive as sent (in an upload, the boundary and the part meta). '
      : ''
  const otherwise = isInCharacters(length, client)
    ? '. Should an ASCII-only body fail as well, check privateKey, serial and mchid instead'
    : ''
  return [`the body: ${how}`, `${none}${ON_THE_WAY}${otherwise}`]
}

/** By its documentation the platform counts bytes. Should it count characters, nothing differs. */
function isInCharacters(length: number | undefined, client: Parts): boolean {
  const written = client.body.toString()
  const head = client.length - client.body.length
  const pairs = written.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0
  return length !== client.length && [0, pairs].some((fewer) => head + written.length - fewer === length)
}
