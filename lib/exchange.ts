import { setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import { decodeBody, decodeStream } from './decode'
import { TransportError, WechatpayError } from './errors'
import type { Controller, Handler, Verdict } from './handler'
import type { Request } from './request'
import { type RawHeaders, Response } from './response'
import { writeTo } from './sink'
import { toResponse as toV2Response } from './v2/outcome'
import { toResponse as toV3Response } from './v3/outcome'

const EMPTY = Buffer.alloc(0)

/**
 * One request and its answer: the handler that undici reports to, the call's clock and the caller's signal. It settles
 * once, by whatever comes first; whatever is still under way then is cut off.
 */
export class Exchange implements Handler {
  readonly response: Promise<Response>
  /** Filled in by the verifier before the answer arrives here. */
  readonly verdict: Verdict = { verified: false }
  readonly #request: Request
  readonly #chunks: Buffer[] = []
  readonly #onAbort = (): void =>
    this.#fail(this.#failure('ERR_ABORTED', 'aborted', this.#request.signal?.reason))
  #resolve!: (response: Response) => void
  #reject!: (error: Error) => void
  #timer: NodeJS.Timeout | undefined
  #controller: Controller | undefined
  #started = false
  #failed: Error | undefined
  #status = 0
  #headers: RawHeaders = {}
  #body: Readable | undefined
  #writing = false

  constructor(request: Request) {
    this.#request = request
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal, timeout } = request
    if (timeout > 0) {
      const expire = () => this.#fail(this.#failure('ERR_TIMEOUT', `no answer within ${timeout} ms`))
      this.#timer = setTimeout(expire, timeout)
    }
    if (signal?.aborted) this.#onAbort()
    else if (signal) listen(signal, this.#onAbort)
  }

  /** Was it given up before it was dispatched? */
  get failed(): boolean {
    return this.#failed !== undefined
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#failed) controller.abort(this.#failed)
    else this.#started = true
  }

  onResponseStart(_: Controller, status: number, headers: RawHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    const { stream, sink } = this.#request
    if (status < 300 && (stream || sink !== undefined)) this.#handOut()
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#body) this.#chunks.push(chunk)
    else if (!this.#body.push(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#body) {
      this.#body.push(null)
      return
    }
    try {
      const body = decodeBody(this.#headers['content-encoding'], Buffer.concat(this.#chunks))
      this.#succeed(this.#toResponse(body))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  onResponseError(_: Controller, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code
    const known = error instanceof WechatpayError
    this.#fail(known ? error : this.#failure(code ?? 'ERR_NETWORK', code ?? 'the connection failed', error))
  }

  /** Gives the body out, or writes it, while it comes in. From here on only its own silence ends it. */
  #handOut(): void {
    clearTimeout(this.#timer)
    const body = new Readable({
      read: () => this.#controller?.resume(),
      destroy: (error, done) => {
        this.#release()
        // A consumer that wants no more of it need not wait for the rest; after its end there is nothing to abort.
        this.#controller?.abort(error ?? this.#failure('ERR_ABORTED', 'the stream was destroyed'))
        done(error)
      },
    })
    this.#body = body
    try {
      this.#consume(decodeStream(this.#headers['content-encoding'], body))
    } catch (error) {
      // Nobody has the stream yet who could hear of it.
      body.on('error', () => {})
      this.#fail(error as Error)
    }
  }

  #consume(data: Readable): void {
    const { sink } = this.#request
    const response = (given?: Readable) =>
      new Response(this.#status, this.#headers, EMPTY, this.verdict.verified, given)
    if (sink === undefined) {
      this.#resolve(response(data))
      return
    }
    this.#writing = true
    writeTo(sink, data).then(
      () => this.#resolve(response()),
      (error: Error) => this.#reject(error),
    )
  }

  #toResponse(body: Buffer): Response {
    const { protocol, label, path } = this.#request
    return protocol === 'v2'
      ? toV2Response(label, path, this.#status, this.#headers, body, this.verdict)
      : toV3Response(label, this.#status, this.#headers, body, this.verdict.verified)
  }

  #succeed(response: Response): void {
    this.#release()
    this.#resolve(response)
  }

  #fail(error: Error): void {
    this.#release()
    this.#failed ??= error
    this.#controller?.abort(this.#failed)
    this.#body?.destroy(this.#failed)
    // A sink first takes back what it has written, then rejects with the same error.
    if (!this.#writing) this.#reject(this.#failed)
  }

  #failure(code: string, problem: string, cause?: unknown): TransportError {
    const { label, origin } = this.#request
    const delivery = this.#started ? 'unknown' : 'not-sent'
    const consequence = this.#started
      ? 'whether the platform has acted is unknown: query, or repeat with the same numbers'
      : 'nothing was sent'
    return new TransportError(`${label}: ${problem} (${origin}); ${consequence}`, { code, delivery, cause })
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

/** One signal may well end many calls at once (a server that shuts down): that is no leak to be warned of. */
function listen(signal: AbortSignal, onAbort: () => void): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // A signal of someone's own making counts its listeners itself.
  }
  signal.addEventListener('abort', onAbort, { once: true })
}
