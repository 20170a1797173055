import { TransportError } from './errors'

/** The largest answer that is kept in memory, in bytes, unless `maxResponseSize` says otherwise. */
export const LARGEST = 128 * 1024 * 1024
/** So much of a failure tells enough: a gateway's page of errors can go on for ever. */
const LARGEST_FAILURE = 1024 * 1024

/** The body of an answer while it comes in. */
export class Collector {
  /** Bytes that the body may have, unpacked or not. */
  readonly limit: number
  readonly #chunks: Buffer[] = []
  readonly #success: boolean
  #size = 0

  /**
   * @param status that of the answer
   * @param largest bytes that a success may have
   */
  constructor(status: number, largest: number) {
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
    if (this.#size > this.limit && this.#success) throw tooLarge(this.limit)
  }

  get body(): Buffer {
    const [only] = this.#chunks
    return this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks)
  }
}

export function tooLarge(limit: number, cause?: unknown): TransportError {
  const problem = `the answer is larger than ${limit} bytes: take it with stream or sink, or raise maxResponseSize`
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
