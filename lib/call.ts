import { setTimeout as sleep } from 'node:timers/promises'
import { Trace } from './diagnostics'
import { ApiError, afterAttempts, consequenceOf, TransportError, WechatpayError } from './errors'
import type { Exchange } from './exchange'
import { backupOf, type Failover, type Waiting } from './failover'
import { uploadOf } from './media-upload'
import type { Request } from './request'
import type { Response } from './response'
import { isHostFailure, isNetworkFailure, isWorthRepeating, type RetryBudget, waitAfter } from './retry'
import { isAccepted } from './v3/accepted'

/** What an attempt may take, in milliseconds; 0 for no limit. */
export interface Limits {
  /** Until it is settled. */
  readonly whole: number
  /** Until its answer begins. */
  readonly headers: number
  /** Between two pieces of its answer. */
  readonly body: number
}

/** What a client lends to its calls. */
export interface Courier {
  readonly failover: Failover
  readonly budget: RetryBudget
  /** Sends a request once, to a host. */
  dispatch(request: Request, origin: string, limits: Limits): Exchange
  /** A call has come to its end. */
  settled(): void
}

/**
 * One call: its attempts, one after the other, until one of them settles it or the policy allows no more.
 *
 * What is known in the end takes all of them into account: a write of which one attempt may have been carried out stays
 * `unknown`, though a later one was refused.
 */
export class Call implements Waiting {
  place = -1
  readonly #request: Request
  readonly #courier: Courier
  readonly #trace: Trace | undefined
  readonly #began: number
  readonly #reads: boolean
  /** May it be done twice? */
  readonly #repeatable: boolean
  #attempt = 0
  /** When the attempt began. */
  #tried = performance.now()
  #origin: string
  /** Has it gone to another host without a wait? */
  #moved = false
  #exchange: Exchange | undefined
  /** May an attempt that failed have been carried out? */
  #undecided = false

  /** @param waited milliseconds of its time that have gone by */
  constructor(request: Request, courier: Courier, waited: number) {
    const { protocol, reads, retry, label } = request
    this.#began = this.#tried - waited
    this.#request = request
    this.#courier = courier
    this.#reads = reads
    this.#repeatable = this.#reads || retry.writes
    this.#origin = this.#route()
    this.#trace = Trace.of(label, protocol)
    courier.budget.earn(retry)
  }

  /** @returns rejects with a WechatpayError */
  run(): Promise<Response> {
    return this.#try()
  }

  /** Its host is missing: while nothing was sent, another one can have it. */
  divert(origin: string): void {
    // An upload may still be reading its file.
    if (origin !== this.#origin || !this.#mayGoOn || uploadOf(this.#request.body) !== undefined) return
    this.#exchange?.divert(this.#repeatable)
  }

  look(now: number): void {
    const { headers } = this.#request.timeouts
    if (headers > 0 && now - this.#tried >= headers) this.divert(this.#origin)
  }

  #try(): Promise<Response> {
    this.#attempt++
    this.#trace?.begin(this.#origin, this.#attempt)
    try {
      this.#exchange = this.#courier.dispatch(this.#request, this.#origin, this.#limits())
    } catch (error) {
      if (error instanceof WechatpayError) this.#trace?.end({ error })
      throw this.#final(error)
    }
    this.#courier.failover.enter(this)
    return this.#exchange.response.then(
      (response) => this.#answered(response),
      (error: unknown) => this.#failed(error),
    )
  }

  /**
   * One that is not tried again has all the time there is. What is handed out while it comes in has a clock of its own, and
   * an upload takes its time before there can be an answer.
   */
  #limits(): Limits {
    const { stream, sink, body: content, timeout, timeouts } = this.#request
    const { headers, body } = timeouts
    const whole = timeout > 0 ? Math.max(1, timeout - (this.#tried - this.#began)) : 0
    const isLast =
      !(this.#repeatable && this.#mayGoOn) || stream || sink !== undefined || uploadOf(content) !== undefined
    if (isLast || headers === 0) return { whole, headers: 0, body }
    return { whole, headers, body: body === 0 ? headers : Math.min(headers, body) }
  }

  /** Can there be another attempt? */
  get #mayGoOn(): boolean {
    const { retry, body } = this.#request
    return this.#attempt < retry.attempts && isReusable(body)
  }

  #route(): string {
    const { origin, path, retry } = this.#request
    return this.#courier.failover.route(origin, path, this.#repeatable && this.#attempt < retry.attempts - 1)
  }

  #answered(response: Response): Response | Promise<Response> {
    this.#courier.failover.leave(this)
    this.#courier.failover.answered(this.#origin)
    this.#trace?.end({ response })
    const wait = this.#isEarly(response) ? this.#wait(response, true) : undefined
    if (wait === undefined) {
      this.#courier.settled()
      return response
    }
    this.#undecided ||= !this.#reads
    return this.#again(wait, 'HTTP_202')
  }

  /** Does an answer only say that there is none yet? */
  #isEarly({ status }: Response): boolean {
    const { method, path, retry } = this.#request
    return status === 202 && this.#repeatable && retry.statuses.includes(202) && !isAccepted(method, path)
  }

  #failed(error: unknown): Promise<Response> {
    this.#courier.failover.leave(this)
    if (!(error instanceof WechatpayError)) throw this.#final(error)
    const response = (error as { response?: Response }).response
    this.#judgeHost(error, response)
    this.#trace?.end({ response, error })
    // Whoever says so without a signature: to ask again is all that comes of it.
    const early = response !== undefined && this.#isEarly(response)
    if (!early && !isWorthRepeating(error, this.#repeatable, this.#request.retry)) throw this.#final(error)
    const from = this.#origin
    this.#origin = this.#next(error)
    // Whoever still waited for a connection has burdened nobody, even if a dispatcher of the caller's may know better.
    const unsent = error.delivery === 'not-sent' || error.code === 'ERR_UNREACHED'
    // At once, but not to and fro: when both are missing, time is all that helps.
    const atOnce = unsent && this.#origin !== from && !this.#moved
    const wait = this.#wait(response, !unsent, atOnce)
    if (wait === undefined) throw this.#final(error)
    this.#moved ||= atOnce
    this.#undecided ||= !this.#reads && (early || mayHaveActed(error))
    return this.#again(wait, error.code, error)
  }

  #judgeHost(error: WechatpayError, response: Response | undefined): void {
    const { failover } = this.#courier
    const { path, timeouts } = this.#request
    const { code, delivery } = error
    // An answer that could not be read is a sign of life, too.
    if (delivery === 'delivered' || response) failover.answered(this.#origin)
    else if (isHostFailure(error)) failover.missed(this.#origin, path, delivery !== 'not-sent')
    else if (code === 'ERR_TIMEOUT' && timeouts.headers > 0) {
      // The last attempt, and a write, have waited longer than others would.
      const silent = performance.now() - this.#tried >= timeouts.headers
      if (silent) failover.missed(this.#origin, path, true)
    }
  }

  /** Where the next attempt goes. */
  #next(error: WechatpayError): string {
    const from = this.#origin
    const origin = this.#route()
    // A connection that broke says little about its host, but another one is as good.
    if (!isNetworkFailure(error) || origin !== from) return origin
    return backupOf(from, this.#request.path) ?? from
  }

  /** Milliseconds until the next attempt; `undefined` when there shall be none. */
  #wait(answer: Response | undefined, costs: boolean, atOnce = false): number | undefined {
    const { retry, timeout } = this.#request
    if (!this.#mayGoOn || this.#exchange?.begun) return undefined
    const wait = atOnce ? 0 : waitAfter(this.#attempt, answer, retry)
    if (wait === undefined) return undefined
    if (timeout > 0 && performance.now() - this.#began + wait >= timeout) return undefined
    if (costs && !this.#courier.budget.spend()) return undefined
    return wait
  }

  async #again(wait: number, code: string, error?: WechatpayError): Promise<Response> {
    this.#trace?.repeat(wait, code)
    const { signal } = this.#request
    try {
      if (wait > 0 || signal?.aborted) await sleep(wait, undefined, signal && { signal })
    } catch {
      throw this.#final(this.#aborted(error))
    }
    this.#tried = performance.now()
    return this.#try()
  }

  #aborted(error: WechatpayError | undefined): TransportError {
    const { label, signal } = this.#request
    const delivery = this.#undecided ? 'unknown' : (error?.delivery ?? 'delivered')
    const former = error?.message.replace(`${label}: `, () => '') ?? 'HTTP 202'
    const consequence = delivery === 'unknown' ? consequenceOf(this.#reads) : former
    const problem = `${label}: aborted before attempt ${this.#attempt + 1}; ${consequence}`
    return new TransportError(problem, { code: 'ERR_ABORTED', delivery, cause: signal?.reason })
  }

  #final(error: unknown): unknown {
    this.#courier.settled()
    return error instanceof WechatpayError ? afterAttempts(error, this.#attempt, this.#undecided) : error
  }
}

/** Of an attempt that failed; an answer that was damaged may well have told of success. */
function mayHaveActed(error: WechatpayError): boolean {
  return error.delivery === 'unknown' || (error.delivery === 'delivered' && !(error instanceof ApiError))
}

/** A stream has been read by then; an upload reads its file anew. */
function isReusable(body: Request['body']): boolean {
  return body === null || typeof body === 'string' || Buffer.isBuffer(body) || uploadOf(body) !== undefined
}
