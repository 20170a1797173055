import type { Delivery } from './errors'

/** Answers after which nobody knows what has become of the call: the platform's own words for it. */
const UNDECIDED: ReadonlySet<string> = new Set([
  // APIv2, and what APIv3 calls them.
  'SYSTEMERROR',
  'SYSTEM_ERROR',
  'USERPAYING',
  'USER_PAYING',
  'BANKERROR',
  'BANK_ERROR',
  // Red packets: accepted, and under way.
  'PROCESSING',
])

/**
 * What an answer that tells of a failure leaves known. A write that was throttled (429) or ran into an error of the platform
 * or of a gateway before it (5xx) may have been carried out all the same (official 4012081717, global 4012354972); of what
 * only reads there is nothing to be carried out.
 *
 * @param reads does the call change nothing?
 */
export function deliveryOf(reads: boolean, status: number, code: string): Delivery {
  const undecided = UNDECIDED.has(code) || status === 429 || status >= 500
  return undecided && !reads ? 'unknown' : 'delivered'
}
