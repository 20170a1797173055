import { ApiError, TransportError } from './errors'
import { isPlainObject } from './plain'
import type { Response } from './response'
import { suggestion } from './suggestion'
import { LONGEST_DELAY } from './timeouts'

/**
 * When a call is tried again, and after how long.
 *
 * Reads are, after a network error and the statuses named here. Writes are when nothing of them was sent; otherwise only if
 * the call itself says so. Every attempt is signed anew, with the same merchant number in the same body.
 */
export interface RetryPolicy {
  /** How often a call is tried, the first time included. Default: 4. */
  readonly attempts?: number | undefined
  /** Milliseconds before the second attempt; they double each time, and up to half of them is left to chance. Default: 100. */
  readonly delay?: number | undefined
  /** The longest of these waits, in milliseconds. A `Retry-After` may ask for a longer one. Default: 5,000. */
  readonly maxDelay?: number | undefined
  /**
   * Answers that are worth another attempt: failures, and 202 where that is not the documented one. APIv2's `SYSTEMERROR` counts
   * as 500. Default: 202, 429, 500, 502, 503 (official 4012081717).
   */
  readonly statuses?: readonly number[] | undefined
  /** How many repetitions a client allows itself for each call, beyond a reserve of 100: when all fails, few are tried. Default: 0.2. */
  readonly budget?: number | undefined
}

/** The same for one call. */
export interface CallRetryPolicy extends Omit<RetryPolicy, 'budget'> {
  /**
   * Repeats this write, too. Its body does not change, so that the platform knows an `out_trade_no` or `out_refund_no` again;
   * a write without such a number would be done twice. Default: `false`.
   */
  readonly writes?: boolean | undefined
}

/** A policy in which nothing is left open. */
export interface ResolvedRetry {
  readonly attempts: number
  readonly delay: number
  readonly maxDelay: number
  readonly statuses: readonly number[]
  readonly budget: number
  readonly writes: boolean
}

const DEFAULTS: ResolvedRetry = Object.freeze({
  attempts: 4,
  delay: 100,
  maxDelay: 5_000,
  statuses: [202, 429, 500, 502, 503],
  budget: 0.2,
  writes: false,
})

const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

const RULES: Readonly<Record<keyof ResolvedRetry, readonly [(value: unknown) => boolean, string]>> = {
  attempts: [(value) => isWhole(value, 1, 100), 'expected a whole number from 1 to 100'],
  delay: [(value) => isWhole(value, 0, LONGEST_DELAY), 'expected milliseconds'],
  maxDelay: [(value) => isWhole(value, 0, LONGEST_DELAY), 'expected milliseconds'],
  statuses: [
    (value) => Array.isArray(value) && value.every((status) => status === 202 || isWhole(status, 300, 599)),
    'expected a list of HTTP statuses: of failures, or 202',
  ],
  budget: [
    (value) => typeof value === 'number' && value >= 0 && value <= 10,
    'expected a number from 0 to 10',
  ],
  writes: [(value) => typeof value === 'boolean', 'expected true or false'],
}

type Refuse = (field: string, problem: string) => Error

/** The policy of a client. @param refuse makes the error for what is wrong */
export function clientRetry(given: unknown, refuse: Refuse): ResolvedRetry {
  if (isPlainObject(given) && given.writes !== undefined) {
    throw refuse('retry.writes', 'is given with a call that may be repeated, never for all of them')
  }
  return merged(DEFAULTS, given, refuse)
}

/** The policy of a call: what it says itself, and the client's for the rest. */
export function callRetry(given: unknown, client: ResolvedRetry, refuse: Refuse): ResolvedRetry {
  if (given === undefined) return client
  if (isPlainObject(given) && given.budget !== undefined) {
    throw refuse('retry.budget', 'is shared by all calls of a client: give it to Builder.factory')
  }
  const { attempts } = client
  // A client that never tries again has no number to go by.
  return merged(
    attempts === 1 && given !== false ? { ...client, attempts: DEFAULTS.attempts } : client,
    given,
    refuse,
  )
}

function merged(base: ResolvedRetry, given: unknown, refuse: Refuse): ResolvedRetry {
  if (given === undefined || given === null) return base
  if (given === false) return { ...base, attempts: 1, writes: false }
  if (!isPlainObject(given)) throw refuse('retry', 'expected a policy, or false')
  const policy: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof ResolvedRetry] : undefined
    if (!rule) throw refuse(`retry.${name}`, `no such rule${suggestion(name, Object.keys(RULES))}`)
    if (value === undefined) continue
    if (!rule[0](value)) throw refuse(`retry.${name}`, rule[1])
    policy[name] = Array.isArray(value) ? [...value] : value
  }
  return policy as unknown as ResolvedRetry
}

/**
 * Failures of a connection, by the system's, undici's, the parser's and our names; a certificate will not be better next time.
 */
const NETWORK =
  /^(?:E(?:CONN\w+|NOTFOUND|AI_\w+|HOST\w+|NET\w+|TIMEDOUT|PIPE)|UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET|RES_CONTENT_LENGTH_MISMATCH)|HPE_\w+|ERR_NETWORK|ERR_UNREACHED|ERR_DECODE)$/
/** What undici's tunnels say of a proxy that found nobody; one that wants a password will want it next time, too. */
const UNREACHED = /^Proxy response \(50[234]\)/

/** Has the network failed, rather than the call? */
export function isNetworkFailure(error: unknown): error is TransportError {
  if (!(error instanceof TransportError)) return false
  return NETWORK.test(error.code) || (error.cause instanceof Error && UNREACHED.test(error.cause.message))
}

/** Was there no connection to this host, or no word from it? Another one may be better. */
export function isHostFailure(error: unknown): boolean {
  if (!isNetworkFailure(error) || error.code === 'ERR_NETWORK') return false
  return error.delivery === 'not-sent' || error.code === 'UND_ERR_HEADERS_TIMEOUT'
}

/**
 * Is a failed attempt worth another one?
 * @param repeatable may the call be done twice: does it read, or say so itself?
 */
export function isWorthRepeating(error: unknown, repeatable: boolean, { statuses }: ResolvedRetry): boolean {
  // Of a failure without a name, too little is known for a write.
  if (isNetworkFailure(error))
    return repeatable || (error.delivery === 'not-sent' && error.code !== 'ERR_NETWORK')
  if (!repeatable || !(error instanceof ApiError)) return false
  return statuses.includes(error.status) || (error.code === 'SYSTEMERROR' && statuses.includes(500))
}

/**
 * Milliseconds to wait after an attempt that has failed; `undefined` when that would be for ever.
 * @param attempt its number, from 1
 */
export function waitAfter(
  attempt: number,
  answer: Response | undefined,
  policy: ResolvedRetry,
): number | undefined {
  const full = Math.min(policy.maxDelay, policy.delay * 2 ** (attempt - 1))
  const wait = Math.max(full * (1 - Math.random() / 2), retryAfter(answer))
  return wait <= LONGEST_DELAY ? wait : undefined
}

/** What a `Retry-After` asks for, in milliseconds: it is given in seconds, or as a date by the platform's clock. */
function retryAfter(answer: Response | undefined): number {
  const value = answer?.headers.get('retry-after')
  if (!value) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const now = Date.parse(answer?.headers.get('date') ?? '')
  const wait = Date.parse(value) - (Number.isNaN(now) ? Date.now() : now)
  return Number.isNaN(wait) ? 0 : Math.max(0, wait)
}

/** What a client may spend on repetitions: when everything fails, they must not make it worse. */
export class RetryBudget {
  static readonly #RESERVE = 100
  #left = RetryBudget.#RESERVE

  /** A call is made, and pays in. */
  earn({ budget }: ResolvedRetry): void {
    if (this.#left < RetryBudget.#RESERVE) this.#left += budget
  }

  /** @returns whether there was one repetition left */
  spend(): boolean {
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
