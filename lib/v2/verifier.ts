import type { ResolvedConfig } from '../config'
import { Hash } from '../crypto/hash'
import { decodeBody } from '../decode'
import { ApiError, VerificationError } from '../errors'
import { Formatter } from '../formatter'
import {
  type Controller,
  DetachedController,
  type Handler,
  type Interceptor,
  type Options,
  PassingHandler,
  type ResponseHeaders,
  SIGN_TYPE,
  VERDICT,
  type Verdict,
} from '../handler'
import { Response } from '../response'
import { type AnswerKind, answerKind } from './answers'
import { failure, isFailure, parseAnswer } from './failure'

/**
 * Holds every XML answer back until it is judged: `sign` must be valid, unless the endpoint is known to answer without
 * or `return_code` says that the call failed; then `return_code` and `result_code` must be SUCCESS.
 */
export function verifier(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    return dispatch(options, new JudgingHandler(handler, options, config.secret ?? ''))
  }
}

class JudgingHandler extends PassingHandler {
  readonly #label: string
  readonly #kind: AnswerKind
  readonly #signType: string | undefined
  readonly #verdict: Verdict
  readonly #secret: string
  readonly #chunks: Buffer[] = []
  #status = 0
  #headers: ResponseHeaders = {}
  #message: string | undefined
  /** Is the answer passed on as it comes? Undecided until a text has shown its first byte. */
  #passing: boolean | undefined

  constructor(next: Handler, options: Options, secret: string) {
    super(next)
    const [path] = options.path.split('?', 1)
    this.#label = `${options.method} v2${path}`
    this.#kind = answerKind(options.path)
    this.#signType = options[SIGN_TYPE]
    this.#verdict = options[VERDICT] ?? { verified: false }
    this.#secret = secret
  }

  override onResponseStart(
    controller: Controller,
    status: number,
    headers: ResponseHeaders,
    message?: string,
  ): void {
    this.#status = status
    this.#headers = headers
    this.#message = message
    this.#passing = status < 200 || status >= 300 || this.#kind === 'json' || this.#kind === 'redirect'
    if (this.#passing) super.onResponseStart(controller, status, headers, message)
    else if (this.#kind === 'text' && headers['content-encoding'] === undefined) this.#passing = undefined
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    // A bill never begins with the bracket that every failure begins with.
    if (this.#passing === undefined && chunk[0] !== 0x3c) {
      this.#passing = true
      super.onResponseStart(controller, this.#status, this.#headers, this.#message)
    }
    this.#passing ??= false
    if (this.#passing) super.onResponseData(controller, chunk)
    else this.#chunks.push(chunk)
  }

  override onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#passing) super.onResponseEnd(controller, trailers)
    else this.#conclude(new DetachedController(), trailers)
  }

  #conclude(controller: DetachedController, trailers: ResponseHeaders): void {
    try {
      const { 'content-encoding': encoding, ...headers } = this.#headers
      const body = decodeBody(encoding, Buffer.concat(this.#chunks))
      if (encoding !== undefined) delete headers['content-length']
      this.#judge(body, headers)
      super.onResponseStart(controller, this.#status, headers, this.#message)
      if (!controller.aborted && body.length > 0) super.onResponseData(controller, body)
      if (controller.reason) throw controller.reason
      super.onResponseEnd(controller, trailers)
    } catch (error) {
      super.onResponseError(controller, error as Error)
    }
  }

  /** @throws VerificationError or ApiError */
  #judge(body: Buffer, headers: ResponseHeaders): void {
    const answer = parseAnswer(body)
    if (answer === undefined) {
      if (this.#kind === 'text') return
      throw this.#unreadable(new Response(this.#status, headers, body, false))
    }
    const verified = isSigned(answer, this.#secret, this.#signType)
    const { return_code } = answer
    const claimsSuccess = return_code === 'SUCCESS' || typeof return_code !== 'string'
    if (this.#kind === 'signed' && claimsSuccess && !verified) {
      throw refusal(
        'its sign does not belong to its fields and the APIv2 key',
        new Response(this.#status, headers, body, false),
      )
    }
    if (isFailure(answer))
      throw failure(this.#label, new Response(this.#status, headers, body, verified, answer), answer)
    this.#verdict.verified = verified
    this.#verdict.data = answer
  }

  #unreadable(response: Response): Error {
    if (this.#kind === 'signed') return refusal('it is not the XML of an answer', response)
    return new ApiError(
      `${this.#label}: the answer is not XML. The platform has acted: query the result`,
      'INVALID_RESPONSE',
      response,
    )
  }
}

/**
 * Is `sign` that of the fields? Its length tells MD5 from HMAC-SHA256; the weaker is not taken for the stronger that was
 * asked for.
 */
function isSigned(
  answer: Readonly<Record<string, unknown>>,
  secret: string,
  asked: string | undefined,
): boolean {
  const { sign } = answer
  if (typeof sign !== 'string' || secret === '') return false
  const type = sign.length === 64 ? Hash.ALGO_HMAC_SHA256 : Hash.ALGO_MD5
  if (asked === Hash.ALGO_HMAC_SHA256 && type !== asked) return false
  // What is nested was not signed in any way that could be checked.
  if (!Object.values(answer).every((value) => typeof value === 'string')) return false
  const message = Formatter.queryStringLike(Formatter.ksort(answer as Record<string, string>))
  return Hash.equals(Hash.sign(type, message, secret), sign)
}

function refusal(problem: string, response: Response): VerificationError {
  return new VerificationError(
    'signature',
    `The answer (HTTP ${response.status}) is not believed: ${problem}. If this was a write, the platform may have carried it out: query it.`,
    response,
  )
}
