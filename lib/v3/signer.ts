import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import type { ResolvedConfig, Signer } from '../config'
import { asWechatpayError, RequestError, TransportError, WechatpayError } from '../errors'
import { Formatter } from '../formatter'
import {
  ABANDONED,
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
import { signQueue } from './sign-queue'

/**
 * Signs each request at the moment it is dispatched, so that every attempt has its own time and nonce, over the exact
 * bytes that go on the wire (official 4012365336, 4012365344).
 *
 * Adds what the protocol wants of every call: `Authorization`, a `User-Agent`, and `Wechatpay-Serial` with the id of
 * the configured public key (official 4012154180).
 */
export function signer(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    const leave = signQueue.enter()
    const guarded = new CountedHandler(handler, leave)
    const upload = uploadOf(options.body)
    const givenUp = upload && new AbortController()
    // A call given up waits for no stream and no remote signer, and is no longer counted.
    const abandoned = (options as Options)[ABANDONED]
    abandoned?.(() => {
      leave()
      if (options.body instanceof Readable) options.body.destroy()
      givenUp?.abort()
    })
    try {
      const request = readied(options, config)
      // The two awaits that most calls do without would cost as much as the rest of this function.
      const pending = upload
        ? authorizeUpload(request, config, upload, givenUp?.signal)
        : authorizeBody(request, config)
      if (!(pending instanceof Promise)) return send(dispatch, pending, guarded)
      pending.then(
        (signed) => send(dispatch, signed, guarded),
        (error: unknown) => guarded.fail(asWechatpayError(error)),
      )
    } catch (error) {
      guarded.fail(asWechatpayError(error))
    }
    return true
  }
}

/** Leaves the queue's count on every way out, and knows how to fail before there is a connection. */
class CountedHandler extends PassingHandler {
  readonly #leave: () => void

  constructor(next: Handler, leave: () => void) {
    super(next)
    this.#leave = leave
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

  fail(error: Error): void {
    this.onResponseError(new DetachedController(), error)
  }
}

type Bytes = string | Buffer | null | undefined
type Body = Bytes | Readable
interface Ready<B> extends Omit<Options, 'body' | 'headers'> {
  readonly headers: string[]
  readonly body: B
}

function send(dispatch: Dispatch, options: Ready<Body>, handler: CountedHandler): boolean {
  try {
    return dispatch(options as Options, handler)
  } catch (error) {
    // undici reports to the handler what it finds wrong; a dispatcher of the user's own may throw.
    handler.fail(error instanceof WechatpayError ? error : dispatchFailed(error))
    return true
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
function readied(options: Options, config: ResolvedConfig): Ready<unknown> {
  const { query, ...rest } = options
  const origin = trustedOrigin(rest.origin, config.baseUri.origin, 'origin')
  let { path } = rest
  if (!path.startsWith('/')) throw new RequestError('path', 'expected a path that begins with a slash')
  const added = encodeQuery(query)
  if (added) path += (path.includes('?') ? '&' : '?') + added
  const defaults = { 'User-Agent': userAgent(), 'Wechatpay-Serial': config.publicKeyId }
  const headers = flatHeaders(rest.headers as UndiciHeaders, defaults, ['authorization'])
  return { ...rest, origin, path, headers, body: rest.body ?? null }
}

function authorizeBody(request: Ready<unknown>, config: ResolvedConfig): Ready<Body> | Promise<Ready<Body>> {
  const given = request.body
  if (isStream(given)) return collect(given).then((body) => authorize(request, config, body, body))
  const body = bytes(given)
  return authorize(request, config, body, body)
}

/** Of an upload only the part `meta` is signed (official), so that the file need not be held. */
async function authorizeUpload(
  request: Ready<unknown>,
  config: ResolvedConfig,
  upload: Upload,
  signal: AbortSignal | undefined,
): Promise<Ready<Body>> {
  const sealed = await upload.seal(signal)
  const { length, body } = upload.v3Form(sealed, config.dispatcher === undefined)
  const headers = [...request.headers, 'Content-Length', String(length)]
  return authorize({ ...request, headers }, config, body, upload.signed(sealed))
}

function authorize(
  request: Ready<unknown>,
  config: ResolvedConfig,
  body: Body,
  signedBody: Bytes,
): Ready<Body> | Promise<Ready<Body>> {
  const timestamp = String(Formatter.timestamp())
  const nonce = Formatter.nonce()
  const signed = (signature: string): Ready<Body> => {
    const value = `${config.authorization},timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature}"`
    return { ...request, body, headers: [...request.headers, 'Authorization', value] }
  }
  const head = `${request.method}\n${request.path}\n${timestamp}\n${nonce}\n`
  const signature = sign(config.signer, head, signedBody)
  return typeof signature === 'string' ? signed(signature) : signature.then(signed)
}

function sign(signer: Signer, head: string, body: Bytes): string | Promise<string> {
  if ('key' in signer) {
    const message =
      typeof body === 'string' || !body
        ? Buffer.from(`${head}${body ?? ''}\n`)
        : Buffer.concat([Buffer.from(head), body, Buffer.from('\n')])
    return signQueue.sign(message, signer.key)
  }
  if (Buffer.isBuffer(body) && !isUtf8(body)) {
    throw new RequestError('body', 'a remote signer signs text: the body must be UTF-8')
  }
  return askRemote(signer.remote, `${head}${body ?? ''}\n`)
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
