import type { Delivery } from './errors'
import { isRead } from './v2/reads'

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

const APIV2 = /^v2\//i

/**
 * What an answer that tells of a failure leaves known. A write that was throttled (429) or ran into an error of the platform
 * or of a gateway before it (5xx) may have been carried out all the same (official 4012081717, global 4012354972); of what
 * only reads there is nothing to be carried out.
 *
 * @param label verb and template of the call; a path of APIv2 begins with `v2/`
 */
export function deliveryOf(label: string, status: number, code: string): Delivery {
  const undecided = UNDECIDED.has(code) || status === 429 || status >= 500
  return undecided && !reads(label) ? 'unknown' : 'delivered'
}

function reads(label: string): boolean {
  const end = label.indexOf(' ')
  const verb = label.slice(0, end)
  const path = label.slice(end + 1)
  return APIV2.test(path) ? isRead(verb, path) : verb === 'GET'
}
