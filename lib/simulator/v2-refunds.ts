import { spaced } from './clock'
import type { Orders } from './orders'
import { Problem, paramError } from './problem'
import type { RefundStatus, Refunds } from './refunds'
import type { Shape } from './shape'
import type { V2Fields, V2Route } from './v2-door'
import { findOrder } from './v2-orders'

const PAGE = 10

interface Given {
  readonly out_refund_no: string
  readonly total_fee: number
  readonly refund_fee: number
  readonly refund_account?: string
  readonly refund_desc?: string
  readonly notify_url?: string
}

interface Query {
  readonly out_refund_no?: string
  readonly refund_id?: string
  readonly transaction_id?: string
  readonly out_trade_no?: string
  readonly offset?: number
}

const APPID = { type: 'string', required: true, max: 32 } as const

const REFUND: Shape = {
  appid: APPID,
  out_refund_no: { type: 'string', required: true, max: 64, pattern: /^[\w\-|*@]+$/ },
  total_fee: { type: 'integer', required: true, min: 1 },
  refund_fee: { type: 'integer', required: true, min: 1 },
  refund_fee_type: { type: 'string', enum: ['CNY'] },
  refund_desc: { type: 'string', max: 80 },
  refund_account: {
    type: 'string',
    enum: ['REFUND_SOURCE_UNSETTLED_FUNDS', 'REFUND_SOURCE_RECHARGE_FUNDS'],
  },
  notify_url: { type: 'string', max: 256, format: 'url' },
}

const QUERY: Shape = {
  appid: APPID,
  out_refund_no: { type: 'string', max: 64 },
  refund_id: { type: 'string', max: 32 },
  transaction_id: { type: 'string', max: 32 },
  out_trade_no: { type: 'string', max: 32 },
  offset: { type: 'integer', min: 0 },
}

const ACCOUNTS: Readonly<Record<string, string>> = {
  AVAILABLE: 'REFUND_SOURCE_RECHARGE_FUNDS',
  UNSETTLED: 'REFUND_SOURCE_UNSETTLED_FUNDS',
}

/** Every field of a refund among several has its index behind it */
const indexed = (refund: RefundStatus, index: number): V2Fields => {
  const fields: V2Fields = {
    out_refund_no: refund.out_refund_no,
    refund_id: refund.refund_id,
    refund_channel: 'ORIGINAL',
    refund_fee: refund.amount.refund,
    settlement_refund_fee: refund.amount.refund,
    refund_status: refund.status,
    refund_account: ACCOUNTS[refund.funds_account],
    refund_recv_accout: refund.user_received_account,
    refund_success_time: refund.success_time && spaced(refund.success_time),
  }
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${name}_${index}`, value]))
}

const createRefund =
  (orders: Orders, refunds: Refunds): V2Route['handler'] =>
  (call) => {
    const given = call.read<Given>(REFUND)
    const order = findOrder(orders, call)
    const { total } = order.request.amount
    if (given.total_fee !== total)
      throw new Problem(200, 'REFUND_FEE_MISMATCH', '订单金额或退款金额与之前请求不一致，请核实后再试')
    const { refund_id, amount } = refunds.create({
      out_trade_no: order.request.out_trade_no,
      out_refund_no: given.out_refund_no,
      ...(given.refund_account === ACCOUNTS.AVAILABLE && { funds_account: 'AVAILABLE' }),
      ...(given.refund_desc && { reason: given.refund_desc }),
      ...(given.notify_url && { notify_url: given.notify_url }),
      amount: { refund: given.refund_fee, total, currency: 'CNY' },
    })
    return {
      transaction_id: order.payment?.transaction_id,
      out_trade_no: order.request.out_trade_no,
      out_refund_no: given.out_refund_no,
      refund_id,
      refund_fee: amount.refund,
      settlement_refund_fee: amount.refund,
      total_fee: total,
      settlement_total_fee: total,
      fee_type: amount.currency,
      cash_fee: total,
      cash_fee_type: amount.currency,
      cash_refund_fee: amount.refund,
      coupon_refund_fee: 0,
      coupon_refund_count: 0,
    }
  }

/** The most telling number counts: of the refund, then of the order, the platform's before the merchant's */
const queryRefunds =
  (refunds: Refunds): V2Route['handler'] =>
  ({ read }) => {
    const { refund_id, out_refund_no, transaction_id, out_trade_no, offset = 0 } = read<Query>(QUERY)
    const number = refund_id ?? out_refund_no ?? transaction_id ?? out_trade_no
    if (!number) throw paramError('/out_refund_no', number, 'is required without another number', 'body')
    const numberOf = ({ order, refund }: ReturnType<Refunds['all']>[number]): string | undefined => {
      if (refund_id) return refund.refund_id
      if (out_refund_no) return refund.out_refund_no
      return transaction_id ? order.payment?.transaction_id : order.request.out_trade_no
    }
    const found = refunds.all().filter((one) => numberOf(one) === number)
    const page = found.slice(offset, offset + PAGE)
    const order = page[0]?.order
    if (!order) throw new Problem(200, 'REFUNDNOTEXIST', '退款订单查询失败')
    const { total } = order.request.amount
    return {
      transaction_id: order.payment?.transaction_id,
      out_trade_no: order.request.out_trade_no,
      total_fee: total,
      settlement_total_fee: total,
      fee_type: 'CNY',
      cash_fee: total,
      total_refund_count: found.length,
      refund_count: page.length,
      ...Object.assign({}, ...page.map(({ refund }, index) => indexed(refund, index))),
    }
  }

/** Refunds: asked for with the client certificate, queried without */
export const v2RefundRoutes = (orders: Orders, refunds: Refunds): V2Route[] => [
  { method: 'POST', path: '/secapi/pay/refund', security: true, handler: createRefund(orders, refunds) },
  { method: 'POST', path: '/pay/refundquery', handler: queryRefunds(refunds) },
]
