import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CallbackEvent,
  callbackBody,
  sealCallback,
  signCallbackV2,
  signRefundCallbackV2,
} from './callback'
import { type Clock, rfc3339, spaced } from './clock'
import type { Deliveries, Delivery } from './deliveries'
import { type Merchant, type Platform, type PlatformKey, signingKey } from './keys'
import { type Order, transactionOf } from './orders'
import type { RefundNotice, RefundStatus } from './refunds'
import { suiteOf } from './suite'
import { orderOf } from './v2-orders'

/** What is needed to tell a merchant something */
export interface NoticeParts {
  readonly merchant: Merchant
  readonly platform: Platform
  readonly deliveries: Deliveries
  readonly now: Clock
}

const BASICS = [
  'appid',
  'mchid',
  'out_trade_no',
  'transaction_id',
  'trade_type',
  'trade_state',
  'trade_state_desc',
] as const
const DETAILS = [
  'bank_type',
  'attach',
  'success_time',
  'payer',
  'amount',
  'scene_info',
  'promotion_detail',
] as const

/** Tells the merchant of payments and refunds, in the protocol they were asked for by */
export class Notices {
  readonly #parts: NoticeParts

  constructor(parts: NoticeParts) {
    this.#parts = parts
  }

  /** Delivers an event of APIv3 until it is accepted or given up; gives the last delivery */
  send(url: string, event: CallbackEvent): Promise<Delivery> {
    const { merchant, platform, deliveries, now } = this.#parts
    const { apiv3Key, publicKey } = merchant
    const body = callbackBody(event, { apiv3Key, now: now(), suite: suiteOf(publicKey) })
    // At least one of the two keys is there.
    const next = () => sealCallback(body, { key: signingKey(platform, undefined) as PlatformKey, now: now() })
    return deliveries.send({ url, event: event.event_type, version: 'v3', next })
  }

  /** An order was paid */
  paid(order: Order): void {
    const { notify_url, protocol } = order.request
    // Who pays by a code stands at the till, and learns of it there.
    if (!notify_url || order.tradeType === 'MICROPAY') return
    if (protocol === 'v2') this.#paidV2(order, notify_url)
    else this.#forget(this.send(notify_url, paymentEvent(order)))
  }

  /** A refund was asked for: it is told once it has arrived */
  async refunded(
    refund: RefundStatus,
    { order, notify_url = order.request.notify_url, delay }: RefundNotice,
  ): Promise<void> {
    if (!notify_url) return
    if (delay > 0) await sleep(delay, undefined, { ref: false })
    const success_time = refund.success_time ?? rfc3339(this.#parts.now())
    if (order.request.protocol === 'v2') this.#refundedV2({ ...refund, success_time }, order, notify_url)
    else this.#forget(this.send(notify_url, refundEvent({ ...refund, success_time }, this.#parts.merchant)))
  }

  #paidV2(order: Order, url: string): void {
    const { merchant, deliveries } = this.#parts
    const { appid, mchid } = order.request
    const fields = { return_code: 'SUCCESS', result_code: 'SUCCESS', appid, mch_id: mchid, ...orderOf(order) }
    const next = () => signCallbackV2(fields, { secret: merchant.secret })
    this.#forget(deliveries.send({ url, event: 'transaction-success', version: 'v2', next }))
  }

  #refundedV2(refund: RefundStatus, order: Order, url: string): void {
    const { merchant, deliveries } = this.#parts
    const { appid, mchid, out_trade_no } = order.request
    const news = {
      transaction_id: order.payment?.transaction_id,
      out_trade_no,
      refund_id: refund.refund_id,
      out_refund_no: refund.out_refund_no,
      total_fee: refund.amount.total,
      refund_fee: refund.amount.refund,
      settlement_refund_fee: refund.amount.refund,
      refund_status: 'SUCCESS',
      success_time: refund.success_time && spaced(refund.success_time),
      refund_recv_accout: refund.user_received_account,
      refund_account: 'REFUND_SOURCE_UNSETTLED_FUNDS',
      refund_request_source: 'API',
    }
    const next = () => signRefundCallbackV2({ appid, mch_id: mchid }, news, { secret: merchant.secret })
    this.#forget(deliveries.send({ url, event: 'refund-processed', version: 'v2', next }))
  }

  /** What came of it stands among the deliveries */
  #forget(delivery: Promise<Delivery>): void {
    delivery.catch(() => {})
  }
}

const paymentEvent = (order: Order): CallbackEvent => {
  const transaction = transactionOf(order)
  const told = [...BASICS, ...DETAILS].filter((name) => transaction[name] !== undefined)
  return {
    event_type: 'TRANSACTION.SUCCESS',
    original_type: 'transaction',
    summary: '支付成功',
    data: Object.fromEntries(told.map((name) => [name, transaction[name]])),
  }
}

const refundEvent = (refund: RefundStatus, { mchid }: Merchant): CallbackEvent => {
  const { total, refund: given, payer_total, payer_refund } = refund.amount
  const { out_trade_no, transaction_id, out_refund_no, refund_id, success_time, user_received_account } =
    refund
  return {
    event_type: 'REFUND.SUCCESS',
    original_type: 'refund',
    summary: '退款成功',
    data: {
      ...{ mchid, out_trade_no, transaction_id, out_refund_no, refund_id, refund_status: 'SUCCESS' },
      ...{ success_time, user_received_account },
      amount: { total, refund: given, payer_total, payer_refund },
    },
  }
}
