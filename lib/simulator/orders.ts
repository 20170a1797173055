import { isDeepStrictEqual } from 'node:util'
import { type Clock, dayOf, rfc3339 } from './clock'
import { LimitedMap } from './limited-map'
import { Problem, paramError } from './problem'
import { DESCRIPTIONS, type TradeState, unpayable } from './trade-states'

/** The body of an order as a merchant sends it; a payer is there for JSAPI */
export interface OrderRequest {
  readonly appid: string
  readonly mchid: string
  readonly description: string
  readonly out_trade_no: string
  readonly notify_url?: string
  readonly amount: { readonly total: number; readonly currency?: string | null }
  readonly time_expire?: string | null
  readonly payer?: { readonly openid?: string } | null
  /** by which protocol it was placed, and the merchant is told; APIv3 when left out */
  readonly protocol?: 'v2'
  readonly [field: string]: unknown
}

/** How an order is paid */
export type TradeType = 'NATIVE' | 'JSAPI' | 'APP' | 'MWEB' | 'MICROPAY'

/** What was paid, by whom and when */
interface PaidBy {
  readonly transaction_id: string
  readonly openid: string
  readonly success_time: string
}

/** A user who was asked for the password, and what comes of it */
export interface Prompt {
  readonly openid: string
  /** how many queries find the user still at it */
  queries: number
  /** without one nothing happens by itself */
  readonly outcome?: 'SUCCESS' | 'PAYERROR'
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
  prompt?: Prompt
  /** when it was reversed, in milliseconds */
  revoked?: number
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

const orderMissing = (): Problem => new Problem(404, 'ORDER_NOT_EXIST', '订单不存在')

const requireUnpaid = ({ state }: Order): void => {
  const problem = unpayable(state)
  if (problem) throw problem
}

/** The merchant's orders; beyond `limit` the oldest are forgotten */
export class Orders {
  readonly #now: Clock
  readonly #orders: LimitedMap<Order>
  readonly #transactions: LimitedMap<Order>
  readonly #paid: (order: Order) => void
  #count = 0

  /** @param paid is told of every payment */
  constructor(limit: number, now: Clock, paid: (order: Order) => void = () => {}) {
    this.#now = now
    this.#paid = paid
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

  /** The user pays. @throws Problem when the order is missing, paid, closed, reversed or expired */
  pay(out_trade_no: string, openid: string): Order {
    const order = this.byOutTradeNo(out_trade_no)
    if (order.state !== 'USERPAYING') requireUnpaid(order)
    const { time_expire } = order.request
    if (time_expire && Date.parse(time_expire) <= this.#now()) throw unpayable('CLOSED')
    return this.#settle(order, openid)
  }

  /** The user is asked for the password. @throws Problem when the order cannot be paid */
  prompt(order: Order, prompt: Prompt): void {
    requireUnpaid(order)
    order.state = 'USERPAYING'
    order.prompt = prompt
  }

  /** Someone looks at an order: a user who was asked for the password gets on with it */
  look(order: Order): Order {
    const { state, prompt } = order
    if (state !== 'USERPAYING' || !prompt?.outcome) return order
    if (prompt.queries > 0) prompt.queries -= 1
    else if (prompt.outcome === 'SUCCESS') this.#settle(order, prompt.openid)
    else order.state = prompt.outcome
    return order
  }

  /** Takes a payment by code back, whether it succeeded or not; once more changes nothing. @throws Problem */
  revoke(order: Order): void {
    if (order.state === 'REVOKED') return
    if (order.tradeType !== 'MICROPAY')
      throw new Problem(400, 'INVALID_REQUEST', '仅付款码支付的订单可以撤销')
    if (order.state === 'CLOSED' || order.refunded > 0)
      throw new Problem(400, 'TRADE_STATE_ERROR', '订单状态错误，不能撤销')
    order.state = 'REVOKED'
    order.revoked = this.#now()
    if (order.payment) order.refunded = order.request.amount.total
  }

  /** All orders that were paid, oldest first */
  paid(): Order[] {
    return [...this.#transactions.values()]
  }

  #settle(order: Order, openid: string): Order {
    const now = this.#now()
    const transaction_id = `4200000000${dayOf(now)}${this.#next(10)}`
    const payer = order.request.payer?.openid ?? openid
    order.payment = { transaction_id, openid: payer, success_time: rfc3339(now) }
    order.state = 'SUCCESS'
    this.#transactions.set(transaction_id, order)
    this.#paid(order)
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
