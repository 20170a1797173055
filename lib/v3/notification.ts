import type { RemoteDecrypter } from '../apiv3-key'
import type { HeaderLookup } from '../callback-input'
import { ConfigError, RequestError, VerificationError } from '../errors'
import type { Callback } from '../openapi/v3/callbacks'
import { isPlainObject } from '../plain'
import type { PlatformKeys } from '../platform-keys'
import {
  checkEnvelope,
  checkSignature,
  Doubt,
  doubtful,
  type Envelope,
  judge,
  readEnvelope,
  signedBytes,
  unknownSerial,
} from './envelope'

/** One merchant that notifications may be for. */
export interface Recipient {
  readonly mchid: string | undefined
  readonly keys: PlatformKeys
  /** Its APIv3 keys, the one in use first. */
  readonly decrypters: readonly RemoteDecrypter[]
}

/** A notification that is believed, and whose it is. */
export interface Opened {
  readonly event: Callback
  readonly recipient: Recipient
}

interface Resource {
  readonly algorithm?: unknown
  readonly ciphertext: string
  readonly nonce: string
  readonly associated_data?: string
  readonly original_type?: string
}

type Encrypted = Record<string, unknown> & { readonly resource: Resource }

/** What keys in this process can verify. */
const RSA = 'WECHATPAY2-SHA256-RSA2048'

const STRIPPED = 'a proxy took it away, or these are not the headers of the request'
const SWAPPED =
  'its Wechatpay-Timestamp and Wechatpay-Signature have changed places: hand over the headers as they came'
const REWRITTEN =
  'If the body was parsed and written again on its way here, hand over the bytes as they came: the signature covers them'

/**
 * Verifies, then decrypts (official 4012071382, 4012791836).
 * @param recipients among whom the serial of the key, and then the APIv3 key, tells whose it is
 * @throws VerificationError unless it is WeChat Pay's and for one of them
 * @throws RequestError when it is no notification of APIv3
 * @throws ConfigError when there is no APIv3 key
 */
export async function openNotification(
  body: Buffer,
  header: HeaderLookup,
  recipients: readonly Recipient[],
): Promise<Opened> {
  try {
    const possible = await signedFor(body, header, recipients)
    return decrypted(parsed(body), possible)
  } catch (error) {
    if (error instanceof Doubt) throw refusal(error)
    throw error
  }
}

/** Those whose platform key has signed it. */
async function signedFor(
  body: Buffer,
  header: HeaderLookup,
  recipients: readonly Recipient[],
): Promise<readonly Recipient[]> {
  const envelope = readEnvelope((name) => header(name) || missing(name))
  if (!/^\d+$/.test(envelope.timestamp) && /^\d{10}$/.test(envelope.signature))
    throw new Doubt('headers', SWAPPED)
  checkEnvelope(envelope)
  const message = signedBytes(envelope, body)
  const asked = holders(envelope.serial, recipients)
  const verdicts = await Promise.all(asked.map(({ keys }) => verdictOf(envelope, message, keys)))
  const possible = asked.filter((_, at) => verdicts[at] === undefined)
  if (possible.length > 0) return possible
  const doubt = verdicts.find((verdict) => verdict?.reason !== 'serial')
  if (doubt?.reason === 'signature') {
    const hint = otherAlgorithm(header) ?? REWRITTEN
    throw new Doubt('signature', `${doubt.message}. ${hint}`, doubt.cause)
  }
  if (doubt) throw doubt
  const known = recipients.flatMap(({ keys }) => keys.known().map(({ id }) => id))
  throw unknownSerial(envelope.serial, [...new Set(known)], verdicts[0]?.cause)
}

function missing(name: string): never {
  throw new Doubt('headers', `it has no ${name} header: ${STRIPPED}`)
}

/** Only when nobody knows the key are all asked for it: that can mean a download, and a pause until the next. */
function holders(serial: string, recipients: readonly Recipient[]): readonly Recipient[] {
  const knowing = recipients.filter(({ keys }) => keys.known().some(({ id }) => id === serial))
  return knowing.length > 0 ? knowing : recipients
}

function otherAlgorithm(header: HeaderLookup): string | undefined {
  const type = header('wechatpay-signature-type') || RSA
  if (type === RSA) return undefined
  return `It is signed with ${JSON.stringify(type.slice(0, 64))}, which takes a key that can: certs: { [serial]: { verify } }`
}

async function verdictOf(
  envelope: Envelope,
  message: Buffer,
  keys: PlatformKeys,
): Promise<Doubt | undefined> {
  try {
    return judge(await checkSignature(envelope, message, keys))
  } catch (error) {
    return doubtful(error)
  }
}

/** What is signed is JSON, unless it is no notification at all. */
function parsed(body: Buffer): Encrypted {
  let event: unknown
  try {
    event = JSON.parse(body.toString())
  } catch {
    // Without its cause, which quotes the body.
    throw new RequestError('body', 'is signed, but no JSON: is this the whole body of a notification?')
  }
  if (isPlainObject(event) && isResource(event.resource)) return event as Encrypted
  throw new RequestError('body', 'is signed, but no notification: it has no resource to decrypt')
}

function isResource(value: unknown): value is Resource {
  return isPlainObject(value) && typeof value.ciphertext === 'string' && typeof value.nonce === 'string'
}

function decrypted(event: Encrypted, possible: readonly Recipient[]): Opened {
  const { resource } = event
  const known = new Set(possible.flatMap(({ decrypters }) => decrypters.flatMap((key) => key.algorithms)))
  if (known.size === 0) {
    throw new ConfigError('apiv3Key', 'missing: notifications of APIv3 are encrypted with it')
  }
  const { algorithm } = resource
  if (typeof algorithm !== 'string' || !known.has(algorithm)) {
    const named = typeof algorithm === 'string' ? JSON.stringify(algorithm.slice(0, 64)) : 'no algorithm'
    throw new Doubt(
      'decrypt',
      `it is encrypted with ${named}: only ${[...known].join(', ')} is known here, not 国密, which is in wechatpay-chain/shangmi`,
    )
  }
  const read = possible.flatMap((recipient) => {
    const text = firstOf(recipient.decrypters, algorithm, resource)
    return text === undefined ? [] : [{ recipient, data: json(text) }]
  })
  const [first] = read
  if (first === undefined) {
    throw new Doubt(
      'decrypt',
      'its resource does not decrypt: it was changed, or the apiv3Key is not that of the merchant number it is for',
    )
  }
  // Merchants with one key between them are told by what it says.
  const { recipient, data } = read.find(({ recipient, data }) => names(data, recipient.mchid)) ?? first
  return { event: withData(event, data), recipient }
}

function firstOf(
  keys: readonly RemoteDecrypter[],
  algorithm: string,
  { ciphertext, nonce, associated_data }: Resource,
): string | undefined {
  for (const key of keys) {
    if (!key.algorithms.includes(algorithm)) continue
    try {
      return key.decrypt(ciphertext, nonce, associated_data)
    } catch {
      // Perhaps another key, while it is being changed.
    }
  }
  return undefined
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without its cause, which quotes what was secret.
    throw new Doubt('decrypt', 'its resource decrypts, but to no JSON')
  }
}

function names(data: unknown, mchid: string | undefined): boolean {
  if (mchid === undefined || !isPlainObject(data)) return false
  return [data.mchid, data.sp_mchid, data.combine_mchid].includes(mchid)
}

function withData(event: Encrypted, data: unknown): Callback {
  const { original_type } = event.resource
  // The types say what the documentation says: what was sent is WeChat Pay's affair.
  return { ...event, ...(original_type !== undefined && { original_type }), data } as unknown as Callback
}

function refusal({ reason, message, cause }: Doubt): VerificationError {
  const problem = `The notification is not believed: ${message}. Answered 4xx or 5xx, it comes again.`
  return new VerificationError(reason, problem, undefined, cause)
}
