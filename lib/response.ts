import { inspect } from 'node:util'

/** Header fields by their lower-case names. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

/** What WeChat Pay answered. */
export class Response<T = unknown> {
  readonly status: number
  /** Parsed JSON; `undefined` for an empty body; a `Buffer` for anything else; a `Readable` with `stream: true`. */
  readonly data: T
  /** The bytes of the body, unpacked; empty with `stream` and `sink`. */
  readonly body: Buffer
  /** Did the answer carry a valid signature? `false` for a 2xx only where the platform does not sign (downloads). */
  readonly verified: boolean
  readonly #raw: RawHeaders
  #headers: Headers | undefined

  constructor(status: number, headers: RawHeaders, body: Buffer, verified: boolean, data?: T) {
    this.status = status
    this.#raw = headers
    this.body = body
    this.verified = verified
    this.data = data as T
  }

  /** The header fields. */
  get headers(): Headers {
    // Made when asked for: most callers never look.
    if (this.#headers === undefined) {
      this.#headers = new Headers()
      for (const [name, value = []] of Object.entries(this.#raw)) {
        for (const item of Array.isArray(value) ? value : [value]) this.#headers.append(name, bytes(item))
      }
    }
    return this.#headers
  }

  /** `Request-ID`: what WeChat Pay's support asks for. */
  get requestId(): string | undefined {
    const value = this.#raw['request-id']
    return Array.isArray(value) ? value[0] : value
  }

  toJSON(): Record<string, unknown> {
    const { status, requestId, verified, data } = this
    return { status, requestId, verified, data }
  }

  [inspect.custom](): unknown {
    return this.toJSON()
  }
}

/** A value as fetch has it, a character for each byte: some dispatchers read the bytes as UTF-8. What none can hold is a blank. */
function bytes(value: string): string {
  const text = /[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value
  return text.replace(/[\0\r\n]/g, ' ')
}
