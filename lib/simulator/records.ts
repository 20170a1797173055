import type { IncomingHttpHeaders } from 'node:http'

const MAX_BYTES = 16 * 1024 * 1024

/** A request that came in, and how it was judged */
export interface RecordedRequest {
  readonly method: string
  /** path and query exactly as sent */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** the answer's status; 0 when there was no answer */
  readonly status: number
  /** whether the request was the merchant's: scheme, merchant, serial, clock, nonce and signature; APIv2: its `sign` */
  readonly verified: boolean
  /** the string that had to be signed, in APIv2 without the key; absent when the request could not be read */
  readonly message?: string
  /** the platform's error code, when the answer was one */
  readonly code?: string
}

const sizeOf = ({ body, message }: RecordedRequest): number => body.length + (message?.length ?? 0)

/** The latest requests: so many, and at most 16 MiB of bodies */
export class Records {
  readonly #limit: number
  readonly #list: RecordedRequest[] = []
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Newest last; the list is live */
  get list(): readonly RecordedRequest[] {
    return this.#list
  }

  add(record: RecordedRequest): void {
    this.#list.push(record)
    this.#bytes += sizeOf(record)
    while (this.#list.length > this.#limit || (this.#bytes > MAX_BYTES && this.#list.length > 1)) {
      const oldest = this.#list.shift()
      if (oldest) this.#bytes -= sizeOf(oldest)
    }
  }
}
