import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import type { ResolvedConfig } from '../config'
import { asWechatpayError, RequestError, TransportError, WechatpayError } from '../errors'
import { Formatter } from '../formatter'
import {
  CONTEXT,
  type Controller,
  DetachedController,
  type Dispatch,
  type Handler,
  type Interceptor,
  type Options,
  PassingHandler,
  type ResponseHeaders,
} from '../handler'
import { flatHeaders, type UndiciHeaders } from '../headers'
import { trustedOrigin } from '../hosts'
import { type Upload, uploadOf } from '../media-upload'
import { encodeQuery } from '../query'
import { userAgent } from '../user-agent'
import { type SigningJob, signQueue } from './sign-queue'

/**
 * Signs each request at the moment it is dispatched, so that every attempt has its own time and nonce, over the exact
 * bytes that go on the wire (official 4012365336, 4012365344).
 *
 * Adds what the protocol wants of every call: `Authorization`, a `User-Agent`, and `Wechatpay-Serial` with the id of
 * the configured public key (official 4012154180).
 */
export function signer(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    new Signing(dispatch, options, handler, config).begin()
    return true
  }
}

type Bytes = string | Buffer | null | undefined
type Body = Bytes | Readable

/**
 * One request from before it is signed until it is settled: counts among the calls in flight for that long, and knows how to
 * fail before there is a connection. All in one object, since there is one for every request.
 */
class Signing extends PassingHandler implements SigningJob {
  readonly #dispatch: Dispatch
  readonly #options: Options
  readonly #config: ResolvedConfig
  #counts = true
  #givenUp: AbortController | undefined
  #headers: readonly string[] = []
  #body: Body
  #timestamp = ''
  #nonce = ''
  message: Buffer | undefined

  constructor(dispatch: Dispatch, options: Options, next: Handler, config: ResolvedConfig) {
    super(next)
    this.#dispatch = dispatch
    this.#config = config
    const context = options[CONTEXT]
    // The client's own calls are complete.
    this.#options = context ? options : { ...options }
    if (context) context.sending = this
    signQueue.enter()
  }

  begin(): void {
    try {
      const { body } = this.#options
      const upload = uploadOf(body)
      this.#headers = this.#options[CONTEXT]
        ? (this.#options.headers as readonly string[])
        : ready(this.#options, this.#config)
      const pending = upload ? this.#upload(upload) : isStream(body) ? this.#stream(body) : undefined
      if (pending) pending.catch((error: unknown) => this.#fail(asWechatpayError(error)))
      else this.#authorize(bytes(body))
    } catch (error) {
      this.#fail(asWechatpayError(error))
    }
  }

  /** A call given up waits for no stream and no remote signer, and is no longer counted. */
  abandon(): void {
    this.#leave()
    const { body } = this.#options
    if (body instanceof Readable) body.destroy()
    this.#givenUp?.abort()
  }

  /** Of an upload only the part `meta` is signed (official), so that the file need not be held. */
  async #upload(upload: Upload): Promise<void> {
    this.#givenUp = new AbortController()
    const sealed = await upload.seal(this.#givenUp.signal)
    const { length, body } = upload.v3Form(sealed, this.#config.dispatcher === undefined)
    this.#headers = [...this.#headers, 'Content-Length', String(length)]
    this.#authorize(body, upload.signed(sealed))
  }

  async #stream(stream: AsyncIterable<Uint8Array | string>): Promise<void> {
    this.#authorize(await collect(stream))
  }

  /** @param signed what is signed in place of a body that is not bytes */
  #authorize(body: Body, signed: Bytes = body as Bytes): void {
    const { method, path } = this.#options
    const { signer } = this.#config
    this.#body = body
    this.#timestamp = String(Formatter.timestamp())
    this.#nonce = Formatter.nonce()
    const head = `${method}\n${path}\n${this.#timestamp}\n${this.#nonce}\n`
    const context = this.#options[CONTEXT]
    if (context) context.signed = { head, body: signed }
    if ('key' in signer) {
      this.message = messageOf(head, signed)
      signQueue.sign(this, signer.key)
      return
    }
    if (Buffer.isBuffer(signed) && !isUtf8(signed)) {
      throw new RequestError('body', 'a remote signer signs text: the body must be UTF-8')
    }
    askRemote(signer.remote, `${head}${signed ?? ''}\n`).then(
      (signature) => this.done(null, signature),
      (error: Error) => this.done(error, ''),
    )
  }

  done(error: Error | null, signature: string): void {
    this.message = undefined
    // It was given up while it waited for its signature.
    if (!this.#counts) return
    if (error) {
      this.#fail(asWechatpayError(error))
      return
    }
    const value = `${this.#config.authorization},timestamp="${this.#timestamp}",nonce_str="${this.#nonce}",signature="${signature}"`
    this.#options.headers = this.#headers.concat('Authorization', value)
    this.#options.body = this.#body ?? null
    try {
      this.#dispatch(this.#options, this)
    } catch (failure) {
      // undici reports to the handler what it finds wrong; a dispatcher of the user's own may throw.
      this.#fail(failure instanceof WechatpayError ? failure : dispatchFailed(failure))
    }
  }

  override onRequestUpgrade(...args: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.#leave()
    super.onRequestUpgrade(...args)
  }

  override onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    this.#leave()
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#leave()
    super.onResponseError(controller, error)
  }

  #fail(error: Error): void {
    this.onResponseError(new DetachedController(), error)
  }

  /** Once is enough. */
  #leave(): void {
    if (this.#counts) signQueue.leave()
    this.#counts = false
  }
}

function dispatchFailed(cause: unknown): TransportError {
  return new TransportError('the dispatcher failed; whether it has sent the request is unknown', {
    code: 'ERR_NETWORK',
    delivery: 'unknown',
    cause,
  })
}

/** Checks where the signature would go and folds `query` into the path: what is signed is what is sent. */
function ready(options: Options, config: ResolvedConfig): readonly string[] {
  options.origin = trustedOrigin(options.origin, config.baseUri.origin, 'origin')
  if (!options.path.startsWith('/'))
    throw new RequestError('path', 'expected a path that begins with a slash')
  const added = encodeQuery(options.query)
  if (added) options.path += (options.path.includes('?') ? '&' : '?') + added
  delete options.query
  const defaults = { 'User-Agent': userAgent(), 'Wechatpay-Serial': config.publicKeyId }
  return flatHeaders(options.headers as UndiciHeaders, defaults, ['authorization'])
}

function messageOf(head: string, body: Bytes): Buffer {
  return typeof body === 'string' || !body
    ? Buffer.from(`${head}${body ?? ''}\n`)
    : Buffer.concat([Buffer.from(head), body, Buffer.from('\n')])
}

async function askRemote(remote: { sign(message: string): unknown }, message: string): Promise<string> {
  let signature: unknown
  try {
    signature = await remote.sign(message)
  } catch (error) {
    throw signerFailed('failed; nothing was sent', error)
  }
  // It stands between quotes in a header: anything but base64 would also be a way to write into it.
  if (typeof signature !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) {
    throw signerFailed('did not give base64 text; nothing was sent')
  }
  return signature
}

function signerFailed(problem: string, cause?: unknown): TransportError {
  return new TransportError(`privateKey.sign() ${problem}`, {
    code: 'ERR_SIGNER',
    delivery: 'not-sent',
    cause,
  })
}

function bytes(body: unknown): Bytes {
  if (body === null || body === undefined || typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  throw new RequestError('body', 'expected a string, a Buffer or a stream')
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** A stream is sent whole: its bytes are signed, so they must be known before the first one goes out. */
async function collect(stream: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    throw new RequestError('body', 'the stream failed before it was read to its end; nothing was sent', error)
  }
}
