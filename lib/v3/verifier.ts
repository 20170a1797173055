import { createHash, timingSafeEqual } from 'node:crypto'
import { carriedKeys, carriesKeys } from '../certificates'
import { blameClock } from '../clock'
import { Collector, collect, REMEDY_WHEN_HELD } from '../collector'
import type { ResolvedConfig } from '../config'
import { VerificationError } from '../errors'
import { Formatter } from '../formatter'
import {
  CONTEXT,
  type Controller,
  DetachedController,
  type Handler,
  type Interceptor,
  type Options,
  PassingHandler,
  type ResponseHeaders,
  type Verdict,
} from '../handler'
import type { PlatformKey, PlatformKeys } from '../platform-keys'
import { Response } from '../response'
import { unpack } from '../unpack'
import {
  checkEnvelope,
  checkSignature,
  Doubt,
  doubtful,
  type Envelope,
  judge,
  readEnvelope,
  signedBytes,
} from './envelope'
import { isStatement, isUnsigned } from './unsigned'

/**
 * Holds every answer back until its signature is verified (official 4013059030): nothing of a forged one is handed on.
 *
 * A 2xx must be signed, unless its address is known to answer unsigned. Failures are passed on either way, since those
 * from before authentication carry no signature; whether theirs was valid is told by the verdict.
 */
export function verifier(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    return dispatch(options, new VerifyingHandler(handler, options, config))
  }
}

class VerifyingHandler extends PassingHandler {
  readonly #path: string
  readonly #verdict: Verdict
  readonly #config: ResolvedConfig
  #status = 0
  #headers: ResponseHeaders = {}
  #message: string | undefined
  #passing = false
  #collector: Collector | undefined

  constructor(next: Handler, options: Options, config: ResolvedConfig) {
    super(next)
    this.#path = options.path
    this.#verdict = options[CONTEXT]?.verdict ?? { verified: false }
    this.#config = config
  }

  override onResponseStart(
    controller: Controller,
    status: number,
    headers: ResponseHeaders,
    message?: string,
  ): void {
    this.#passing = status < 200 || (status < 300 && isUnsigned(this.#path))
    if (this.#passing) {
      super.onResponseStart(controller, status, headers, message)
      return
    }
    this.#status = status
    this.#headers = headers
    this.#message = message
    this.#collector = new Collector(status, this.#config.maxResponseSize, REMEDY_WHEN_HELD)
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#passing) super.onResponseData(controller, chunk)
    else if (this.#collector) collect(this.#collector, chunk, controller)
  }

  override onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#passing) super.onResponseEnd(controller, trailers)
    else this.#conclude(new DetachedController(), trailers)
  }

  #conclude(detached: DetachedController, trailers: ResponseHeaders): void {
    try {
      const body = unpack(this.#status, this.#headers, this.#collector)
      if (this.#headers['content-encoding'] !== undefined) {
        const { 'content-encoding': _, 'content-length': __, ...rest } = this.#headers
        this.#headers = rest
      }
      const doubt = examine(this.#path, this.#headers, body, keysFor(this.#path, body, this.#config))
      if (doubt instanceof Promise) {
        doubt
          .then((found) => this.#settle(detached, body, trailers, found))
          .catch((error: Error) => super.onResponseError(detached, error))
      } else {
        this.#settle(detached, body, trailers, doubt)
      }
    } catch (error) {
      super.onResponseError(detached, error as Error)
    }
  }

  #settle(
    controller: DetachedController,
    body: Buffer,
    trailers: ResponseHeaders,
    doubt: Doubt | undefined,
  ): void {
    this.#verdict.verified = doubt === undefined
    if (doubt !== undefined && this.#status < 300) {
      const response = new Response(this.#status, this.#headers, body, false)
      super.onResponseError(controller, refusal(doubt, response, this.#headers))
      return
    }
    super.onResponseStart(controller, this.#status, this.#headers, this.#message)
    if (!controller.aborted && body.length > 0) super.onResponseData(controller, body)
    if (controller.reason) super.onResponseError(controller, controller.reason)
    else super.onResponseEnd(controller, trailers)
  }
}

/** The certificates vouch for themselves: who knows the APIv3 key has encrypted them (official 4012068820). */
function keysFor(path: string, body: Buffer, { keys, apiv3Keys }: ResolvedConfig): PlatformKeys {
  if (apiv3Keys.length === 0 || !carriesKeys(path)) return keys
  const known = keys.known()
  const only = (all: readonly PlatformKey[], failure?: unknown): PlatformKeys => ({
    find: (id) => all.find((key) => key.id === id),
    known: () => all,
    failure,
  })
  // Here nobody may be asked for more keys: this is the answer to that question.
  try {
    return only([...known, ...carriedKeys(JSON.parse(body.toString()), apiv3Keys)])
  } catch (error) {
    return only(known, error)
  }
}

/** @returns what is doubtful about an answer; `undefined` when it is proven to be WeChat Pay's */
function examine(...answer: Parameters<typeof verify>): Doubt | undefined | Promise<Doubt | undefined> {
  try {
    const verified = verify(...answer)
    return verified instanceof Promise ? verified.then(judge, doubtful) : judge(verified)
  } catch (error) {
    return doubtful(error)
  }
}

function verify(
  path: string,
  headers: ResponseHeaders,
  body: Buffer,
  keys: PlatformKeys,
): boolean | Promise<boolean> {
  const envelope = readEnvelope((name) => first(headers[name]))
  checkEnvelope(envelope)
  const message = isStatement(path) ? statementBytes(envelope, headers, body) : signedBytes(envelope, body)
  return checkSignature(envelope, message, keys)
}

function statementBytes({ timestamp, nonce }: Envelope, headers: ResponseHeaders, body: Buffer): Buffer {
  const sha1 = first(headers['wechatpay-statement-sha1'])
  if (!sha1) throw new Doubt('headers', 'it has no wechatpay-statement-sha1 header')
  const expected = Buffer.from(sha1.toLowerCase())
  const actual = Buffer.from(createHash('sha1').update(body).digest('hex'))
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw new Doubt(
      'digest',
      'its SHA-1 is not the one in Wechatpay-Statement-Sha1: it was changed or cut short',
    )
  }
  return Buffer.from(Formatter.response(timestamp, nonce, JSON.stringify({ sha1 })))
}

/** The first of a repeated field counts, as in the PHP SDK. */
const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

function refusal(doubt: Doubt, response: Response, headers: ResponseHeaders): VerificationError {
  const clock = doubt.reason === 'clock' ? clockDoubt(headers) : undefined
  const problem =
    `the answer (HTTP ${response.status}) is not believed: ${clock?.text ?? doubt.message}. ` +
    'If this was a write, the platform may have carried it out: query it.'
  const error = new VerificationError(doubt.reason, problem, response, doubt.cause)
  return clock?.skew === undefined ? error : Object.assign(error, { skew: clock.skew })
}

/** Whose clock is wrong: the `Date` of the same answer tells. */
function clockDoubt(headers: ResponseHeaders): ReturnType<typeof blameClock> {
  const signed = Number(first(headers['wechatpay-timestamp']))
  const age = Formatter.timestamp() - signed
  const { text, skew } = blameClock(signed, first(headers.date))
  return {
    text: `it was signed ${Math.abs(age)} s ${age > 0 ? 'ago' : 'in the future'} by this machine's clock: ${text}`,
    skew,
  }
}
