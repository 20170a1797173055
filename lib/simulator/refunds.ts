import { isDeepStrictEqual } from 'node:util'
import type { Balance } from './balance'
import { type Clock, dayOf, rfc3339 } from './clock'
import { LimitedMap } from './limited-map'
import type { Order, Orders } from './orders'
import { invalidRequest, notExists, paramError } from './problem'
import type { Route } from './router'
import { checkBody, type Shape } from './shape'

/** The body of a refund as a merchant sends it */
interface RefundRequest {
  readonly transaction_id?: string | null
  readonly out_trade_no?: string | null
  readonly out_refund_no: string
  readonly funds_account?: string | null
  readonly amount: { readonly refund: number; readonly total: number; readonly currency: string }
  readonly [field: string]: unknown
}

interface Refund {
  readonly refund_id: string
  readonly request: RefundRequest
  readonly order: Order
  /** milliseconds since the epoch */
  readonly created: number
}

/** A refund as queries answer it */
export interface RefundStatus {
  readonly refund_id: string
  readonly out_refund_no: string
  readonly user_received_account: string
  readonly create_time: string
  readonly success_time?: string
  readonly status: 'PROCESSING' | 'SUCCESS'
  readonly funds_account: string
  readonly amount: {
    readonly refund: number
    readonly total: number
    readonly currency: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

const SHAPE: Shape = {
  transaction_id: { type: 'string', min: 1, max: 32 },
  out_trade_no: { type: 'string', min: 6, max: 32 },
  out_refund_no: { type: 'string', required: true, max: 64, pattern: /^[\w\-|*@]+$/ },
  reason: { type: 'string', max: 80 },
  notify_url: { type: 'string', max: 256, format: 'url' },
  funds_account: { type: 'string', enum: ['AVAILABLE', 'UNSETTLED'] },
  amount: {
    type: 'object',
    required: true,
    fields: {
      refund: { type: 'integer', required: true, min: 1 },
      total: { type: 'integer', required: true, min: 1 },
      currency: { type: 'string', required: true, enum: ['CNY'] },
      from: {
        type: 'list',
        items: {
          type: 'object',
          fields: {
            account: { type: 'string', required: true, enum: ['AVAILABLE', 'UNAVAILABLE'] },
            amount: { type: 'integer', required: true, min: 1 },
          },
        },
      },
    },
  },
  goods_detail: {
    type: 'list',
    items: {
      type: 'object',
      fields: {
        merchant_goods_id: { type: 'string', required: true },
        wechatpay_goods_id: { type: 'string' },
        goods_name: { type: 'string' },
        unit_price: { type: 'integer', required: true, min: 0 },
        refund_amount: { type: 'integer', required: true, min: 0 },
        refund_quantity: { type: 'integer', required: true, min: 1 },
      },
    },
  },
}

/** How refunds behave */
export interface RefundSettings {
  /** how many refunds are remembered */
  readonly limit: number
  /** milliseconds until a refund has arrived */
  readonly delay: number
  /** what refunds from `AVAILABLE` are drawn from */
  readonly balance: Balance
  readonly now: Clock
  /** is told of every refund, when it was asked for */
  readonly made?: (refund: RefundStatus, notice: RefundNotice) => void
}

/** Where a refund is told, and how */
export interface RefundNotice {
  readonly order: Order
  readonly notify_url: string | undefined
  /** milliseconds until it has arrived */
  readonly delay: number
}

/** Money given back: as a whole or in parts, never more than was paid */
export class Refunds {
  readonly #settings: RefundSettings
  readonly #orders: Orders
  readonly #refunds: LimitedMap<Refund>
  #count = 0

  constructor(orders: Orders, settings: RefundSettings) {
    this.#settings = settings
    this.#orders = orders
    this.#refunds = new LimitedMap(settings.limit)
  }

  /** Gives money back; the same refund again gives the one that is there */
  create(request: RefundRequest): RefundStatus {
    const known = this.#refunds.get(request.out_refund_no)
    if (known) {
      if (!isDeepStrictEqual(known.request, request))
        throw invalidRequest('商户退款单号已用于另一笔退款，参数须与原请求一致')
      return this.#describe(known)
    }
    const order = this.#find(request)
    const { refund, total } = request.amount
    if (order.state !== 'SUCCESS' && order.state !== 'REFUND') throw invalidRequest('订单未支付，不能退款')
    if (total !== order.request.amount.total)
      throw paramError('/amount/total', total, 'is not the order’s total', 'body')
    if (order.refunded + refund > total) throw invalidRequest('退款总额超过订单金额')
    this.#draw(request)
    order.refunded += refund
    order.state = 'REFUND'
    const created = this.#settings.now()
    this.#count += 1
    const refund_id = `50000000000${dayOf(created)}${String(this.#count).padStart(10, '0')}`
    const made: Refund = { refund_id, request, order, created }
    this.#refunds.set(request.out_refund_no, made)
    const { made: tell, delay } = this.#settings
    const { notify_url } = request
    tell?.(this.#describe(made), {
      order,
      delay,
      notify_url: typeof notify_url === 'string' ? notify_url : undefined,
    })
    return this.#describe(made, 'PROCESSING')
  }

  /** @throws Problem `RESOURCE_NOT_EXISTS` */
  query(out_refund_no: string): RefundStatus {
    const refund = this.#refunds.get(out_refund_no)
    if (!refund) throw notExists('退款单')
    return this.#describe(refund)
  }

  /** All refunds with their orders, oldest first */
  all(): { readonly order: Order; readonly refund: RefundStatus }[] {
    return [...this.#refunds.values()].map((made) => ({ order: made.order, refund: this.#describe(made) }))
  }

  #find({ transaction_id, out_trade_no }: RefundRequest): Order {
    if (!transaction_id && !out_trade_no)
      throw paramError('/out_trade_no', out_trade_no, 'is required without transaction_id', 'body')
    try {
      const order = transaction_id
        ? this.#orders.byTransactionId(transaction_id)
        : this.#orders.byOutTradeNo(out_trade_no as string)
      if (out_trade_no && out_trade_no !== order.request.out_trade_no) throw notExists('订单')
      return order
    } catch {
      // Refunds have a code of their own for an order that is not there.
      throw notExists('订单')
    }
  }

  /** Refunds from the balance need one; others come out of what is not settled yet */
  #draw({ funds_account, amount }: RefundRequest): void {
    if (funds_account !== 'AVAILABLE') return
    this.#settings.balance.draw(amount.refund)
  }

  #describe({ refund_id, request, order, created }: Refund, first?: 'PROCESSING'): RefundStatus {
    const { refund, total, currency } = request.amount
    const arrival = created + this.#settings.delay
    const arrived = !first && this.#settings.now() >= arrival
    return {
      refund_id,
      out_refund_no: request.out_refund_no,
      transaction_id: order.payment?.transaction_id,
      out_trade_no: order.request.out_trade_no,
      channel: 'ORIGINAL',
      user_received_account: '支付用户零钱',
      ...(arrived && { success_time: rfc3339(arrival) }),
      create_time: rfc3339(created),
      status: arrived ? 'SUCCESS' : 'PROCESSING',
      funds_account: request.funds_account ?? 'UNSETTLED',
      amount: {
        total,
        refund,
        payer_total: total,
        payer_refund: refund,
        settlement_total: total,
        settlement_refund: refund,
        discount_refund: 0,
        currency,
      },
      promotion_detail: [],
    }
  }
}

/** Refunds: asked for, queried */
export const refundRoutes = (refunds: Refunds): Route[] => [
  [
    'POST',
    'v3/refund/domestic/refunds',
    ({ json }) => ({ status: 200, body: refunds.create(checkBody<RefundRequest>(json(), SHAPE)) }),
  ],
  [
    'GET',
    'v3/refund/domestic/refunds/{out_refund_no}',
    ({ path }) => ({ status: 200, body: refunds.query(path.out_refund_no as string) }),
  ],
]
