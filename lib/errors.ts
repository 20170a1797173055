import type { Response } from './response'

/**
 * Can the platform have acted on the call?
 *
 * - `not-sent`: no byte of the request left this process, or no connection was ever made. Safe to repeat.
 * - `unknown`: the request was (or may have been) sent, and no answer that could be read came back; or the answer itself
 *   leaves it open: a write that met a 429 or a 5xx, APIv2's `SYSTEMERROR`, `USERPAYING`, `BANKERROR`. Query, or repeat with
 *   the same `out_trade_no` / `out_refund_no`; never with a new one. What only reads has changed nothing: ask again.
 * - `delivered`: the platform answered. An `ApiError` says why it did not act. A 2xx that could not be verified or read (a
 *   `VerificationError`, `INVALID_RESPONSE`, `ERR_DECODE`) has taken effect if it was WeChat Pay's: query it.
 */
export type Delivery = 'not-sent' | 'unknown' | 'delivered'

interface Details {
  code: string
  delivery: Delivery
  cause?: unknown
}

/** Everything this package throws or rejects with. `code` is stable, the message is for people. */
export abstract class WechatpayError extends Error {
  readonly code: string
  readonly delivery: Delivery
  /** How often the call was tried, if more than once. */
  declare readonly attempts?: number

  constructor(message: string, { code, delivery, cause }: Details) {
    super(message, cause === undefined ? undefined : { cause: withoutCredentials(cause) })
    this.code = code
    this.delivery = delivery
  }

  /** What a log may hold: no answer body, no key, no header. */
  toJSON(): Record<string, unknown> {
    const { name, message } = this
    return { name, message, ...(this as Record<string, unknown>) }
  }
}

/** The configuration given to `Builder.factory` (or a key given to a helper) cannot work. Nothing was sent. */
export class ConfigError extends WechatpayError {
  /** The option, as a path: `privateKey`, `certs.PUB_KEY_ID_…`. */
  readonly field: string

  constructor(field: string, problem: string, cause?: unknown) {
    super(`${field}: ${problem}`, { code: 'ERR_CONFIG', delivery: 'not-sent', cause })
    this.field = field
  }
}

/** The call itself is wrong: a missing path variable, a misspelt option, a foreign host. Nothing was sent. */
export class RequestError extends WechatpayError {
  /** The option or path variable, as far as one is to blame. */
  readonly field: string | undefined

  constructor(field: string | undefined, problem: string, cause?: unknown) {
    super(field === undefined ? problem : `${field}: ${problem}`, {
      code: 'ERR_REQUEST',
      delivery: 'not-sent',
      cause,
    })
    this.field = field
  }
}

/**
 * No answer that could be read: refused, reset, timed out, aborted. `code` is the system's or undici's
 * (`ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, …), or one of ours: `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_NETWORK`,
 * `ERR_UNREACHED` (its host is missing, and it waited for a connection), `ERR_SIGNER` (a remote key), `ERR_DECODE`, `ERR_TOO_LARGE`, `ERR_SINK`, `ERR_BILL` (an answer's body), `ERR_MEDIA_CHANGED`
 * (an upload), `ERR_STORE` (shared certificates and callbacks). `cause` is the original error.
 */
export class TransportError extends WechatpayError {}

/** Why an answer or a callback was not believed. */
export type VerificationReason = 'headers' | 'clock' | 'serial' | 'signature' | 'digest' | 'decrypt'

/** An answer arrived, but nothing proves that it is WeChat Pay's. If it was a 2xx to a write, treat it as done and query. */
export class VerificationError extends WechatpayError {
  readonly reason: VerificationReason
  /** Of `clock`: by how many seconds this machine's clock is ahead of WeChat Pay's, when it is the one that is wrong. */
  declare readonly skew?: number
  /** The answer that was not believed. Not enumerable, so that it is not printed. */
  declare readonly response: Response | undefined

  constructor(reason: VerificationReason, problem: string, response?: Response, cause?: unknown) {
    super(problem, {
      code: `ERR_VERIFICATION_${reason.toUpperCase()}`,
      delivery: response ? 'delivered' : 'not-sent',
      cause,
    })
    this.reason = reason
    hide(this, 'response', response)
  }
}

/** How an APIv2 answer says that it failed. */
export interface BusinessResult {
  return_code?: string
  return_msg?: string
  result_code?: string
  err_code?: string
  err_code_des?: string
}

interface ApiErrorDetails {
  readonly detail?: unknown
  readonly result?: BusinessResult
  readonly delivery?: Delivery
  readonly skew?: number | undefined
}

/** WeChat Pay answered, and the answer is a failure. */
export class ApiError extends WechatpayError {
  readonly status: number
  /** `Request-ID`: what WeChat Pay's support asks for. */
  readonly requestId: string | undefined
  /** Did the answer carry a valid signature? Errors from before authentication never do. */
  readonly verified: boolean
  /**
   * Of a 401: by how many seconds this machine's clock is ahead of WeChat Pay's (when negative, behind), by the `Date` of the
   * answer, when it is so wrong that signatures fail for it.
   */
  declare readonly skew?: number
  declare readonly return_code?: string
  declare readonly return_msg?: string
  declare readonly result_code?: string
  declare readonly err_code?: string
  declare readonly err_code_des?: string
  /** WeChat Pay's own `detail`: `field`, `value`, `issue`, `location`. Not enumerable: `value` can be personal data. */
  declare readonly detail: unknown
  /** The whole answer. Not enumerable, so that it is not printed. */
  declare readonly response: Response

  constructor(
    message: string,
    code: string,
    response: Response,
    { detail, result, delivery = 'delivered', skew }: ApiErrorDetails = {},
  ) {
    super(message, { code, delivery })
    this.status = response.status
    this.requestId = response.requestId
    this.verified = response.verified
    Object.assign(this, result, skew === undefined ? undefined : { skew })
    hide(this, 'detail', detail)
    hide(this, 'response', response)
  }
}

/**
 * What several attempts leave known.
 * @param undecided may an earlier one have acted, whatever the last one says?
 */
export function afterAttempts(error: WechatpayError, attempts: number, undecided: boolean): WechatpayError {
  if (attempts > 1) Object.assign(error, { attempts })
  if (undecided && error.delivery !== 'unknown') {
    const said = error.message.replace(/\.$/, '')
    reword(error, `${said}; an earlier attempt was sent, too, and ${UNKNOWN_OUTCOME}`)
    Object.assign(error, { delivery: 'unknown' satisfies Delivery })
  }
  return error
}

/**
 * Says of which call an error of its transport is, where whoever made it could not know.
 * @param label verb and template of the call
 */
export function ofCall<E extends Error>(error: E, label: string): E {
  const nameless = error instanceof TransportError || error instanceof VerificationError
  const prefix = `${label}: `
  if (nameless && !error.message.startsWith(prefix)) reword(error, prefix + error.message)
  return error
}

function reword(error: WechatpayError, message: string): void {
  const { message: former, stack } = error
  error.message = message
  // It is the stack that is printed.
  if (stack) error.stack = stack.replace(former, () => message)
}

/** What is to be said of a call that was sent, when nobody knows what came of it, and what to do then. */
export function consequenceOf(reads: boolean): string {
  return reads ? 'it only reads: nothing was changed, and it can be asked again' : UNKNOWN_OUTCOME
}

/** The same of a write. */
export const UNKNOWN_OUTCOME =
  'whether the platform has acted is unknown: query, or repeat with the same numbers'

// On the prototypes, so that an instance's own enumerable fields are just those worth logging.
for (const type of [WechatpayError, ConfigError, RequestError, TransportError, VerificationError, ApiError]) {
  Object.defineProperty(type.prototype, 'name', { value: type.name, configurable: true, writable: true })
}

function hide(error: object, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false })
}

const QUOTED = /WECHATPAY2?-[\w-]+ [^\n]*/g

/** A transport's own error may quote the request's headers (undici's mocks do): such a cause is replaced. */
function withoutCredentials(cause: unknown): unknown {
  if (!quotes(cause, new Set())) return cause
  if (typeof cause === 'string') return cause.replace(QUOTED, '[Authorization]')
  const { name, message, code } = cause as { name?: unknown; message?: unknown; code?: unknown }
  const clean = new Error(String(message ?? '').replace(QUOTED, '[Authorization]'))
  if (typeof name === 'string') clean.name = name
  return code === undefined ? clean : Object.assign(clean, { code })
}

/** Does anything that would be printed of a value hold an Authorization? */
function quotes(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === 'string') return value.search(QUOTED) !== -1
  if (typeof value !== 'object' || value === null || seen.has(value) || seen.size > 1000) return false
  seen.add(value)
  if (ArrayBuffer.isView(value)) return false
  return Object.getOwnPropertyNames(value).some((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, name)
    if (descriptor === undefined) return false
    // Some versions of V8 make the stack of an error when it is asked for.
    const member: unknown = name === 'stack' ? (value as Error).stack : descriptor.value
    return quotes(member, seen)
  })
}

/** What an interceptor makes of a failure before anything was sent. */
export function asWechatpayError(error: unknown): WechatpayError {
  if (error instanceof WechatpayError) return error
  return new TransportError('the request could not be signed and dispatched', {
    code: 'ERR_NETWORK',
    delivery: 'not-sent',
    cause: error,
  })
}
