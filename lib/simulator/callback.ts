import {
  createCipheriv,
  createHash,
  createPrivateKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { rfc3339, seconds } from './clock'
import type { PlatformKey } from './keys'
import { createNonce, sealHeaders } from './sign'
import { adopt, RSA, type Suite } from './suite'
import { digestOf, messageOf, type SignType } from './v2-sign'
import { writeXml } from './xml'

/** What happened, as a merchant is told of it */
export interface CallbackEvent {
  /** such as `TRANSACTION.SUCCESS` */
  readonly event_type: string
  /** what is encrypted: `transaction`, `refund`, … */
  readonly original_type?: string
  /** what the merchant reads once it is decrypted */
  readonly data: object
  readonly summary?: string
  /** authenticated, not encrypted; the original type when left out */
  readonly associated_data?: string
  /** the same for every delivery of one event; a fresh one when left out */
  readonly id?: string
}

/** A callback as it goes over the wire */
export interface SignedCallback {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What callbacks of APIv3 are sealed with */
export interface CallbackKeys {
  readonly key: Pick<PlatformKey, 'serial' | 'privateKey'>
  /** the merchant's APIv3 key, 32 bytes */
  readonly apiv3Key: string
  /** the platform's clock, in milliseconds */
  readonly now: number
  /** what encrypts with that key */
  readonly suite: Suite
}

/** The body of a callback of APIv3: written once, it is the same for every delivery */
export const callbackBody = (
  event: CallbackEvent,
  { apiv3Key, now, suite }: Omit<CallbackKeys, 'key'>,
): Buffer => {
  const { original_type, associated_data = original_type ?? '' } = event
  const nonce = randomBytes(6).toString('hex')
  const resource = {
    ...(original_type !== undefined && { original_type }),
    ...suite.seal(JSON.stringify(event.data), apiv3Key, nonce, associated_data),
    associated_data,
    nonce,
  }
  const body = {
    id: event.id ?? randomUUID(),
    create_time: rfc3339(now),
    resource_type: 'encrypt-resource',
    event_type: event.event_type,
    summary: event.summary ?? event.event_type,
    resource,
  }
  return Buffer.from(JSON.stringify(body))
}

/** Signs a body for one delivery: each has its own time and nonce */
export const sealCallback = async (
  body: Buffer,
  { key, now }: Pick<CallbackKeys, 'key' | 'now'>,
): Promise<SignedCallback> => {
  const { serial, privateKey } = key
  const signature = await sealHeaders(
    { serial, privateKey, timestamp: seconds(now), nonce: createNonce() },
    body,
  )
  return {
    headers: {
      'Content-Type': 'application/json',
      'Request-ID': `${randomBytes(12).toString('hex').toUpperCase()}-0`,
      ...signature,
    },
    body,
  }
}

/** What a callback of a test's own is made with */
export interface CallbackIdentity {
  /** what `Wechatpay-Serial` says */
  readonly serial: string
  /** the private key that belongs to it, PEM or parsed */
  readonly privateKey: string | KeyObject
  /** the merchant's APIv3 key, 32 bytes */
  readonly apiv3Key: string
  /** when it is sent, in milliseconds; now when left out */
  readonly now?: number
  /** the algorithms of the two keys; RSA and AES when left out */
  readonly suite?: Suite
}

/** A callback of APIv3 as the platform would send it, for tests that need no simulator: encrypted and signed */
export const signCallback = (event: CallbackEvent, identity: CallbackIdentity): Promise<SignedCallback> => {
  const { serial, privateKey, apiv3Key, now = Date.now(), suite = RSA } = identity
  const parsed = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey
  const key = { serial, privateKey: adopt(parsed, suite) }
  return sealCallback(callbackBody(event, { apiv3Key, now, suite }), { key, now })
}

/** A callback of APIv2: XML with a `sign` */
export const signCallbackV2 = (
  fields: Readonly<Record<string, string | number | undefined>>,
  { secret, sign_type = 'MD5' }: { readonly secret: string; readonly sign_type?: SignType },
): SignedCallback => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')
  const all = new Map(given.map(([name, value]) => [name, String(value)] as const))
  if (sign_type !== 'MD5') all.set('sign_type', sign_type)
  all.set('nonce_str', createNonce())
  all.set('sign', digestOf({ type: sign_type, key: secret }, messageOf(all)))
  return { headers: { 'Content-Type': 'text/xml' }, body: writeXml(all) }
}

/** The callback of a refund of APIv2: not signed, its news are encrypted with the MD5 of the APIv2 key */
export const signRefundCallbackV2 = (
  merchant: Readonly<Record<'appid' | 'mch_id', string>>,
  news: Readonly<Record<string, string | number | undefined>>,
  { secret }: { readonly secret: string },
): SignedCallback => {
  const given = Object.entries(news).filter(([, value]) => value !== undefined)
  const document = writeXml(given.map(([name, value]) => [name, String(value)] as const))
  const inner = document.toString().replaceAll(/<(\/?)xml>/g, '<$1root>')
  const key = createHash('md5').update(secret).digest('hex')
  const cipher = createCipheriv('aes-256-ecb', Buffer.from(key), null)
  const req_info = Buffer.concat([cipher.update(inner, 'utf8'), cipher.final()]).toString('base64')
  const fields = new Map(
    Object.entries({ return_code: 'SUCCESS', ...merchant, nonce_str: createNonce(), req_info }),
  )
  return { headers: { 'Content-Type': 'text/xml' }, body: writeXml(fields) }
}
