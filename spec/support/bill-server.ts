import { createHash, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { credentials, PUBLIC_KEY_ID, platform } from './keys'

/** Answers one request, as it likes. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void

export interface BillServer {
  /** With a slash at the end. */
  readonly url: string
  /** For `Builder.factory`. */
  readonly config: typeof credentials & { readonly base_uri: string }
  /** What it was sent. */
  readonly requests: IncomingMessage[]
}

/** Signs JSON as the platform does, with nothing of the client's own. */
export function signed(response: ServerResponse, body: object, status = 200): void {
  const text = JSON.stringify(body)
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()]
  const message = Buffer.from(`${timestamp}\n${nonce}\n${text}\n`)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Request-ID': '08F78BB5AF0610D302-0',
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': PUBLIC_KEY_ID,
    'Wechatpay-Signature': sign('sha256', message, platform.privateKey).toString('base64'),
  })
  response.end(text)
}

/** Announces a file, as `v3/bill/tradebill` does, with the hash of its content. */
export function announce(response: ServerResponse, url: string, content: string | Buffer): void {
  const hash_value = createHash('sha1').update(content).digest('hex')
  signed(response, { hash_type: 'SHA1', hash_value, download_url: `${url}v3/billdownload/file?token=x` })
}

const closers: (() => unknown)[] = []
afterAll(async () => {
  await Promise.all(closers.map((close) => close()))
})

/** A platform with one listener for all it is asked; over TLS with a key and certificate. */
export async function billServer(
  listener: (request: IncomingMessage, response: ServerResponse, url: string) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<BillServer> {
  const requests: IncomingMessage[] = []
  let url = ''
  const receive: Listener = (request, response) => {
    request.resume()
    requests.push(request)
    listener(request, response, url)
  }
  const server = tls ? createSecureServer(tls, receive) : createServer(receive)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}/`
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url, config: { ...credentials, base_uri: url }, requests }
}

/** A platform with one bill, whose file is sent as the listener likes. */
export function billOf(content: string | Buffer, send: Listener): Promise<BillServer> {
  return billServer((request, response, url) => {
    if (request.url?.startsWith('/v3/billdownload/')) send(request, response)
    else announce(response, url, content)
  })
}
