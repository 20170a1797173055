import type { Merchant } from './keys'
import { type OrderRequest, type Orders, transactionOf } from './orders'
import { paramError } from './problem'
import type { Answer, Route } from './router'
import { checkBody, checkQuery, type Rule, type Shape } from './shape'

const GOODS: Rule = {
  type: 'object',
  fields: {
    merchant_goods_id: { type: 'string', required: true },
    wechatpay_goods_id: { type: 'string' },
    goods_name: { type: 'string' },
    quantity: { type: 'integer', required: true, min: 1 },
    unit_price: { type: 'integer', required: true, min: 0 },
  },
}

const STORE: Shape = {
  id: { type: 'string' },
  name: { type: 'string', required: true },
  area_code: { type: 'string', required: true },
  address: { type: 'string', required: true },
}

const IDENTITY_TYPES = [
  'IDCARD',
  'HONGKONG_MACAO',
  'HONGKONG_MACAO_RESIDENT',
  'TAIWAN_RESIDENT',
  'FOREIGN_RESIDENT',
  'OVERSEA_PASSPORT',
  'PHONE_NUMBER',
]

const IDENTITY: Rule = {
  type: 'object',
  fields: {
    type: { type: 'string', required: true, enum: IDENTITY_TYPES },
    number: { type: 'string', required: true },
    name: { type: 'string', required: true },
  },
}

const NATIVE: Shape = {
  appid: { type: 'string', required: true, max: 32 },
  mchid: { type: 'string', required: true, max: 32 },
  description: { type: 'string', required: true, max: 127 },
  out_trade_no: { type: 'string', required: true, min: 6, max: 32, pattern: /^[\w\-|*@]+$/ },
  notify_url: { type: 'string', required: true, max: 255, format: 'url' },
  amount: {
    type: 'object',
    required: true,
    fields: {
      total: { type: 'integer', required: true, min: 1 },
      currency: { type: 'string', enum: ['CNY'] },
    },
  },
  attach: { type: 'string', max: 128 },
  time_expire: { type: 'string', format: 'rfc3339' },
  goods_tag: { type: 'string', max: 32 },
  limit_pay: {
    type: 'list',
    items: { type: 'string', enum: ['no_balance', 'no_credit', 'no_debit', 'balance_only'] },
  },
  support_fapiao: { type: 'boolean' },
  detail: {
    type: 'object',
    fields: {
      cost_price: { type: 'integer', min: 0 },
      invoice_id: { type: 'string' },
      goods_detail: { type: 'list', items: GOODS },
    },
  },
  scene_info: {
    type: 'object',
    fields: {
      payer_client_ip: { type: 'string' },
      device_id: { type: 'string' },
      store_info: { type: 'object', fields: STORE },
    },
  },
  settle_info: { type: 'object', fields: { profit_sharing: { type: 'boolean' } } },
  payer: { type: 'object', fields: { identity: IDENTITY } },
}

const JSAPI: Shape = {
  ...NATIVE,
  payer: {
    type: 'object',
    required: true,
    fields: { openid: { type: 'string', required: true, max: 128 }, identity: IDENTITY },
  },
}

const MCHID: Shape = { mchid: { type: 'string', required: true } }

/** Native and JSAPI orders: placed, queried, closed */
export const transactionRoutes = ({ mchid }: Merchant, orders: Orders): Route[] => {
  const own = (given: string, location: 'body' | 'query'): void => {
    if (given !== mchid) throw paramError('/mchid', given, 'is not the merchant that signed', location)
  }
  const order = (body: unknown, shape: Shape): OrderRequest => {
    const request = checkBody<OrderRequest>(body, shape)
    own(request.mchid, 'body')
    return request
  }
  const found = (query: URLSearchParams, find: () => ReturnType<Orders['byOutTradeNo']>): Answer => {
    own(checkQuery<{ mchid: string }>(query, MCHID).mchid, 'query')
    return { status: 200, body: transactionOf(find()) }
  }
  return [
    [
      'POST',
      'v3/pay/transactions/native',
      ({ json }) => {
        const { ticket } = orders.place('NATIVE', order(json(), NATIVE))
        return { status: 200, body: { code_url: `weixin://wxpay/bizpayurl?pr=${ticket}` } }
      },
    ],
    [
      'POST',
      'v3/pay/transactions/jsapi',
      ({ json }) => {
        const { ticket } = orders.place('JSAPI', order(json(), JSAPI))
        return { status: 200, body: { prepay_id: `wx${ticket}` } }
      },
    ],
    [
      'GET',
      'v3/pay/transactions/id/{transaction_id}',
      ({ path, query }) => found(query, () => orders.byTransactionId(path.transaction_id as string)),
    ],
    [
      'GET',
      'v3/pay/transactions/out-trade-no/{out_trade_no}',
      ({ path, query }) => found(query, () => orders.byOutTradeNo(path.out_trade_no as string)),
    ],
    [
      'POST',
      'v3/pay/transactions/out-trade-no/{out_trade_no}/close',
      ({ path, json }) => {
        own(checkBody<{ mchid: string }>(json(), MCHID).mchid, 'body')
        orders.close(path.out_trade_no as string)
        return { status: 204 }
      },
    ],
  ]
}
