import type { Agent, Dispatcher } from 'undici'
import type { ResolvedConfig } from './config'
import { ConfigError, RequestError } from './errors'
import { Exchange } from './exchange'
import { ABANDONED, FIELDS, LABEL, NONCELESS, type Options, VERDICT } from './handler'
import type { ClientCertificate } from './merchant'
import { type PendingResponse, pending } from './promise'
import { type Protocol, prepare, type Request } from './request'
import type { Response } from './response'
import { undici } from './undici'
import { signer as v2Signer } from './v2/signer'
import { verifier as v2Verifier } from './v2/verifier'
import { signer as v3Signer } from './v3/signer'
import { verifier as v3Verifier } from './v3/verifier'

/**
 * The connection pool: one request at a time on a connection, since a write that was pipelined behind a lost one would
 * have an unknown outcome; idle connections are given up before the platform closes them, after about 8 s.
 */
const POOL: Agent.Options = {
  connections: 64,
  pipelining: 1,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 7_000,
}

/** Connections, and the same with the signer and the verifier of each protocol. */
interface Pool extends Readonly<Record<Protocol, Dispatcher>> {
  readonly connections: Dispatcher
}

/** What stands behind a chain: sends requests by verb and path template. */
export class Client {
  readonly #config: ResolvedConfig
  /** Built when first used: with the merchant's certificate, and without. */
  readonly #pools = new Map<ClientCertificate | undefined, Pool>()
  readonly #inFlight = new Set<Promise<Response>>()
  #closing: Promise<void> | undefined

  constructor(config: ResolvedConfig) {
    this.#config = config
  }

  /**
   * Sends one request.
   * @param verb `get`, `put`, `post`, `patch` or `delete`, in any letter case
   * @param uri a path template, such as `v3/pay/transactions/id/{transaction_id}`
   * @param options path variables by name, and the options of a call
   * @returns rejects with a WechatpayError; never throws
   */
  async request<T = unknown>(verb: string, uri: string, options?: unknown): Promise<Response<T>> {
    return this.#send(prepare(verb, uri, options, this.#config)) as Promise<Response<T>>
  }

  /** The same, with `otherwise()` and `wait()` on the promise. */
  requestAsync<T = unknown>(verb: string, uri: string, options?: unknown): PendingResponse<Response<T>> {
    return pending(this.request<T>(verb, uri, options))
  }

  /**
   * The dispatcher that signs and verifies, for use with undici itself. It is trusted with WeChat Pay's hosts and the
   * configured `base_uri` only.
   * @param protocol `v2` or `v3`, in any letter case; anything else means `v3`, as in the PHP SDK
   */
  select(protocol: string = 'v3'): Dispatcher {
    return this.#pool()[String(protocol).toLowerCase() === 'v2' ? 'v2' : 'v3']
  }

  /** Waits for what is in flight, then closes the connections; a dispatcher from the configuration stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #send(request: Request): Promise<Response> {
    if (this.#closing) throw new RequestError(undefined, `${request.label}: the client is closed`)
    const { protocol, origin, path, method, headers, body, timeout, security } = request
    const pool = this.#pool(security ? this.#config.merchant : undefined)
    const exchange = new Exchange(request, this.#config.dispatcher !== undefined)
    if (!exchange.failed) {
      const options = {
        origin,
        path,
        method,
        headers,
        body,
        // The exchange has its own clock, but for a body that is handed out while it comes in.
        headersTimeout: 0,
        bodyTimeout: timeout,
        [VERDICT]: exchange.verdict,
        [LABEL]: request.label,
        [ABANDONED]: exchange.handOver(),
        [FIELDS]: request.fields,
        [NONCELESS]: request.nonceless,
      }
      pool[protocol].dispatch(options as Options, exchange)
    }
    const { response } = exchange
    this.#inFlight.add(response)
    const settled = () => this.#inFlight.delete(response)
    response.then(settled, settled)
    return response
  }

  #pool(merchant?: ClientCertificate): Pool {
    const known = this.#pools.get(merchant)
    if (known) return known
    if (this.#closing) throw new RequestError(undefined, 'the client is closed')
    const made = composed(this.#config.dispatcher ?? connect(merchant), this.#config)
    this.#pools.set(merchant, made)
    return made
  }

  async #close(): Promise<void> {
    // Some may not have reached a connection yet: they wait for their signature.
    await Promise.allSettled(this.#inFlight)
    if (this.#config.dispatcher) return
    await Promise.all([...this.#pools.values()].map(({ connections }) => connections.close()))
  }
}

function connect(merchant: ClientCertificate | undefined): Dispatcher {
  return new (undici().Agent)({ ...POOL, ...(merchant && { connect: { ...merchant } }) })
}

function composed(connections: Dispatcher, config: ResolvedConfig): Pool {
  try {
    const v2 = connections.compose(v2Verifier(config), v2Signer(config))
    const v3 = connections.compose(v3Verifier(config), v3Signer(config))
    return { connections, v2, v3 }
  } catch (error) {
    throw new ConfigError(
      'dispatcher',
      'cannot be composed with the signer: expected a Dispatcher of undici 7',
      error,
    )
  }
}
