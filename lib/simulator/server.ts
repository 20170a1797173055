import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Authority, Verdict } from './authorize'
import { type Clock, seconds } from './clock'
import { type Exchange, headerOf, readExchange } from './exchange'
import type { Delivery, Effect, Faults, Reply } from './faults'
import { type Platform, signingKey } from './keys'
import { Problem, paramError } from './problem'
import type { Records } from './records'
import type { Answer, Router } from './router'
import { createNonce, sealHeaders } from './sign'

const JSON_TYPE = 'application/json; charset=utf-8'
// The platform closes idle connections after about eight seconds; clients have to live with that.
const KEEP_ALIVE = 8_000

/** What the gateway is made of */
export interface GatewayParts {
  readonly platform: Platform
  readonly authority: Authority
  readonly router: Router
  readonly faults: Faults
  readonly records: Records
  readonly now: Clock
}

interface Outcome {
  readonly reply: Reply
  readonly code?: string
}

const requestId = (): string => `${randomBytes(12).toString('hex').toUpperCase()}-0`

const bodyOf = (body: object | undefined): Buffer => Buffer.from(body ? JSON.stringify(body) : '')

const unsigned = (problem: Problem): Outcome => ({
  reply: {
    status: problem.status,
    headers: { 'Content-Type': JSON_TYPE },
    body: bodyOf(problem),
  },
  code: problem.code,
})

/** Sends an answer, or as much of it as the fault lets through */
const send: Readonly<Record<Delivery | 'whole', (response: ServerResponse, reply: Reply) => void>> = {
  whole: (response, { status, headers, body }) => {
    // An answer of 204 or 304 must not announce a length.
    const length = status === 204 || status === 304 ? {} : { 'Content-Length': String(body.length) }
    response.writeHead(status, { ...headers, ...length }).end(body)
  },
  // The response stays open: the client ends it by going, the simulator by closing.
  hang: () => {},
  reset: (response) => {
    response.socket?.resetAndDestroy()
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

/** The platform's front door: reads, checks, routes, signs and answers */
export class Gateway {
  readonly #parts: GatewayParts
  readonly #server: Server
  readonly #closing = new AbortController()

  constructor(parts: GatewayParts) {
    this.#parts = parts
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
      // What fails here is the connection: the client has gone, and nobody is left to answer.
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  /** Starts to listen; gives the port */
  async listen(port: number, host: string): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : port
  }

  /** Stops listening and drops every connection, also those that wait for an answer */
  async close(): Promise<void> {
    this.#closing.abort()
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = await readExchange(request)
    if (!exchange) {
      const { reply } = unsigned(new Problem(413, 'INVALID_REQUEST', '请求体过大'))
      send.whole(response, { ...reply, headers: { ...reply.headers, 'Request-ID': requestId() } })
      return
    }
    const { authority, faults, records } = this.#parts
    const effects = faults.take(exchange)
    const verdict = authority.check(exchange)
    const delivery = effects.find((effect) => effect.delivery)?.delivery ?? 'whole'
    const { reply, code } = await this.#outcome(exchange, verdict, effects, delivery)
    const wait = effects.reduce((sum, effect) => sum + (effect.wait ?? 0), 0)
    if (wait > 0) await sleep(wait, undefined, { signal: this.#closing.signal })
    const { method, target, headers, body } = exchange
    records.add({
      ...{ method, target, headers, body },
      status: delivery === 'hang' || delivery === 'reset' ? 0 : reply.status,
      verified: verdict.verified,
      ...(verdict.message !== undefined && { message: verdict.message }),
      ...(code !== undefined && { code }),
    })
    send[delivery](response, reply)
  }

  /** The answer with every fault's work done on it */
  async #outcome(
    exchange: Exchange,
    verdict: Verdict,
    effects: readonly Effect[],
    delivery: Delivery | 'whole',
  ): Promise<Outcome> {
    const replaced = effects.find(({ replace }) => replace)?.replace
    const lost = replaced !== undefined || delivery === 'hang' || delivery === 'reset'
    const acts = !lost || effects.some((effect) => effect.acts)
    const own = acts ? await this.#answer(exchange, verdict, effects) : undefined
    const start = replaced ?? own?.reply ?? { status: 0, headers: {}, body: Buffer.alloc(0) }
    const named: Reply = { ...start, headers: { 'Request-ID': requestId(), ...start.headers } }
    const reply = effects.reduce((altered, { alter }) => alter?.(altered) ?? altered, named)
    return { reply, ...(!lost && own?.code !== undefined && { code: own.code }) }
  }

  /** The gateway's own answer: unsigned to strangers, signed to the merchant */
  async #answer(exchange: Exchange, verdict: Verdict, effects: readonly Effect[]): Promise<Outcome> {
    if (!verdict.verified) return unsigned(verdict.problem)
    const { platform, now } = this.#parts
    const asked = headerOf(exchange.headers, 'wechatpay-serial')
    const key = signingKey(platform, asked)
    const wrong = key ? undefined : paramError('Wechatpay-Serial', asked, 'no key of the platform', 'header')
    const { status, body, code } = wrong ? { ...wrong, body: wrong } : this.#run(exchange)
    const { serial, privateKey } = key ?? (signingKey(platform, undefined) as NonNullable<typeof key>)
    let seal = { serial, privateKey, timestamp: seconds(now()), nonce: createNonce() }
    for (const effect of effects) seal = (await effect.seal?.(seal)) ?? seal
    const bytes = bodyOf(body)
    const headers = {
      ...(bytes.length > 0 && { 'Content-Type': JSON_TYPE }),
      ...(await sealHeaders(seal, bytes)),
    }
    return { reply: { status, headers, body: bytes }, ...(code !== undefined && { code }) }
  }

  /** Carries the operation out; what it throws is an answer too */
  #run(exchange: Exchange): Answer & { readonly code?: string } {
    try {
      return this.#parts.router.run(exchange)
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, 'SYSTEM_ERROR', '系统异常')
      return { status: problem.status, body: problem, code: problem.code }
    }
  }
}
