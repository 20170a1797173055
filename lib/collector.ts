import { TransportError } from './errors'

/** The largest answer that is kept in memory, in bytes, unless `maxResponseSize` says otherwise. */
export const LARGEST = 128 * 1024 * 1024
/** So much of a failure tells enough: a gateway's page of errors can go on for ever. */
const LARGEST_FAILURE = 1024 * 1024

/** What helps with an answer that is too large … */
const REMEDY = 'take it with stream or sink, or raise maxResponseSize'
/** … and with one that is signed. */
export const REMEDY_WHEN_HELD =
  'raise maxResponseSize; with stream or sink, too, it is held back until it is judged'

/** The body of an answer while it comes in. */
export class Collector {
  /** Bytes that the body may have, unpacked or not. */
  readonly limit: number
  /** What to do about a success that has more. */
  readonly remedy: string
  readonly #chunks: Buffer[] = []
  readonly #success: boolean
  #size = 0

  /**
   * @param status that of the answer
   * @param largest bytes that a success may have
   */
  constructor(status: number, largest: number, remedy = REMEDY) {
    this.remedy = remedy
    this.#success = status < 300
    this.limit = this.#success ? largest : Math.min(largest, LARGEST_FAILURE)
  }

  /**
   * Takes a piece; of a failure that is too long, the rest is left out.
   * @throws TransportError (`ERR_TOO_LARGE`) for a success that is too long
   */
  add(chunk: Buffer): void {
    if (this.#size < this.limit) this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > this.limit && this.#success) throw tooLarge(this.limit, this.remedy)
  }

  get body(): Buffer {
    const [only] = this.#chunks
    return this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks)
  }
}

export function tooLarge(limit: number, remedy: string, cause?: unknown): TransportError {
  const problem = `the answer is larger than ${limit} bytes: ${remedy}`
  return new TransportError(problem, { code: 'ERR_TOO_LARGE', delivery: 'delivered', cause })
}

/** Takes a piece of an answer off its connection, and ends that when it is too much. */
export function collect(
  collector: Collector,
  chunk: Buffer,
  controller: { abort(reason: Error): void },
): void {
  try {
    collector.add(chunk)
  } catch (error) {
    controller.abort(error as Error)
  }
}
