/** Ten calls of a shop's server by each client: what a program costs that pays, refunds, and reads bills. */
export interface Consumer {
  readonly name: string
  readonly source: string
}

const TEN = `
  const out_trade_no = 'order-1', mchid = '1900000109', appid = 'wx8888888888888888'
  await instance.v3.pay.transactions.native.post({ json: { appid, mchid, description: 'd', out_trade_no, notify_url: 'https://example.com', amount: { total: 1 } } })
  await instance.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no, query: { mchid } })
  await instance.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ out_trade_no, json: { mchid } })
  await instance.v3.refund.domestic.refunds.post({ json: { out_trade_no, out_refund_no: 'r', amount: { refund: 1, total: 1, currency: 'CNY' } } })
  await instance.chain('v3/refund/domestic/refunds/{out_refund_no}').get({ out_refund_no: 'r' })
  await instance['v3/bill/tradebill'].get({ query: { bill_date: '2026-01-01' } })
  await instance.v3.offlineface.faceCollections.get({ query: { organization_id: 'o', limit: 20 } })
  await instance.chain('v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}').get({ organization_id: 'o', out_user_id: 'u' })
  await instance['v3/facemch/users/{face_sid}'].get({ face_sid: 's', query: { info_type: 'ASK_UNIONID', appid } })
  await instance.v3.certificates.get()
`

const chain = (name: string): Consumer => ({
  name,
  source: `import { Builder, type Config } from '${name}'

export async function calls(config: Config): Promise<void> {
  const instance = Builder.factory(config)
${TEN}}
`,
})

/** The client without types for the catalogue: what the others are measured against. */
export const LITE = chain('wechatpay-chain/lite')
export const FULL = chain('wechatpay-chain')

export const STRIPE: Consumer = {
  name: 'stripe',
  source: `import Stripe from 'stripe'

export async function calls(key: string): Promise<void> {
  const stripe = new Stripe(key)
  await stripe.paymentIntents.create({ amount: 1, currency: 'cny' })
  await stripe.paymentIntents.retrieve('pi')
  await stripe.paymentIntents.cancel('pi')
  await stripe.refunds.create({ payment_intent: 'pi', amount: 1 })
  await stripe.refunds.retrieve('re')
  await stripe.balanceTransactions.list({ limit: 20 })
  await stripe.customers.list({ email: 'a@example.com', limit: 20 })
  await stripe.customers.retrieve('cus')
  await stripe.subscriptions.create({ customer: 'cus', items: [{ price: 'p' }] })
  await stripe.events.list()
}
`,
}

export const OPENAPI_FETCH: Consumer = {
  name: 'openapi-fetch',
  source: `import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

export async function calls(baseUrl: string): Promise<void> {
  const client = createClient<paths>({ baseUrl })
  const out_trade_no = 'order-1', mchid = '1900000109', appid = 'wx8888888888888888'
  await client.POST('/v3/pay/transactions/native', { body: { appid, mchid, description: 'd', out_trade_no, notify_url: 'https://example.com', amount: { total: 1 } } })
  await client.GET('/v3/pay/transactions/out-trade-no/{out_trade_no}', { params: { path: { out_trade_no }, query: { mchid } } })
  await client.POST('/v3/pay/transactions/out-trade-no/{out_trade_no}/close', { params: { path: { out_trade_no } }, body: { mchid } })
  await client.POST('/v3/refund/domestic/refunds', { body: { out_trade_no, out_refund_no: 'r', amount: { refund: 1, total: 1, currency: 'CNY' } } })
  await client.GET('/v3/refund/domestic/refunds/{out_refund_no}', { params: { path: { out_refund_no: 'r' } } })
  await client.GET('/v3/bill/tradebill', { params: { query: { bill_date: '2026-01-01' } } })
  await client.GET('/v3/offlineface/face-collections', { params: { query: { organization_id: 'o', limit: 20 } } })
  await client.GET('/v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}', { params: { path: { organization_id: 'o', out_user_id: 'u' } } })
  await client.GET('/v3/facemch/users/{face_sid}', { params: { path: { face_sid: 's' }, query: { info_type: 'ASK_UNIONID', appid } } })
  await client.GET('/v3/certificates')
}
`,
}

/** A program that calls nothing: what the other clients are measured against. */
export const NOTHING: Consumer = {
  name: 'nothing',
  source: `export async function calls(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}
`,
}
