import type { Collector } from './collector'
import { decodeBody } from './decode'
import type { RawHeaders } from './response'

const EMPTY = Buffer.alloc(0)

/**
 * The body of an answer that has come in, without its `Content-Encoding`. A failure is one whatever its body: of a gateway's
 * page that is damaged, cut short or too large, the bytes stay as they are.
 * @throws TransportError (`ERR_DECODE`, `ERR_TOO_LARGE`) for a success that cannot be unpacked
 */
export function unpack(status: number, headers: RawHeaders, collector: Collector | undefined): Buffer {
  if (collector === undefined) return EMPTY
  const { body, limit, remedy } = collector
  try {
    return decodeBody(headers['content-encoding'], body, limit, remedy)
  } catch (error) {
    if (status < 300) throw error
    return body
  }
}
