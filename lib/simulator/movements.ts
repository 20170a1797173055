import type { Balance } from './balance'
import { rfc3339 } from './clock'
import type { Order, Orders } from './orders'
import type { RedPackets } from './red-packets'
import type { RefundStatus, Refunds } from './refunds'

/** What bills are made of */
export interface BillSources {
  readonly orders: Orders
  readonly refunds: Refunds
  readonly packets: RedPackets
  readonly balance: Balance
}

/** One thing that happened to an order */
export interface Movement {
  readonly kind: 'SUCCESS' | 'REFUND' | 'REVOKED'
  readonly order: Order
  readonly refund?: RefundStatus
  /** RFC 3339 */
  readonly time: string
  /** what was given back, in fen */
  readonly back: number
}

/** What happened to all orders, in the order of time */
export const movementsOf = ({ orders, refunds }: BillSources): Movement[] => {
  const paid = orders.paid()
  const payments = paid.map((order): Movement => {
    const time = order.payment?.success_time ?? ''
    return { kind: 'SUCCESS', order, time, back: 0 }
  })
  const revocations = paid.flatMap((order): Movement[] => {
    if (order.revoked === undefined) return []
    return [{ kind: 'REVOKED', order, time: rfc3339(order.revoked), back: order.request.amount.total }]
  })
  const returns = refunds.all().map(({ order, refund }): Movement => {
    return { kind: 'REFUND', order, refund, time: refund.create_time, back: refund.amount.refund }
  })
  return [...payments, ...revocations, ...returns].sort(
    (a, b) => Number(a.time > b.time) - Number(a.time < b.time),
  )
}
