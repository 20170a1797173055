import { REMEDY_WHEN_HELD, tooLarge } from '../collector'
import type { ResolvedConfig } from '../config'
import { decodeBody } from '../decode'
import { ApiError, VerificationError } from '../errors'
import {
  CONTEXT,
  type Controller,
  DetachedController,
  type Handler,
  type Interceptor,
  type Options,
  PassingHandler,
  type ResponseHeaders,
  SIGN_TYPE,
  type Verdict,
} from '../handler'
import { pathOf } from '../path'
import { Response } from '../response'
import { MAX_XML_SIZE } from '../transformer'
import { type AnswerKind, answerKind } from './answers'
import { failure, isFailure, parseAnswer } from './failure'
import { isRead } from './reads'
import { isSigned } from './signature'

/**
 * Holds every XML answer back until it is judged: `sign` must be valid, unless the endpoint is known to answer without
 * or `return_code` says that the call failed; then `return_code` and `result_code` must be SUCCESS.
 */
export function verifier(config: ResolvedConfig): Interceptor {
  return (dispatch) => (options, handler) => {
    return dispatch(options, new JudgingHandler(handler, options, config))
  }
}

/** White space and the bytes of a byte order mark. */
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]
const LESS_THAN = 0x3c
const EMPTY = Buffer.alloc(0)

class JudgingHandler extends PassingHandler {
  readonly #options: Options
  readonly #kind: AnswerKind
  readonly #signType: string | undefined
  readonly #verdict: Verdict
  readonly #secret: string
  readonly #largest: number
  readonly #chunks: Buffer[] = []
  #size = 0
  #status = 0
  #headers: ResponseHeaders = {}
  #message: string | undefined
  /** Is the answer passed on as it comes? Undecided until what need not be XML has shown how it begins. */
  #passing: boolean | undefined = false

  constructor(next: Handler, options: Options, { secret = '', maxResponseSize }: ResolvedConfig) {
    super(next)
    this.#options = options
    this.#kind = answerKind(options.path)
    this.#signType = options[SIGN_TYPE]
    this.#verdict = options[CONTEXT]?.verdict ?? { verified: false }
    this.#secret = secret
    this.#largest = this.#isXml ? Math.min(maxResponseSize, MAX_XML_SIZE) : maxResponseSize
  }

  override onResponseStart(
    controller: Controller,
    status: number,
    headers: ResponseHeaders,
    message?: string,
  ): void {
    // Early hints and the like: the answer is still to come.
    if (status < 200) {
      super.onResponseStart(controller, status, headers, message)
      return
    }
    this.#status = status
    this.#headers = headers
    this.#message = message
    if (status >= 300) {
      this.#passing = true
      super.onResponseStart(controller, status, headers, message)
    } else if (!this.#isXml && headers['content-encoding'] === undefined) {
      this.#passing = undefined
    }
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#passing) {
      super.onResponseData(controller, chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > this.#largest) {
      controller.abort(this.#tooLong(tooLarge(this.#largest, REMEDY_WHEN_HELD)))
    } else if (this.#passing === undefined) {
      this.#decide(controller, chunk)
    }
  }

  /** A bill, JSON or a page never begins with the bracket of a failure, however that is indented. */
  #decide(controller: Controller, chunk: Buffer): void {
    const first = chunk.findIndex((byte) => !BLANKS.includes(byte))
    if (first === -1) return
    this.#passing = chunk[first] !== LESS_THAN
    if (!this.#passing) return
    super.onResponseStart(controller, this.#status, this.#headers, this.#message)
    for (const held of this.#chunks.splice(0)) super.onResponseData(controller, held)
  }

  override onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    if (this.#passing) super.onResponseEnd(controller, trailers)
    else this.#conclude(new DetachedController(), trailers)
  }

  #conclude(controller: DetachedController, trailers: ResponseHeaders): void {
    try {
      const { 'content-encoding': encoding, ...headers } = this.#headers
      const body = decodeBody(encoding, Buffer.concat(this.#chunks), this.#largest, REMEDY_WHEN_HELD)
      if (encoding !== undefined) delete headers['content-length']
      this.#judge(body, headers)
      super.onResponseStart(controller, this.#status, headers, this.#message)
      if (!controller.aborted && body.length > 0) super.onResponseData(controller, body)
      if (controller.reason) throw controller.reason
      super.onResponseEnd(controller, trailers)
    } catch (error) {
      super.onResponseError(controller, this.#tooLong(error as Error))
    }
  }

  /** What was asked, for an error. */
  get #call(): { readonly label: string; readonly reads: boolean } {
    const { method, path, [CONTEXT]: context } = this.#options
    return { label: context?.label ?? `${method} v2${pathOf(path)}`, reads: isRead(method, path) }
  }

  /** Must the answer be XML, or is it only when it is a failure? */
  get #isXml(): boolean {
    return this.#kind === 'signed' || this.#kind === 'unsigned'
  }

  /** @throws VerificationError or ApiError */
  #judge(body: Buffer, headers: ResponseHeaders): void {
    const answer = parseAnswer(body)
    if (answer === undefined) {
      if (!this.#isXml) return
      throw this.#unreadable(new Response(this.#status, headers, body, false))
    }
    // A page for a browser may well be XML, too; a bill never is.
    if ((this.#kind === 'redirect' || this.#kind === 'json') && !('return_code' in answer)) return
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
      throw failure(this.#call, new Response(this.#status, headers, body, verified, answer), answer)
    this.#verdict.verified = verified
    this.#verdict.data = answer
  }

  /** What is wrong with an answer that is too large: of XML only so much is ever read, whatever the configuration allows. */
  #tooLong(error: Error): Error {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_TOO_LARGE' || !this.#isXml || this.#largest < MAX_XML_SIZE) return error
    const response = new Response(this.#status, this.#headers, EMPTY, false)
    return this.#unreadable(response, `larger than ${MAX_XML_SIZE} bytes, which no XML of APIv2 is`)
  }

  #unreadable(response: Response, problem = 'not the XML of an answer'): Error {
    if (this.#kind === 'signed') return refusal(`it is ${problem}`, response)
    return new ApiError(
      `${this.#call.label}: the answer is ${problem}. The platform has acted: query the result`,
      'INVALID_RESPONSE',
      response,
    )
  }
}

function refusal(problem: string, response: Response): VerificationError {
  return new VerificationError(
    'signature',
    `the answer (HTTP ${response.status}) is not believed: ${problem}. If this was a write, the platform may have carried it out: query it.`,
    response,
  )
}
