import { createHash } from 'node:crypto'
import { compact } from './clock'
import { scan } from './micropay'
import { type Order, type OrderRequest, type Orders, type TradeType, transactionOf } from './orders'
import { Problem, paramError } from './problem'
import type { Shape } from './shape'
import type { V2Call, V2Fields, V2Route } from './v2-door'

interface Given {
  readonly appid: string
  readonly mch_id: string
  readonly body: string
  readonly out_trade_no: string
  readonly total_fee: number
  readonly notify_url?: string
  readonly trade_type?: Exclude<TradeType, 'MICROPAY'>
  readonly openid?: string
  readonly auth_code?: string
  readonly fee_type?: string
  readonly time_expire?: string
  readonly limit_pay?: string
  readonly attach?: string
  readonly goods_tag?: string
  readonly device_info?: string
}

const TIME = { type: 'string', pattern: /^\d{14}$/ } as const
const APPID = { type: 'string', required: true, max: 32 } as const
const NUMBER = { type: 'string', max: 32, pattern: /^[\w\-|*@]+$/ } as const

const PAYMENT: Shape = {
  appid: APPID,
  mch_id: { type: 'string', required: true },
  device_info: { type: 'string', max: 32 },
  body: { type: 'string', required: true, max: 128 },
  detail: { type: 'string', max: 6000 },
  attach: { type: 'string', max: 128 },
  out_trade_no: { ...NUMBER, required: true },
  total_fee: { type: 'integer', required: true, min: 1 },
  fee_type: { type: 'string', enum: ['CNY'] },
  spbill_create_ip: { type: 'string', required: true, max: 64 },
  time_start: TIME,
  time_expire: TIME,
  goods_tag: { type: 'string', max: 32 },
  limit_pay: { type: 'string', enum: ['no_credit', 'no_balance', 'no_debit', 'balance_only'] },
  receipt: { type: 'string', enum: ['Y', 'N'] },
  profit_sharing: { type: 'string', enum: ['Y', 'N'] },
}

const UNIFIED: Shape = {
  ...PAYMENT,
  notify_url: { type: 'string', required: true, max: 256, format: 'url' },
  trade_type: { type: 'string', required: true, enum: ['JSAPI', 'NATIVE', 'APP', 'MWEB'] },
  product_id: { type: 'string', max: 32 },
  openid: { type: 'string', max: 128 },
}

const MICROPAY: Shape = { ...PAYMENT, auth_code: { type: 'string', required: true, max: 128 } }

const QUERY: Shape = { appid: APPID, transaction_id: NUMBER, out_trade_no: NUMBER }
const CLOSE: Shape = { appid: APPID, out_trade_no: { ...NUMBER, required: true } }
const SHORT: Shape = { appid: APPID, long_url: { type: 'string', required: true, max: 512 } }

const isoOf = (time: string): string =>
  time.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6+08:00')

/** An APIv2 order as APIv3 would have placed it: both keep the same book */
const requestOf = (given: Given): OrderRequest => ({
  appid: given.appid,
  mchid: given.mch_id,
  description: given.body,
  out_trade_no: given.out_trade_no,
  amount: { total: given.total_fee, currency: given.fee_type ?? 'CNY' },
  protocol: 'v2',
  ...(given.notify_url && { notify_url: given.notify_url }),
  ...(given.time_expire && { time_expire: isoOf(given.time_expire) }),
  ...(given.limit_pay && { limit_pay: [given.limit_pay] }),
  ...(given.openid && { payer: { openid: given.openid } }),
  ...(given.attach && { attach: given.attach }),
  ...(given.goods_tag && { goods_tag: given.goods_tag }),
  ...(given.device_info && { device_info: given.device_info }),
})

/** An order found by either number, `transaction_id` first. @throws Problem */
export const findOrder = (orders: Orders, call: V2Call): Order => {
  const { transaction_id, out_trade_no } = call.read<{ transaction_id?: string; out_trade_no?: string }>(
    QUERY,
  )
  if (transaction_id) return orders.byTransactionId(transaction_id)
  if (out_trade_no) return orders.byOutTradeNo(out_trade_no)
  throw paramError('/out_trade_no', undefined, 'is required without transaction_id', 'body')
}

/** What an order's payment is told as */
const paymentOf = ({ request, payment, tradeType }: Order): V2Fields => {
  const { total, currency } = request.amount
  if (!payment) return { total_fee: total, fee_type: currency ?? 'CNY' }
  return {
    openid: payment.openid,
    is_subscribe: 'N',
    trade_type: tradeType,
    bank_type: 'OTHERS',
    total_fee: total,
    settlement_total_fee: total,
    fee_type: currency ?? 'CNY',
    cash_fee: total,
    cash_fee_type: 'CNY',
    transaction_id: payment.transaction_id,
    time_end: compact(payment.success_time),
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** An order as queries and callbacks tell it */
export const orderOf = (order: Order): V2Fields => ({
  out_trade_no: order.request.out_trade_no,
  attach: textOf(order.request.attach),
  ...paymentOf(order),
})

/** What the front end needs of a new order */
const ticketOf = ({ ticket, tradeType }: Order): V2Fields => {
  const prepay_id = `wx${ticket}`
  const page = `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}&package=${ticket}`
  return {
    trade_type: tradeType,
    prepay_id,
    code_url: tradeType === 'NATIVE' ? `weixin://wxpay/bizpayurl?pr=${ticket}` : undefined,
    mweb_url: tradeType === 'MWEB' ? page : undefined,
  }
}

/**
 * Orders: placed, paid by a code, queried, closed, reversed.
 * @param queries how many queries find a user still at the password
 */
export const v2OrderRoutes = (orders: Orders, queries: number): V2Route[] => [
  {
    method: 'POST',
    path: '/pay/unifiedorder',
    handler: ({ read }) => {
      const given = read<Given>(UNIFIED)
      const { trade_type, openid } = given
      if (trade_type === 'JSAPI' && !openid)
        throw paramError('/openid', openid, 'is required for JSAPI', 'body')
      return ticketOf(orders.place(trade_type as TradeType, requestOf(given)))
    },
  },
  {
    method: 'POST',
    path: '/pay/micropay',
    handler: ({ read }) => {
      const given = read<Given>(MICROPAY)
      const order = orders.place('MICROPAY', requestOf(given))
      scan(orders, order, given.auth_code as string, queries)
      return orderOf(order)
    },
  },
  {
    method: 'POST',
    path: '/pay/orderquery',
    handler: (call) => {
      const order = orders.look(findOrder(orders, call))
      const { trade_state, trade_state_desc } = transactionOf(order)
      return {
        device_info: textOf(order.request.device_info),
        ...orderOf(order),
        trade_state,
        trade_state_desc,
      }
    },
  },
  {
    method: 'POST',
    path: '/pay/closeorder',
    handler: ({ read }) => {
      orders.close(read<{ out_trade_no: string }>(CLOSE).out_trade_no)
      return { result_msg: 'OK' }
    },
  },
  {
    method: 'POST',
    path: '/secapi/pay/reverse',
    security: true,
    failed: { recall: 'N' },
    handler: (call) => {
      orders.revoke(findOrder(orders, call))
      return { recall: 'N' }
    },
  },
  {
    method: 'POST',
    path: '/tools/shorturl',
    handler: ({ read }) => {
      const { long_url } = read<{ long_url: string }>(SHORT)
      if (!long_url.startsWith('weixin://')) throw new Problem(200, 'INVALID_REQUEST', 'URL链接错误')
      const digest = createHash('sha256').update(long_url).digest('base64url')
      return { short_url: `weixin://wxpay/s/${digest.slice(0, 8)}` }
    },
  },
]
