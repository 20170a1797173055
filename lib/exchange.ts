import { Readable } from 'node:stream'
import { onceAborted } from './abort'
import { Collector } from './collector'
import { decodeStream, quiet } from './decode'
import { consequenceOf, ofCall, TransportError, WechatpayError } from './errors'
import type { CallContext, Controller, Handler, Verdict } from './handler'
import type { Request } from './request'
import { type RawHeaders, Response } from './response'
import { writeTo } from './sink'
import { unpack } from './unpack'
import { toResponse as toV2Response } from './v2/outcome'
import { toResponse as toV3Response } from './v3/outcome'
import type { SignedMessage } from './v3/sign-error'

const EMPTY = Buffer.alloc(0)
/** Bytes that wait for a slow reader: at each pause undici copies all that its socket holds. */
const AHEAD = 256 * 1024
/** Failures from before there was a connection, whoever reports them. */
const UNCONNECTED =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_CLOSED|UND_ERR_DESTROYED|UND_MOCK_ERR_MOCK_NOT_MATCHED|\w*CERT\w*|ERR_TLS_\w+)$/

/** What undici says of a proxy that makes no tunnel. */
const TUNNEL = /^Proxy response \((\d{3})\)/

/**
 * One request and its answer: the handler that undici reports to, the call's clock and the caller's signal. It settles
 * once, by whatever comes first; whatever is still under way then is cut off.
 */
export class Exchange implements Handler, CallContext {
  readonly response: Promise<Response>
  /** Filled in by the verifier before the answer arrives here. */
  readonly verdict: Verdict = { verified: false, data: undefined }
  signed: CallContext['signed']
  sending: CallContext['sending']
  readonly #request: Request
  readonly #origin: string
  /** Is the dispatcher the caller's, of which nobody knows what it has told us? */
  readonly #foreign: boolean
  readonly #onAbort = (): void =>
    this.#fail(this.#failure('ERR_ABORTED', 'aborted', this.#request.signal?.reason))
  #resolve!: (response: Response) => void
  #reject!: (error: Error) => void
  #timer: NodeJS.Timeout | undefined
  #controller: Controller | undefined
  #handedOver = false
  #started = false
  #failed: Error | undefined
  #status = 0
  #headers: RawHeaders = {}
  #collector: Collector | undefined
  #body: Readable | undefined
  /** Bytes of the body that are still to come; 0 when only the end of the connection will tell. */
  #left = 0
  #writing = false

  /**
   * @param origin where it goes: the request's own host, or the one that stands in for it
   * @param limit milliseconds until it is given up; 0 for no limit
   */
  constructor(request: Request, origin: string, limit: number, foreign: boolean) {
    this.#request = request
    this.#origin = origin
    this.#foreign = foreign
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal } = request
    if (signal?.aborted) {
      this.#onAbort()
      return
    }
    if (signal) onceAborted(signal, this.#onAbort)
    if (limit > 0) {
      this.#timer = setTimeout(expire, limit, this)
    }
  }

  /** No answer has come in time. */
  expire(): void {
    this.#fail(this.#failure('ERR_TIMEOUT', `no answer within ${this.#request.timeout} ms`))
  }

  /** Has the caller's stream or file had some of the answer? */
  get begun(): boolean {
    return this.#body !== undefined
  }

  /** Gives it up, for another host, while it waits for a connection. @param repeatable may it be done twice? */
  divert(repeatable: boolean): void {
    if (this.#started || this.#failed) return
    const error = this.#failure('ERR_UNREACHED', 'no connection')
    if (repeatable || error.delivery === 'not-sent') this.#fail(error)
  }

  /** Was it given up before it was dispatched? */
  get failed(): boolean {
    return this.#failed !== undefined
  }

  get label(): string {
    return this.#request.label
  }

  get fields(): unknown {
    return this.#request.fields
  }

  get nonceless(): boolean {
    return this.#request.nonceless
  }

  /** From here on a dispatcher has the request. */
  handOver(): void {
    this.#handedOver = true
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#failed) controller.abort(this.#failed)
    else this.#started = true
  }

  onResponseStart(controller: Controller, status: number, headers: RawHeaders): void {
    if (status < 200 || this.#failed) return
    // What a verifier held back no longer hangs on its connection.
    this.#controller = controller
    this.#collector = new Collector(status, this.#request.maxResponseSize)
    this.#status = status
    this.#headers = headers
    const { stream, sink } = this.#request
    if (status < 300 && (stream || sink !== undefined)) this.#handOut()
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#failed) return
    if (this.#body) {
      this.#left -= chunk.length
      // A connection that ends while it is paused takes the process down (nodejs/undici#5360): never at the end of a body.
      if (!this.#body.push(chunk) && this.#left > 0) controller.pause()
      return
    }
    try {
      this.#collector?.add(chunk)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  onResponseEnd(): void {
    if (this.#failed) return
    if (this.#body) {
      this.#body.push(null)
      return
    }
    try {
      this.#succeed(this.#toResponse(unpack(this.#status, this.#headers, this.#collector)))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  onResponseError(_: Controller | undefined, error: Error): void {
    if (error instanceof WechatpayError) {
      this.#fail(error)
      return
    }
    const { code } = error as NodeJS.ErrnoException
    // It quotes what came in, which may be someone's data.
    if (error.name === 'HTTPParserError') Object.assign(error, { data: undefined })
    this.#fail(this.#failure(code ?? 'ERR_NETWORK', problemOf(error), error))
  }

  /** Gives the body out, or writes it, while it comes in. From here on only its own silence ends it. */
  #handOut(): void {
    clearTimeout(this.#timer)
    const { 'content-length': length, 'transfer-encoding': chunked } = this.#headers
    this.#left = chunked === undefined ? Number(length ?? 0) : Number.POSITIVE_INFINITY
    const body = new Readable({
      highWaterMark: AHEAD,
      read: () => this.#controller?.resume(),
      destroy: (error, done) => {
        this.#release()
        // A consumer that wants no more of it need not wait for the rest; after its end there is nothing to abort.
        this.#controller?.abort(error ?? this.#failure('ERR_ABORTED', 'the stream was destroyed'))
        done(error)
      },
    })
    this.#body = quiet(body)
    try {
      this.#consume(decodeStream(this.#headers['content-encoding'], body, this.label))
    } catch (error) {
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
      (error: Error) => this.#reject(ofCall(error, this.label)),
    )
  }

  #toResponse(body: Buffer): Response {
    const request = this.#request
    return request.protocol === 'v2'
      ? toV2Response(request, this.#status, this.#headers, body, this.verdict)
      : toV3Response(request, this.#status, this.#headers, body, this.verdict.verified, () => this.#signed)
  }

  /** What the signer has made of the request. */
  get #signed(): SignedMessage | undefined {
    const { signed } = this
    if (!signed) return undefined
    const { label, method, path } = this.#request
    const { head, body } = signed
    const message = Buffer.concat([Buffer.from(head), Buffer.from(body ?? ''), Buffer.from('\n')])
    return { label, method, path, message }
  }

  #succeed(response: Response): void {
    this.#release()
    this.#resolve(response)
  }

  #fail(error: Error): void {
    this.#release()
    this.#failed ??= ofCall(error, this.label)
    this.#controller?.abort(this.#failed)
    this.#body?.destroy(this.#failed)
    // A sink first takes back what it has written, then rejects with the same error.
    if (!this.#writing) this.#reject(this.#failed)
    this.sending?.abandon()
    this.sending = undefined
  }

  #failure(code: string, problem: string, cause?: unknown): TransportError {
    const { label, reads } = this.#request
    const sent = this.#started || (this.#foreign && this.#handedOver && !UNCONNECTED.test(code))
    const delivery = sent ? 'unknown' : 'not-sent'
    const consequence = sent ? consequenceOf(reads) : 'nothing was sent'
    return new TransportError(`${label}: ${problem} (${this.#origin}); ${consequence}`, {
      code,
      delivery,
      cause,
    })
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

function problemOf({ name, message, code }: NodeJS.ErrnoException): string {
  if (name === 'HTTPParserError') return 'the answer is not HTTP'
  const refused = TUNNEL.exec(message)
  return refused
    ? `the proxy answered ${refused[1]} instead of letting it through`
    : (code ?? 'the connection failed')
}

function expire(exchange: Exchange): void {
  exchange.expire()
}
