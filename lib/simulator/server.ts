import { randomBytes } from 'node:crypto'
import { once, setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './clock'
import type { Visit } from './door'
import { readExchange } from './exchange'
import type { Delivery, Effect } from './fault-effects'
import type { Faults } from './faults'
import { Problem } from './problem'
import type { Records } from './records'
import type { Outcome, Reply } from './reply'
import type { TlsIdentity } from './tls'
import type { V2Door } from './v2-door'
import { unsigned, type V3Door } from './v3-door'

// The platform closes idle connections after about eight seconds; clients have to live with that.
const KEEP_ALIVE = 8_000

/** What the gateway is made of */
export interface GatewayParts {
  /** takes the requests for the operations of APIv2; all others are for APIv3 */
  readonly v2: V2Door
  readonly v3: V3Door
  readonly faults: Faults
  readonly records: Records
  readonly now: Clock
  /** who answers over TLS; without one nobody does */
  readonly tls?: TlsIdentity
}

/** Where to listen */
interface Ports {
  readonly port: number
  readonly securePort: number
}

const requestId = (): string => `${randomBytes(12).toString('hex').toUpperCase()}-0`

/** Sends an answer, or as much of it as the fault lets through */
const send: Readonly<Record<Delivery | 'whole', (response: ServerResponse, reply: Reply) => void>> = {
  whole: (response, { status, headers, body }) => {
    // An answer of 204 or 304 must not announce a length.
    const length = status === 204 || status === 304 ? {} : { 'Content-Length': String(body.length) }
    response.writeHead(status, { ...headers, ...length }).end(body)
  },
  // The response stays open: the client ends it by going, the simulator by closing.
  hang: () => {},
  reset: ({ socket }) => {
    // Of a socket that is being shut down, a reset would never end: the process could not, either.
    if (socket?.writableEnded) socket.destroy()
    else socket?.resetAndDestroy()
  },
  truncate: (response, { status, headers, body }) => {
    response.writeHead(status, { ...headers, 'Content-Length': String(body.length) })
    response.write(body.subarray(0, body.length >> 1), () => response.destroy())
  },
  'truncate-chunked': (response, { status, headers, body }) => {
    response.writeHead(status, { ...headers, 'Transfer-Encoding': 'chunked' })
    response.write(body.subarray(0, body.length >> 1), () => response.destroy())
  },
}

const listen = async (server: Server, port: number, host: string): Promise<number> => {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

/** The platform's front door: reads, hands over to a protocol, and sends what it answers */
export class Gateway {
  readonly #parts: GatewayParts
  readonly #server: Server
  readonly #secure: Server | undefined
  readonly #closing = new AbortController()

  constructor(parts: GatewayParts) {
    this.#parts = parts
    // Every answer that is delayed waits for it.
    setMaxListeners(0, this.#closing.signal)
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      // What fails here is the connection: the client has gone, and nobody is left to answer.
      this.#serve(request, response).catch(() => response.destroy())
    }
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE }, serve)
    // Who comes without a certificate is told so in HTTP, as the platform does.
    const certificates = { requestCert: true, rejectUnauthorized: false }
    this.#secure =
      parts.tls && createSecureServer({ ...parts.tls, ...certificates, keepAliveTimeout: KEEP_ALIVE }, serve)
  }

  /** Starts to listen; gives the ports. When one is taken, it listens on none */
  async listen({ port, securePort }: Ports, host: string): Promise<Ports> {
    try {
      const own = await listen(this.#server, port, host)
      return { port: own, securePort: this.#secure ? await listen(this.#secure, securePort, host) : 0 }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Stops listening and drops every connection, also those that wait for an answer */
  async close(): Promise<void> {
    this.#closing.abort()
    const servers = [this.#server, this.#secure].filter((server) => server !== undefined)
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    for (const server of servers) server.closeAllConnections()
    await Promise.all(closed)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = await readExchange(request)
    if (!exchange) {
      const { reply } = unsigned(new Problem(413, 'INVALID_REQUEST', '请求体过大'))
      send.whole(response, { ...reply, headers: { ...reply.headers, 'Request-ID': requestId() } })
      return
    }
    const { v2, v3, faults, records } = this.#parts
    const effects = faults.take(exchange)
    const visit = v2.receive(exchange) ?? v3.receive(exchange)
    const delivery = effects.find((effect) => effect.delivery)?.delivery ?? 'whole'
    const { reply, code } = await this.#outcome(visit, effects, delivery)
    const wait = effects.reduce((sum, effect) => sum + (effect.wait ?? 0), 0)
    if (wait > 0) await sleep(wait, undefined, { signal: this.#closing.signal })
    const { method, target, headers, body } = exchange
    records.add({
      ...{ method, target, headers, body },
      status: delivery === 'hang' || delivery === 'reset' ? 0 : reply.status,
      verified: visit.verified,
      ...(visit.message !== undefined && { message: visit.message }),
      ...(code !== undefined && { code }),
    })
    // The platform's clock tells it, and a fault may drop it.
    response.sendDate = false
    send[delivery](response, reply)
  }

  /** The answer with every fault's work done on it */
  async #outcome(visit: Visit, effects: readonly Effect[], delivery: Delivery | 'whole'): Promise<Outcome> {
    const works = effects.map((effect) => effect[visit.version])
    const replaced = works.find((work) => work?.replace)?.replace
    const lost = replaced !== undefined || delivery === 'hang' || delivery === 'reset'
    const acts = !lost || effects.some((effect) => effect.acts)
    const own = acts ? await visit.answer(effects) : undefined
    const start = replaced ?? own?.reply ?? { status: 0, headers: {}, body: Buffer.alloc(0) }
    const usual = { 'Request-ID': requestId(), Date: new Date(this.#parts.now()).toUTCString() }
    const named: Reply = { ...start, headers: { ...usual, ...start.headers } }
    const reply = works.reduce((altered, work) => work?.alter?.(altered) ?? altered, named)
    return { reply, ...(!lost && own?.code !== undefined && { code: own.code }) }
  }
}
