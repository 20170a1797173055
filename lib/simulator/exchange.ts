import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

const MAX_BODY = 16 * 1024 * 1024

/** What a connection says of the client's certificate: it is not asked for without TLS */
type ClientCertificate = 'plain' | 'missing' | 'untrusted' | 'trusted'

/** One request as it came over the wire */
export interface Exchange {
  readonly method: string
  /** path and query exactly as sent, one character a byte */
  readonly target: string
  /** what stands before the first `?`, still percent-encoded */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly certificate: ClientCertificate
}

/** The first value of a header */
export const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name.toLowerCase()]
  return Array.isArray(value) ? value[0] : value
}

const certificateOf = ({ socket }: IncomingMessage): ClientCertificate => {
  if (!(socket instanceof TLSSocket)) return 'plain'
  // A resumed connection of TLS 1.3 counts as authorized in Node even when there never was a certificate.
  if (!socket.getPeerX509Certificate()) return 'missing'
  return socket.authorized ? 'trusted' : 'untrusted'
}

/** Reads a whole request; `undefined` when its body is larger than any the platform takes (16 MiB here) */
export const readExchange = async (request: IncomingMessage): Promise<Exchange | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest of a body that is too large is read and dropped: breaking off here would cut the answer off too.
    if (size <= MAX_BODY) chunks.push(chunk)
  }
  if (size > MAX_BODY) return undefined
  const { method = '', url: target = '', headers } = request
  const [path = '', ...query] = target.split('?')
  return {
    method,
    target,
    path,
    query: new URLSearchParams(query.join('?')),
    headers,
    body: Buffer.concat(chunks),
    certificate: certificateOf(request),
  }
}
