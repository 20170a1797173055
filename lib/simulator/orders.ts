import { isDeepStrictEqual } from 'node:util'
import { type Clock, dayOf, rfc3339 } from './clock'
import { LimitedMap } from './limited-map'
import { Problem, paramError } from './problem'

/** The body of an order as a merchant sends it; a payer is there for JSAPI */
export interface OrderRequest {
  readonly appid: string
  readonly mchid: string
  readonly description: string
  readonly out_trade_no: string
  readonly notify_url: string
  readonly amount: { readonly total: number; readonly currency?: string | null }
  readonly time_expire?: string | null
  readonly payer?: { readonly openid?: string } | null
  readonly [field: string]: unknown
}

/** How an order is paid */
export type TradeType = 'NATIVE' | 'JSAPI'

/** Where an order stands in its life */
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'

/** What was paid, by whom and when */
interface PaidBy {
  readonly transaction_id: string
  readonly openid: string
  readonly success_time: string
}

/** An order and what became of it */
export interface Order {
  readonly tradeType: TradeType
  readonly request: OrderRequest
  /** the number in `prepay_id` and `code_url` */
  readonly ticket: string
  state: TradeState
  payment?: PaidBy
  /** how much was given back so far, in fen */
  refunded: number
}

/** An order as queries answer it */
export interface Transaction {
  readonly appid: string
  readonly mchid: string
  readonly out_trade_no: string
  readonly trade_state: TradeState
  readonly trade_state_desc: string
  readonly amount: { readonly total: number; readonly currency: string; readonly payer_total?: number }
  readonly transaction_id?: string
  readonly success_time?: string
  readonly [field: string]: unknown
}

const DESCRIPTIONS: Readonly<Record<TradeState, string>> = {
  NOTPAY: '订单未支付',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款',
  CLOSED: '订单已关闭',
}

/** What a query repeats of the order's own fields */
const REPEATED = [
  'description',
  'notify_url',
  'attach',
  'time_expire',
  'goods_tag',
  'limit_pay',
  'support_fapiao',
  'detail',
  'scene_info',
] as const

const orderPaid = (): Problem => new Problem(400, 'ORDERPAID', '订单已支付')
const orderClosed = (): Problem => new Problem(400, 'ORDER_CLOSED', '订单已关闭')
const orderMissing = (): Problem => new Problem(404, 'ORDER_NOT_EXIST', '订单不存在')

/** Throws what the platform answers about an order that can no longer be paid */
const requireUnpaid = ({ state }: Order): void => {
  if (state === 'CLOSED') throw orderClosed()
  if (state !== 'NOTPAY') throw orderPaid()
}

/** The merchant's orders; beyond `limit` the oldest are forgotten */
export class Orders {
  readonly #now: Clock
  readonly #orders: LimitedMap<Order>
  readonly #transactions: LimitedMap<Order>
  #count = 0

  constructor(limit: number, now: Clock) {
    this.#now = now
    this.#orders = new LimitedMap(limit)
    this.#transactions = new LimitedMap(limit)
  }

  /** Places an order; the very same order again gives the one that is there */
  place(tradeType: TradeType, request: OrderRequest): Order {
    const now = this.#now()
    if (request.time_expire && !(Date.parse(request.time_expire) > now))
      throw paramError('/time_expire', request.time_expire, 'lies in the past', 'body')
    const known = this.#orders.get(request.out_trade_no)
    if (known) {
      requireUnpaid(known)
      if (known.tradeType !== tradeType || !isDeepStrictEqual(known.request, request))
        throw new Problem(403, 'OUT_TRADE_NO_USED', '商户订单号重复')
      return known
    }
    const ticket = `${dayOf(now)}${this.#next(10)}`
    const order: Order = { tradeType, request, ticket, state: 'NOTPAY', refunded: 0 }
    this.#orders.set(request.out_trade_no, order)
    return order
  }

  /** @throws Problem `ORDER_NOT_EXIST` */
  byOutTradeNo(out_trade_no: string): Order {
    const order = this.#orders.get(out_trade_no)
    if (!order) throw orderMissing()
    return order
  }

  /** Finds paid orders only: before, an order has no such number. @throws Problem `ORDER_NOT_EXIST` */
  byTransactionId(transaction_id: string): Order {
    const order = this.#transactions.get(transaction_id)
    if (!order) throw orderMissing()
    return order
  }

  /** @throws Problem `ORDER_NOT_EXIST`, `ORDERPAID`, `ORDER_CLOSED` */
  close(out_trade_no: string): void {
    const order = this.byOutTradeNo(out_trade_no)
    requireUnpaid(order)
    order.state = 'CLOSED'
  }

  /** The user pays. @throws Problem when the order is missing, paid, closed or expired */
  pay(out_trade_no: string, openid: string): Order {
    const order = this.byOutTradeNo(out_trade_no)
    requireUnpaid(order)
    const now = this.#now()
    const { time_expire, payer } = order.request
    if (time_expire && Date.parse(time_expire) <= now) throw orderClosed()
    const transaction_id = `4200000000${dayOf(now)}${this.#next(10)}`
    order.payment = { transaction_id, openid: payer?.openid ?? openid, success_time: rfc3339(now) }
    order.state = 'SUCCESS'
    this.#transactions.set(transaction_id, order)
    return order
  }

  #next(digits: number): string {
    this.#count += 1
    return String(this.#count).padStart(digits, '0')
  }
}

/** An order as a query answers it */
export const transactionOf = ({ request, state, payment, tradeType }: Order): Transaction => {
  const { appid, mchid, out_trade_no, amount } = request
  const repeated = REPEATED.filter((name) => request[name] !== undefined && request[name] !== null)
  const currency = amount.currency ?? 'CNY'
  return {
    appid,
    mchid,
    out_trade_no,
    trade_state: state,
    trade_state_desc: DESCRIPTIONS[state],
    ...Object.fromEntries(repeated.map((name) => [name, request[name]])),
    amount: {
      total: amount.total,
      currency,
      ...(payment && { payer_total: amount.total, payer_currency: currency }),
    },
    ...(payment && {
      transaction_id: payment.transaction_id,
      trade_type: tradeType,
      bank_type: 'OTHERS',
      success_time: payment.success_time,
      payer: { openid: payment.openid },
      promotion_detail: [],
    }),
  }
}
