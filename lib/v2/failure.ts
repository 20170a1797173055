import { deliveryOf } from '../delivery'
import { ApiError, type BusinessResult, UNKNOWN_OUTCOME } from '../errors'
import type { Request } from '../request'
import type { Response } from '../response'
import { codeOf, insteadOf, shortened } from '../said'
import { Transformer } from '../transformer'

type Call = Pick<Request, 'label' | 'reads'>
type Answer = Readonly<Record<string, unknown>>

/** The XML of a body; `undefined` when it is none. */
export function parseAnswer(body: Uint8Array): Answer | undefined {
  try {
    return body.length === 0 ? undefined : Transformer.toObject(body)
  } catch {
    // Without its cause, which could quote the body.
    return undefined
  }
}

/** Does an answer say, in one of its two ways, that the call failed? */
export function isFailure({ return_code, result_code }: Answer): boolean {
  return return_code !== 'SUCCESS' || (result_code !== undefined && result_code !== 'SUCCESS')
}

/** The error of an answer that says so, by its XML or by its status. */
export function failure({ label, reads }: Call, response: Response, answer: Answer | undefined): ApiError {
  const result: BusinessResult = {}
  for (const name of ['return_code', 'return_msg', 'result_code', 'err_code', 'err_code_des'] as const) {
    const value = answer?.[name]
    // What is printed with the error; its response has the whole.
    if (typeof value === 'string' && value !== '') result[name] = shortened(value)
  }
  // Bills name it so.
  if (typeof answer?.error_code === 'string') result.err_code ??= shortened(answer.error_code)
  const { return_code, result_code } = result
  const said = return_code === 'SUCCESS' ? result_code : return_code
  const given = result.err_code ?? said
  const code = codeOf(given) ?? `HTTP_${response.status}`
  const reason = result.err_code_des ?? result.return_msg ?? 'the answer gives no reason that could be read'
  const delivery = deliveryOf(reads, response.status, code)
  const advice = delivery === 'unknown' ? `; ${UNKNOWN_OUTCOME}` : ''
  const message = `${label}: ${code} (HTTP ${response.status}): ${reason}${insteadOf(given)}${advice}`
  return new ApiError(message, code, response, { result, delivery })
}
