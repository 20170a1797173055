import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Builder, type Config } from '../../lib/lite'
import { SECRET } from '../conformance/apiv2'
import { type Answer, config, type Received } from '../conformance/platform'

/** What becomes of one request. */
export type Act = (response: ServerResponse, visit: Visit, request: IncomingMessage) => void

/** A request, and when it came, by `performance`. */
export interface Visit extends Received {
  readonly at: number
}

/** Answers as told. */
export const answers =
  (answer: Answer | (() => Answer)): Act =>
  (response) => {
    const { status, headers, body } = typeof answer === 'function' ? answer() : answer
    response
      .writeHead(status, { ...headers, 'Content-Length': String(body.length) } as Record<string, string>)
      .end(body)
  }

/** Resets the connection. */
export const resets: Act = (response) => void response.socket?.resetAndDestroy()
/** Takes the request, and says nothing. */
export const hangs: Act = () => {}
/** Breaks off after half of the body. */
export const halves: Act = (response) => {
  response.writeHead(200, { 'Content-Length': 100 }).write('half', () => response.destroy())
}
/** The same in chunks. */
export const halvesInChunks: Act = (response) => {
  response.writeHead(200).write('half', () => response.destroy())
}
/** Begins the body, and says no more. */
export const stalls: Act = (response) => void response.writeHead(200, { 'Content-Length': 100 }).write('half')
export const speaksNonsense: Act = (response) => void response.socket?.end('nonsense\r\n\r\n')
/** Says that the body is packed, which it is not. */
export const damages: Act = (response) =>
  void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('damaged')

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Is closed after the tests of the file. */
export function closing(close: () => Promise<unknown>): void {
  closers.push(close)
}

/** Listens on a free port of the loopback, or on the one given. */
export async function listenOn(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  closing(async () => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A server that does with the nth request what the script says for it; with those after its end, as with the last one. */
export function scriptedServer(script: readonly Act[]): {
  readonly server: Server
  readonly visits: Visit[]
} {
  const visits: Visit[] = []
  const server = createServer(async (request, response) => {
    const n = visits.length
    const at = performance.now()
    const { method = '', url: target = '' } = request
    const headers = Object.fromEntries(
      Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
    )
    const place = {
      origin: `http://${request.headers.host}`,
      method,
      target,
      headers,
      at,
      body: Buffer.alloc(0),
    }
    visits.push(place)
    place.body = await buffer(request).catch(() => Buffer.alloc(0))
    script[Math.min(n, script.length - 1)]?.(response, place, request)
  })
  return { server, visits }
}

/** Such a server, and a client for it with connections of its own and waits of a millisecond. */
export async function scripted(script: readonly Act[], changes: Partial<Config> = {}) {
  const { server, visits } = scriptedServer(script)
  const base_uri = `http://127.0.0.1:${await listenOn(server)}/`
  return { server, visits, base_uri, ...client({ base_uri, ...changes }) }
}

/** A client for some address. */
export function client(changes: Partial<Config>) {
  const instance = Builder.factory({ ...config, secret: SECRET, retry: { delay: 1 }, ...changes })
  const driver = Builder.driver(instance)
  closing(() => driver.close())
  return { instance, driver }
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
