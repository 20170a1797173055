import type { Effect } from './fault-effects'
import type { Outcome } from './reply'

/** A request as its protocol judged it */
export interface Visit {
  readonly version: 'v2' | 'v3'
  readonly verified: boolean
  /** what the request's signature had to cover, once that could be read */
  readonly message?: string
  /** carries the operation out and answers, signed as the faults have it */
  answer(effects: readonly Effect[]): Promise<Outcome>
}
