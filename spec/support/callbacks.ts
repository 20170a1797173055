import { createCipheriv, createHash, createHmac, randomBytes, sign } from 'node:crypto'
import { merchant, PUBLIC_KEY_ID, platform } from './keys'

/*
 * WeChat Pay's side of notifications, with node:crypto alone: what it makes, and every way it can be spoilt.
 */

export const APIV3_KEY = '0123456789abcdef0123456789abcdef'
export const SECRET = '192006250b4c09247ec02edce69f6a2d'
export const MCHID = '1230000109'

/** Whoever reads them. */
export const config = {
  mchid: MCHID,
  privateKey: merchant.pkcs8,
  certs: { [PUBLIC_KEY_ID]: platform.spki },
  apiv3Key: APIV3_KEY,
  secret: SECRET,
} as const

export interface Notification {
  body: string
  headers: Record<string, string>
}

interface Overrides {
  readonly data?: unknown
  readonly plaintext?: string
  readonly apiv3Key?: string
  readonly event?: Readonly<Record<string, unknown>>
  readonly resource?: Readonly<Record<string, unknown>>
  readonly aad?: string
  /** Seconds from now. */
  readonly at?: number
  readonly key?: typeof platform.privateKey
  readonly serial?: string
}

export const PAID = { mchid: MCHID, out_trade_no: '1', amount: { total: 100 }, trade_state: 'SUCCESS' }

export function sealed(plaintext: string, key = APIV3_KEY, aad = 'transaction', nonce = 'fdasflkja484') {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(aad))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: ciphertext.toString('base64'),
    nonce,
    associated_data: aad,
  }
}

/** A payment, unless told otherwise. */
export function notification(overrides: Overrides = {}): Notification {
  const { data = PAID, plaintext = JSON.stringify(data), apiv3Key, aad } = overrides
  const body = JSON.stringify({
    id: 'EV-2018022511223320873',
    create_time: '2026-06-08T10:34:56+08:00',
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    ...overrides.event,
    resource: { original_type: 'transaction', ...sealed(plaintext, apiv3Key, aad), ...overrides.resource },
  })
  return signed(body, overrides)
}

export function signed(
  body: string,
  { at = 0, key = platform.privateKey, serial = PUBLIC_KEY_ID }: Overrides = {},
): Notification {
  const timestamp = String(Math.floor(Date.now() / 1000) + at)
  const nonce = randomBytes(16).toString('hex')
  const signature = sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key)
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-serial': serial,
      'wechatpay-signature': signature.toString('base64'),
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    },
  }
}

export type Fields = Readonly<Record<string, string>>

export const toXml = (fields: Fields, root = 'xml'): string =>
  `<${root}>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</${root}>`

/** The `sign` of APIv2. */
export function signV2(fields: Fields, type = 'MD5', secret = SECRET): string {
  const message = Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .concat(`key=${secret}`)
    .join('&')
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', secret)
  return hash.update(message).digest('hex').toUpperCase()
}

export const PAID_V2: Fields = {
  appid: 'wx2421b1c4370ec43b',
  mch_id: MCHID,
  nonce_str: '5d2b6c2a8db53831f7eda20af46e531c',
  out_trade_no: '1409811653',
  transaction_id: '1004400740201409030005092168',
  result_code: 'SUCCESS',
  return_code: 'SUCCESS',
  total_fee: '1',
}

export function notificationV2(fields: Fields = PAID_V2, type = 'MD5', secret = SECRET): string {
  const all: Fields = type === 'MD5' ? fields : { ...fields, sign_type: type }
  return toXml({ ...all, sign: signV2(all, type, secret) })
}

export const REFUNDED: Fields = {
  out_refund_no: '131811191610442717309',
  refund_id: '50000408942018111907145868882',
  refund_status: 'SUCCESS',
  refund_fee: '3960',
}

export function refundV2(news: Fields = REFUNDED, secret = SECRET, outside: Fields = {}): string {
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(secret).digest('hex'), null)
  const req_info = Buffer.concat([cipher.update(toXml(news, 'root')), cipher.final()]).toString('base64')
  return toXml({ return_code: 'SUCCESS', appid: 'wx1', mch_id: MCHID, nonce_str: 'n', req_info, ...outside })
}
