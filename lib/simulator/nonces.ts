import { createHash } from 'node:crypto'

const BUCKETS = 0x1_00_00
const WAYS = 4

/**
 * Remembers which nonces were used within a period, in memory of a fixed size (4 MiB, outside the JavaScript heap):
 * a table of fingerprints in buckets of four, the oldest of a full bucket giving way. Up to some 50,000 nonces in
 * one period practically none is forgotten too early; the chance that a fresh one is taken for a used one is 1 in
 * 10⁹ by then.
 */
export class Nonces {
  readonly #period: number
  readonly #prints = new Float64Array(BUCKETS * WAYS)
  readonly #until = new Float64Array(BUCKETS * WAYS)

  /** @param period how long a nonce is remembered, in milliseconds */
  constructor(period: number) {
    this.#period = period
  }

  /** Marks a nonce as used; `false` when it already was within the period before `now` (milliseconds) */
  use(nonce: string, now: number): boolean {
    const digest = createHash('sha256').update(nonce).digest()
    const print = digest.readUIntBE(0, 6) + 1
    const start = digest.readUInt16BE(6) * WAYS
    let oldest = start
    for (let slot = start; slot < start + WAYS; slot++) {
      const until = this.#until[slot] as number
      if (this.#prints[slot] === print && until >= now) return false
      if (until < (this.#until[oldest] as number)) oldest = slot
    }
    this.#prints[oldest] = print
    this.#until[oldest] = now + this.#period
    return true
  }
}
