import type { HeaderLookup } from '../callback-input'
import { AesGcm } from '../crypto/aes-gcm'
import { RequestError, VerificationError } from '../errors'
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
  /** The one in use first. */
  readonly apiv3Keys: readonly Buffer[]
}

/** A notification that is believed, and whose it is. */
export interface Opened {
  readonly event: Callback
  readonly recipient: Recipient
}

interface Resource {
  readonly algorithm: string
  readonly ciphertext: string
  readonly nonce: string
  readonly associated_data?: string
  readonly original_type?: string
}

const SWAPPED =
  'its Wechatpay-Timestamp and Wechatpay-Signature have changed places: hand over the headers as they came'
const REWRITTEN =
  'If the body was parsed and written again on its way here, hand over the bytes as they came: the signature covers them'

/**
 * Verifies, then decrypts (official 4012071382, 4012791836).
 * @param recipients among whom the serial of the key, and then the APIv3 key, tells whose it is
 * @throws VerificationError unless it is WeChat Pay's and for one of them
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
  const envelope = readEnvelope(header)
  if (!/^\d+$/.test(envelope.timestamp) && /^\d{10}$/.test(envelope.signature))
    throw new Doubt('headers', SWAPPED)
  checkEnvelope(envelope)
  const message = signedBytes(envelope, body)
  const verdicts = await Promise.all(recipients.map(({ keys }) => verdictOf(envelope, message, keys)))
  const possible = recipients.filter((_, at) => verdicts[at] === undefined)
  if (possible.length > 0) return possible
  const doubt = verdicts.find((verdict) => verdict?.reason !== 'serial')
  if (doubt?.reason === 'signature')
    throw new Doubt('signature', `${doubt.message}. ${REWRITTEN}`, doubt.cause)
  if (doubt) throw doubt
  const known = recipients.flatMap(({ keys }) => keys.known().map(({ id }) => id))
  throw unknownSerial(envelope.serial, [...new Set(known)], verdicts[0]?.cause)
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
function parsed(body: Buffer): Record<string, unknown> & { readonly resource: Resource } {
  let event: unknown
  try {
    event = JSON.parse(body.toString())
  } catch {
    throw new RequestError(
      'body',
      /^\s*</.test(body.toString())
        ? 'is XML, a notification of APIv2: notifications.v2 reads it'
        : 'is signed, but no JSON: is this the whole body of a notification?',
    )
  }
  if (isPlainObject(event) && isResource(event.resource)) return event as ReturnType<typeof parsed>
  throw new RequestError('body', 'is signed, but no notification: it has no resource to decrypt')
}

function isResource(value: unknown): value is Resource {
  return isPlainObject(value) && typeof value.ciphertext === 'string' && typeof value.nonce === 'string'
}

function decrypted(event: ReturnType<typeof parsed>, possible: readonly Recipient[]): Opened {
  const { resource } = event
  if (resource.algorithm !== 'AEAD_AES_256_GCM') {
    throw new Doubt(
      'decrypt',
      `it is encrypted with ${JSON.stringify(resource.algorithm)}, which is not known here`,
    )
  }
  let failure: unknown
  for (const recipient of possible) {
    for (const key of recipient.apiv3Keys) {
      try {
        const data: unknown = JSON.parse(
          AesGcm.decrypt(resource.ciphertext, key, resource.nonce, resource.associated_data),
        )
        return { event: withData(event, data), recipient }
      } catch (error) {
        failure = error
      }
    }
  }
  throw new Doubt(
    'decrypt',
    'its resource does not decrypt: it was changed, or the apiv3Key is not that of the merchant number it is for',
    failure instanceof VerificationError ? failure : undefined,
  )
}

function withData(event: ReturnType<typeof parsed>, data: unknown): Callback {
  const { original_type } = event.resource
  // The types say what the documentation says: what was sent is WeChat Pay's affair.
  return { ...event, ...(original_type !== undefined && { original_type }), data } as unknown as Callback
}

function refusal({ reason, message, cause }: Doubt): VerificationError {
  const problem = `The notification is not believed: ${message}. Answered 4xx or 5xx, it comes again.`
  return new VerificationError(reason, problem, undefined, cause)
}
