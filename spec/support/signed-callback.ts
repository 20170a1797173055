import { randomBytes, randomUUID } from 'node:crypto'
import { type Notification, notificationV2, PAID_V2, sealed, signed } from './callbacks'

/** As an HTTP client sends it. */
export type Delivery = Readonly<Notification>

export interface CallbackInput {
  readonly id?: string
  readonly event_type?: string
  readonly original_type?: string
  readonly data?: unknown
}

/** A callback in bytes that no `JSON.stringify` makes: who parses it and writes it again has lost. */
export function signedCallback(input: CallbackInput = {}): Delivery {
  const { id = randomUUID(), event_type = 'TRANSACTION.SUCCESS', original_type = 'transaction' } = input
  const { data = { out_trade_no: 'order-1', trade_state_desc: '支付成功' } } = input
  const resource = { original_type, ...sealed(JSON.stringify(data)) }
  return signed(`{ "id" : "${id}",\r\n\t"create_time": "2026-06-08T10:34:56+08:00", "resource_type": "encrypt-resource",
    "event_type": "${event_type}", "summary": "\\u652f\\u4ed8成功 \\/ ok", "resource": ${JSON.stringify(resource)} }\n`)
}

/** The same with the signature of something else. */
export const forged = ({ body, headers }: Delivery): Delivery => ({
  body,
  headers: { ...headers, 'wechatpay-signature': String(signed('{}').headers['wechatpay-signature']) },
})

/** A payment of APIv2. */
export const signedXml = (transaction_id = randomBytes(12).toString('hex')): Delivery => ({
  body: notificationV2({ ...PAID_V2, transaction_id }),
  headers: { 'content-type': 'text/xml' },
})
