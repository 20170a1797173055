import type { Verdict } from '../handler'
import type { Request } from '../request'
import { type RawHeaders, Response } from '../response'
import { answerKind } from './answers'
import { failure, parseAnswer } from './failure'

/**
 * What the verifier has let through → typed data: the fields of XML, parsed JSON, the address of a redirect, a `Buffer`
 * for text.
 * @throws ApiError for every status but 2xx and the redirects that are the answer
 */
export function toResponse(
  call: Pick<Request, 'label' | 'reads' | 'path'>,
  status: number,
  headers: RawHeaders,
  body: Buffer,
  { verified, data }: Verdict,
): Response {
  const kind = answerKind(call.path)
  const location = headers.location
  if (kind === 'redirect' && status < 400 && typeof location === 'string') {
    return new Response(status, headers, body, false, location)
  }
  if (status >= 300) throw failure(call, new Response(status, headers, body, false), parseAnswer(body))
  return new Response(status, headers, body, verified, data ?? read(kind === 'json', body))
}

function read(json: boolean, body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!json) return body
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return body
  }
}
