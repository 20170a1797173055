import { isPlainObject } from './plain'
import { suggestion } from './suggestion'

/** How long things may take, in milliseconds; 0 for no limit. All but `total` are kept to within a second. */
export interface Timeouts {
  /** The whole call, with all its attempts (with `stream` or `sink`: until the answer begins). Default: 30,000. */
  readonly total?: number | undefined
  /** Until there is a connection. Default: 5,000. */
  readonly connect?: number | undefined
  /**
   * Until an answer begins, and between two pieces of it, of an attempt that can be repeated; until there is a connection, of
   * one that can be sent elsewhere. The last attempt, and a write that was sent, have all of `total`. Default: 10,000.
   */
  readonly headers?: number | undefined
  /** Between two pieces of an answer that is handed out while it comes in. Default: `total`. */
  readonly body?: number | undefined
}

/** The same, in which nothing is left open. */
export interface ResolvedTimeouts {
  readonly total: number
  readonly connect: number
  readonly headers: number
  readonly body: number
}

/** The longest delay a timer can hold, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1
const RANGE = `expected milliseconds from 0 (no limit) to ${LONGEST_DELAY}`
const EXPECTED = `${RANGE}, or { total, connect, headers, body }`
const NAMES = ['total', 'connect', 'headers', 'body'] as const

export const DEFAULT_TIMEOUTS: ResolvedTimeouts = Object.freeze({
  total: 30_000,
  connect: 5_000,
  headers: 10_000,
  body: 30_000,
})

/**
 * @param given milliseconds for the whole, or an object of them
 * @param refuse makes the error for what is wrong
 */
export function resolveTimeouts(
  given: unknown,
  base: ResolvedTimeouts,
  refuse: (field: string, problem: string) => Error,
): ResolvedTimeouts {
  if (given === undefined || given === null) return base
  if (!isPlainObject(given)) {
    if (!isDelay(given)) throw refuse('timeout', EXPECTED)
    return { ...base, total: given, body: given }
  }
  const limits = Object.entries(given)
  if (limits.length === 0) throw refuse('timeout', EXPECTED)
  for (const [name, value] of limits) {
    if (!(NAMES as readonly string[]).includes(name)) {
      throw refuse(`timeout.${name}`, `no such limit${suggestion(name, NAMES)}`)
    }
    if (value !== undefined && !isDelay(value)) throw refuse(`timeout.${name}`, RANGE)
  }
  const { total = base.total, connect = base.connect, headers = base.headers, body } = given as Timeouts
  return { total, connect, headers, body: body ?? (given.total === undefined ? base.body : total) }
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_DELAY
}
