import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Builder, type Config, type PendingResponse, type Response } from 'wechatpay-chain'

// What is known of answers.

declare const config: Config
const instance = Builder.factory(config)

export async function data(): Promise<void> {
  const response = await instance.v3.pay.transactions.id._transaction_id_.get({
    transaction_id: '1',
    query: { mchid: '1900000109' },
  })
  const { out_trade_no, amount, limit_pay } = response.data
  const number: string = out_trade_no
  // @ts-expect-error what is optional may be missing
  const total: number = amount.payer_total
  // @ts-expect-error nothing of this name is answered
  console.log(response.data.tradeState)
  // The documented values complete, and others may come.
  const open = limit_pay?.some((limit) => limit === 'no_credit' || limit === 'something_new')
  const requestId: string | undefined = response.requestId
  const verified: boolean = response.verified
  console.log(response.status, response.headers.get('Request-ID'), number, total, open, requestId, verified)
}

export function pending(): PendingResponse<Response<unknown>> {
  return instance.v3.certificates
    .getAsync()
    .then((response) => response)
    .otherwise((reason: unknown) => Promise.reject(reason))
    .wait()
}

/** A plain verb gives a plain promise. */
export function promise(): Promise<unknown> {
  // @ts-expect-error only the Async verbs have it
  instance.v3.certificates.get().wait()
  return instance.v3.certificates.get()
}

export async function downloads(token: string): Promise<void> {
  const { file } = instance.v3.billdownload
  const query = { token }
  const whole: Buffer = (await file.get({ query })).data
  const stream: Readable = (await file.get({ query, stream: true })).data
  const written: undefined = (await file.get({ query, sink: 'bill.csv' })).data
  const piped: undefined = (await file.get({ query, sink: createWriteStream('bill.csv') })).data
  const later: Readable = (await file.getAsync({ query, stream: true })).data
  // @ts-expect-error a stream is no Buffer
  const wrong: Buffer = (await file.get({ query, stream: true })).data
  // @ts-expect-error one of the two
  await file.get({ query, stream: true, sink: 'bill.csv' })
  // @ts-expect-error what is no download cannot be streamed
  await instance.v3.certificates.get({ stream: true })
  console.log(whole, stream, written, piped, later, wrong)
}

export async function redirect(): Promise<void> {
  const { data } = await instance.v2.papay.entrustweb.get({
    query: {
      appid: '',
      mch_id: '',
      plan_id: 1,
      contract_code: '',
      request_serial: 1,
      contract_display_account: '',
      notify_url: '',
      version: '1.0',
      timestamp: '1',
    },
  })
  const location: string = data
  console.log(location)
}

export async function nothing(): Promise<void> {
  const { data } = await instance.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({
    out_trade_no: '1',
    json: { mchid: '1900000109' },
  })
  const none: undefined = data
  console.log(none)
}

/** APIv2 knows only text, and keys with a number in them. */
export async function apiv2(): Promise<void> {
  const { data } = await instance.v2.pay.orderquery.post({
    xml: { appid: '', mch_id: '', out_trade_no: '1' },
  })
  const total: `${number}` | undefined = data.total_fee
  const coupon: string | undefined = data.coupon_id_0
  // @ts-expect-error text is no number
  const wrong: number = data.total_fee
  console.log(total, coupon, wrong)
}
