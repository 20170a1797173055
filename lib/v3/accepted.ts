import { pathOf } from '../path'

/** Electronic invoices are made later: 202 is their documented answer. Any other 202 asks to try again (official 4012081717). */
const ACCEPTED =
  /^\/v3\/new-tax-control-fapiao\/fapiao-applications(?:\/(?:issue-(?:general|passenger-transport|refined-oil)|real-estate-leasing|[^/]+\/(?:insert-cards|reverse)))?$/

/** @param target path and query as sent */
export function isAccepted(method: string, target: string): boolean {
  return method === 'POST' && ACCEPTED.test(pathOf(target))
}
