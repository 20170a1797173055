import type { CallbackOf } from './callback'
import { headerLookup, isXml, rawBytes } from './callback-input'
import { ConfigError } from './errors'
import {
  type CallbackAnswer,
  type CallbackHandler,
  type Handling,
  type HandlingOptions,
  handleCallback,
  handlingOf,
  type RawBody,
} from './handle-callback'
import type { Callback as CallbackV2 } from './openapi/v2/callbacks'
import type { Callback } from './openapi/v3/callbacks'
import { isPlainObject } from './plain'
import { type NotificationsConfig, type Recipient, recipientsOf } from './recipients'
import { Transformer } from './transformer'
import { openNotification as openV2, keyOf as v2KeyOf } from './v2/notification'
import { openNotification as openV3 } from './v3/notification'

/** Data for the answer to an event that wants some, and headers where the answer has to be signed by the merchant. */
export class CallbackReply<D = unknown> {
  readonly data: D
  readonly headers: Readonly<Record<string, string>>

  constructor(data: D, headers: Readonly<Record<string, string>> = {}) {
    this.data = data
    this.headers = headers
  }
}

/** Events whose answers hold data (the `ack` of the catalogue); all others are answered with nothing. */
const ANSWERED: ReadonlySet<string> = new Set([
  'CROSS_BORDER_PAY.GET_MCH_INFO',
  'CROSS_BORDER_PAY.PUSH_ORDER_INFO',
  'ENTRUST.TERMINATE_RETENTION',
  'PARKING_FEE.QUERY_TRANS_INFO',
])

const JSON_TYPE = { 'Content-Type': 'application/json' } as const
const XML_TYPE = { 'Content-Type': 'text/xml' } as const

/** Whose an event is. */
const owners = new WeakMap<object, Recipient>()

/**
 * Reads what WeChat Pay tells a merchant: it verifies first, always, then decrypts.
 *
 * One configuration, or one for each merchant number of this process: the key that signed, and the APIv3 key that
 * decrypts, tell whose a notification is.
 */
export class Notifications {
  /** The same for APIv2, whose notifications are XML. */
  readonly v2: NotificationsV2
  readonly #recipients: readonly Recipient[]
  readonly #handling: Handling<Callback | CallbackV2>

  /**
   * @param options for {@link Notifications.handle}: where duplicates are remembered, who hears of errors
   * @throws ConfigError that names the option and the remedy: an APIv3 key has 32 bytes, for example
   */
  constructor(
    config: NotificationsConfig | readonly NotificationsConfig[],
    options: HandlingOptions<Callback | CallbackV2> = {},
  ) {
    this.#recipients = recipientsOf(config)
    this.#handling = handlingOf(options)
    this.v2 = new NotificationsV2(this.#recipients, this.#handling)
  }

  /**
   * All of it: reads a callback, has it handled once however often it is delivered, and gives the answer to send. It never
   * rejects: the options' `onError` hears of what went wrong.
   * @param rawBody the bytes as they came, or what will bring them
   * @param handler what it throws brings the callback back; for an event that wants data in the answer it returns that
   * @returns 200 or 204: handled; 401: not WeChat Pay's; 500: something failed; 503: being handled
   */
  handle(
    rawBody: RawBody | Promise<RawBody>,
    headers: unknown,
    handler: CallbackHandler<Callback>,
  ): Promise<CallbackAnswer> {
    return handleCallback(this, this.#handling, rawBody, headers, handler)
  }

  /**
   * The event as it was sent, with `data`, what was encrypted, and `original_type`, what that is. XML is read too, as
   * `notifications.v2.parse` reads it, which has the types: such an event has no `resource`.
   * @param rawBody the bytes as they came: the signature covers them
   * @param headers in whatever form the framework has them
   * @throws VerificationError unless it is WeChat Pay's, at most 300 s old, and for one of the merchants: answer 4xx or 5xx
   * @throws RequestError when what is given is no raw notification; it says what to change where
   */
  async parse(rawBody: RawBody, headers: unknown): Promise<Callback> {
    const body = rawBytes(rawBody)
    if (isXml(body)) return (await this.v2.parse(body)) as unknown as Callback
    const { event, recipient } = await openV3(body, headerLookup(headers), this.#recipients)
    owners.set(event, recipient as Recipient)
    return event
  }

  /** What is the same for every delivery of one event, up to fifteen in a day. */
  keyOf(event: Callback): string {
    return isV2(event) ? this.v2.keyOf(event) : event.id
  }

  /**
   * The answer that ends the deliveries: 204, or, for the four events that want it, 200 with data.
   * @param data what the event wants in the answer, or a {@link CallbackReply} with headers beside it
   */
  success(event?: Callback, data?: unknown): CallbackAnswer {
    if (event !== undefined && isV2(event)) return this.v2.success()
    if (event === undefined || !ANSWERED.has(event.event_type)) return { status: 204, headers: {}, body: '' }
    const reply = data instanceof CallbackReply ? data : new CallbackReply(data)
    const fields = isPlainObject(reply.data) ? reply.data : {}
    const body = JSON.stringify({ code: 'SUCCESS', message: '成功', ...fields })
    return { status: 200, headers: { ...JSON_TYPE, ...reply.headers }, body }
  }

  /** The answer after which it comes again. @param message for WeChat Pay's log, at most 256 characters of it */
  failure(message: string, status = 500): CallbackAnswer {
    const body = JSON.stringify({ code: 'FAIL', message: legible(message) })
    return { status, headers: { ...JSON_TYPE }, body }
  }

  /**
   * What a handler returns for an event that wants data in the answer. Two of the four want the answer signed, in a way that
   * is not published: the headers are the place for what you were told.
   */
  reply<E extends keyof Replies>(
    _event: CallbackOf<E>,
    data: Omit<Replies[E], 'code' | 'message'> & Partial<Pick<Replies[E], 'code' | 'message'>>,
    { headers }: { readonly headers?: Readonly<Record<string, string>> } = {},
  ): CallbackReply {
    return new CallbackReply(data, headers)
  }

  /**
   * Decrypts a field that is encrypted once more, for the merchant's key.
   * @param event whose field it is, when there are several merchants
   * @throws VerificationError (`decrypt`) when it was encrypted for another key
   * @throws ConfigError when there is no private key
   */
  async decrypt(value: string, event?: Callback): Promise<string> {
    const owner = event && owners.get(event)
    const { decrypt } = owner ?? this.#recipients.find(({ decrypt }) => decrypt) ?? {}
    if (decrypt) return decrypt(value)
    throw new ConfigError('privateKey', 'missing: it decrypts what is encrypted for the merchant')
  }

  /** The merchant number whose configuration read the event. */
  merchantOf(event: Callback): string | undefined {
    return owners.get(event)?.mchid
  }
}

/** What the answers to four events hold. */
export interface Replies {
  'CROSS_BORDER_PAY.GET_MCH_INFO': Callback.CrossBorderPayGetMchInfo_Answer
  'CROSS_BORDER_PAY.PUSH_ORDER_INFO': Callback.CrossBorderPayPushOrderInfo_Answer
  'ENTRUST.TERMINATE_RETENTION': Callback.EntrustTerminateRetention_Answer
  'PARKING_FEE.QUERY_TRANS_INFO': Callback.ParkingFeeQueryTransInfo_Answer
}

/** Notifications of APIv2: `notifications.v2`. */
export class NotificationsV2 {
  readonly #recipients: readonly Recipient[]
  readonly #handling: Handling<CallbackV2>

  /** @internal */
  constructor(recipients: readonly Recipient[], handling: Handling<CallbackV2>) {
    this.#recipients = recipients
    this.#handling = handling
  }

  /** All of it, as {@link Notifications.handle} does it. */
  handle(
    rawBody: RawBody | Promise<RawBody>,
    headers: unknown,
    handler: CallbackHandler<CallbackV2>,
  ): Promise<CallbackAnswer> {
    return handleCallback(this, this.#handling, rawBody, headers, handler)
  }

  /**
   * The fields of the XML; of refunds and deposits `data` is what was encrypted. Of a refund only `data` is proven: what
   * stands beside it (`appid`, `sub_mch_id`, …) anyone can have changed, but that `mch_id` is a configured merchant's.
   * @throws VerificationError unless `sign` is right, or, of a refund, `req_info` decrypts
   */
  async parse(rawBody: RawBody, _headers?: unknown): Promise<CallbackV2> {
    const { event, recipient } = openV2(rawBytes(rawBody), this.#recipients)
    owners.set(event, recipient as Recipient)
    return event
  }

  /** What is the same for every delivery of one event: APIv2 has no id of its own. */
  keyOf(event: CallbackV2): string {
    return v2KeyOf(event)
  }

  /** The answer that ends the deliveries. */
  success(_event?: CallbackV2, _data?: unknown): CallbackAnswer {
    return {
      status: 200,
      headers: { ...XML_TYPE },
      body: Transformer.toXml({ return_code: 'SUCCESS', return_msg: 'OK' }),
    }
  }

  /** The answer after which it comes again. */
  failure(message: string, status = 500): CallbackAnswer {
    const body = Transformer.toXml({ return_code: 'FAIL', return_msg: legible(message) })
    return { status, headers: { ...XML_TYPE }, body }
  }

  /** The merchant number whose configuration read the event. */
  merchantOf(event: CallbackV2): string | undefined {
    return owners.get(event)?.mchid
  }
}

/** APIv3 knows no event without a resource. */
const isV2 = (event: Callback | CallbackV2): event is CallbackV2 => !Object.hasOwn(event, 'resource')

/** Is it this event, and, where an event has several kinds of data, of this kind? */
export function isCallback<E extends Callback['event_type'], O extends string = string>(
  event: Callback,
  event_type: E,
  original_type?: O,
): event is CallbackOf<E, O> {
  const right = event.event_type === event_type
  return right && (original_type === undefined || event.original_type === original_type)
}

/** One line, as long as a log wants it, of characters that XML can carry. */
const legible = (message: string): string =>
  String(message)
    .slice(0, 256)
    .replace(/[\p{Cc}\u{FFFE}\u{FFFF}]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\u{FFFD}')
