import { clockWarning } from '../clock'
import { deliveryOf } from '../delivery'
import { ApiError, UNKNOWN_OUTCOME } from '../errors'
import type { Request } from '../request'
import { type RawHeaders, Response } from '../response'
import { codeOf, insteadOf, shortened } from '../said'
import { explainSignError, type SignedMessage } from './sign-error'

type Call = Pick<Request, 'label' | 'reads'>

/**
 * Status and body → typed data.
 * @param call what was asked, for messages
 * @param signed what the client signed, to explain why the platform found its signature wrong
 * @throws ApiError for everything but 2xx, and for JSON that cannot be read
 */
export function toResponse(
  call: Call,
  status: number,
  headers: RawHeaders,
  body: Buffer,
  verified: boolean,
  signed?: () => SignedMessage | undefined,
): Response {
  if (status >= 300) throw failure(call, new Response(status, headers, body, verified), headers, signed)
  const json = isJson(headers, body)
  if (!json) return new Response(status, headers, body, verified, body.length === 0 ? undefined : body)
  const data = parseJson(body)
  if (data === UNREADABLE) {
    if (json === 'perhaps') return new Response(status, headers, body, verified, body)
    throw new ApiError(
      `${call.label}: the answer (HTTP ${status}) says that it is JSON, but cannot be read as such. The platform has acted: query the result${support(headers)}`,
      'INVALID_RESPONSE',
      new Response(status, headers, body, verified),
    )
  }
  return new Response(status, headers, body, verified, data)
}

const UNREADABLE = Symbol('unreadable')

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Without its cause, which would quote the body.
    return UNREADABLE
  }
}

function isJson(headers: RawHeaders, body: Buffer): 'surely' | 'perhaps' | undefined {
  if (body.length === 0) return undefined
  const type = String(headers['content-type'] ?? '')
  if (/\bjson\b/i.test(type)) return 'surely'
  const first = String.fromCharCode(body[0] as number)
  return (type === '' || /^text\/plain/i.test(type)) && (first === '{' || first === '[')
    ? 'perhaps'
    : undefined
}

function failure(
  { label, reads }: Call,
  response: Response,
  headers: RawHeaders,
  signed: (() => SignedMessage | undefined) | undefined,
): ApiError {
  const body = parseJson(response.body) as
    | { code?: unknown; message?: unknown; detail?: unknown }
    | null
    | symbol
  const { code, message, detail } = typeof body === 'object' && body !== null ? body : {}
  const known = codeOf(code) ?? `HTTP_${response.status}`
  const text = typeof message === 'string' && message !== '' ? shortened(message) : explanation(response)
  const where = typeof detail === 'object' && detail !== null ? place(detail as Record<string, unknown>) : ''
  const delivery = deliveryOf(reads, response.status, known)
  const clock = response.status === 401 ? clockWarning(headers.date) : undefined
  const advice = [
    delivery === 'unknown' ? UNKNOWN_OUTCOME : '',
    clock?.text ?? '',
    // Of a clock that is so wrong, the signature can be none.
    known === 'SIGN_ERROR' && clock === undefined ? explainSignError(detail, signed?.()) : '',
  ]
  const said = `${label}: ${known} (HTTP ${response.status}): ${text}${insteadOf(code)}${where}${support(response)}`
  return new ApiError([said, ...advice.filter(Boolean)].join('; '), known, response, {
    detail,
    delivery,
    skew: clock?.skew,
  })
}

/** Where the platform saw the fault; never `value`, which is the caller's data. */
function place(detail: Record<string, unknown>): string {
  const parts = ['field', 'location', 'issue'].flatMap((name) =>
    typeof detail[name] === 'string' ? [`${name} ${shortened(detail[name], 200)}`] : [],
  )
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`
}

function explanation({ status, headers }: Response): string {
  if (status < 400 && headers.has('location')) return 'a redirect, which is never followed with a signature'
  return 'the answer gives no reason that could be read'
}

function support(source: Response | RawHeaders): string {
  const id = source instanceof Response ? source.requestId : source['request-id']
  return id ? ` (Request-ID ${id})` : ''
}
