import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { FileCipher } from './bill/cipher'
import { Call, type Courier, type Limits } from './call'
import { announceExpiry, type Certificates } from './certificates'
import { type Composed, composed } from './composed'
import { type BrandConfig, type Config, type ResolvedConfig, resolveConfig } from './config'
import { type Connections, connect } from './connections'
import type { KeyInput } from './crypto/key'
import { Rsa } from './crypto/rsa'
import { type DownloadOptions, prepareDownload } from './download'
import { ConfigError, RequestError } from './errors'
import { Exchange } from './exchange'
import { Failover } from './failover'
import { CONTEXT, type Options } from './handler'
import { type ClientCertificate, expiryOf } from './merchant'
import type { PlatformKeys } from './platform-keys'
import { type PendingResponse, pending } from './promise'
import { prepare, type Request } from './request'
import type { Response } from './response'
import { RetryBudget } from './retry'
import { Encryption } from './sensitive'
import { within } from './within'

const DAY = 86_400_000

/** Connections, and the same with the signer and the verifier of each protocol: a call keeps them for all its attempts. */
interface Pool extends Composed {
  /** What it lends to its calls, and to how many of them now. */
  readonly courier: Courier
  calls: number
  /** Waits for the last of them to be settled. */
  idle: (() => void) | undefined
}

/** What may change while a client lives: keys grow old. */
export type Rotation = Partial<
  Pick<Config, 'serial' | 'privateKey' | 'certs' | 'secret' | 'apiv3Key' | 'merchant'>
>

/** What stands behind a chain: sends requests by verb and path template. */
export class Client {
  #given: Config | BrandConfig
  #config: ResolvedConfig
  /** Built when first used: with the merchant's certificate, and without. */
  readonly #pools = new Map<ClientCertificate | undefined, Pool>()
  readonly #failover = new Failover()
  readonly #budget = new RetryBudget()
  #inFlight = 0
  /** Waits for the last call to be settled. */
  #idle: (() => void) | undefined
  readonly #retired: Promise<void>[] = []
  #closing: Promise<void> | undefined
  #watched = 0

  /** @throws ConfigError that names the option and the remedy */
  constructor(config: Config | BrandConfig) {
    this.#config = this.#resolve(config)
    this.#given = { ...config }
  }

  /** WeChat Pay's keys, as they are known now: for `Notifications`. */
  get keys(): PlatformKeys {
    return this.#config.keys
  }

  /** The platform certificates, with `certs: { auto: true }`. */
  get certificates(): Certificates | undefined {
    return this.#config.certificates
  }

  /**
   * Sends one request.
   * @param verb `get`, `put`, `post`, `patch` or `delete`, in any letter case
   * @param uri a path template, such as `v3/pay/transactions/id/{transaction_id}`
   * @param options path variables by name, and the options of a call
   * @returns rejects with a WechatpayError; never throws
   */
  request<T = unknown>(verb: string, uri: string, options?: unknown): Promise<Response<T>> {
    try {
      const encryption = new Encryption(this.#config.keys, options)
      const request = prepare(verb, uri, options, this.#config, encryption)
      const sent = encryption.waiting ? this.#encrypted(verb, uri, options, request) : this.#send(request)
      return sent as Promise<Response<T>>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The same, with `otherwise()` and `wait()` on the promise. */
  requestAsync<T = unknown>(verb: string, uri: string, options?: unknown): PendingResponse<Response<T>> {
    return pending(this.request<T>(verb, uri, options))
  }

  /**
   * Fetches what is behind an address that an answer gave: a bill, a receipt, an image. The address is taken as it is, and
   * the request signed, when it leads to one of WeChat Pay's API hosts or to the configured `base_uri`; any other host is
   * asked over https without any credentials. Redirects are not followed.
   *
   * The answer is not signed: what vouches for it is the hash that came with its address, which `Download` and `Bill` check.
   * @returns its `data` is the stream of the body, `headers` say what it is; rejects with a WechatpayError
   */
  async download(address: string, options: DownloadOptions = {}): Promise<Response<Readable>> {
    return this.#send(prepareDownload(address, options, this.#config)) as Promise<Response<Readable>>
  }

  /**
   * Decrypts a field of an answer or a callback that was encrypted for the merchant (RSA-OAEP, base64).
   * @param options `key`: another private key, such as a sub-merchant's
   * @throws VerificationError (`decrypt`) when it was encrypted for another key
   */
  async decrypt(value: string, { key }: { readonly key?: KeyInput } = {}): Promise<string> {
    const { signer } = this.#config
    if (key !== undefined) return Rsa.decrypt(value, key)
    if ('key' in signer) return Rsa.decrypt(value, signer.key)
    if (signer.remote.decrypt) return signer.remote.decrypt(value)
    throw new ConfigError(
      'privateKey',
      'decrypt() is missing beside sign(): a remote key has to do it itself',
    )
  }

  /** What files for the merchant can be encrypted with, beside AES-256-GCM. */
  get ciphers(): readonly FileCipher[] {
    return ('remote' in this.#config.signer && this.#config.signer.remote.ciphers) || []
  }

  /**
   * Changes keys without a restart: calls in flight end with the old ones, also where they are tried again; calls from now on
   * have the new ones. A dispatcher that `select` gave before keeps the old ones.
   * @throws ConfigError, and nothing is changed; RequestError when the client is closed
   */
  rotate(changes: Rotation): void {
    if (this.#closing) throw new RequestError(undefined, 'the client is closed')
    const given = { ...this.#given, ...changes } as Config | BrandConfig
    const former = this.#config
    this.#config = this.#resolve(given)
    this.#given = given
    former.certificates?.close()
    for (const [merchant, pool] of this.#pools) {
      if (merchant === undefined) this.#pools.set(merchant, this.#lent(pool.connections, this.#config))
      else if (merchant !== this.#config.merchant) this.#retire(merchant, pool)
    }
  }

  /**
   * The dispatcher that signs and verifies, for use with undici itself. It is trusted with WeChat Pay's hosts and the
   * configured `base_uri` only.
   * @param protocol `v2` or `v3`, in any letter case; anything else means `v3`, as in the PHP SDK
   */
  select(protocol: string = 'v3'): Dispatcher {
    return this.#pool()[String(protocol).toLowerCase() === 'v2' ? 'v2' : 'v3']
  }

  /**
   * Waits for what is in flight, then closes the connections; a dispatcher from the configuration stays open. A stream that was
   * handed out is in flight until it has ended or is destroyed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #resolve(config: Config | BrandConfig): ResolvedConfig {
    const resolved = resolveConfig(config)
    const { certificates, baseUri } = resolved
    const uri = baseUri.hostname.startsWith('apihk.') ? 'v3/global/certificates' : 'v3/certificates'
    certificates?.connect(async () => {
      const request = prepare('get', uri, undefined, resolved)
      // A call in flight may need them to be settled: closing waits for both.
      const { data } = await (this.#inFlight > 0 ? this.#start(request, 0, resolved) : this.#send(request))
      return data
    })
    return resolved
  }

  /** A call that has something to encrypt, and had no key to do it with. @param first as it would be without */
  async #encrypted(verb: string, uri: string, options: unknown, first: Request): Promise<Response> {
    this.#admit(first)
    // Closing waits for it, too.
    this.#inFlight++
    const began = performance.now()
    try {
      for (;;) {
        const { certificates } = this.#config
        const waited = performance.now() - began
        const timeout = first.timeout > 0 ? Math.max(1, Math.ceil(first.timeout - waited)) : 0
        if (certificates) await within(certificates.ready(), 'key to encrypt with', { ...first, timeout })
        const encryption = new Encryption(this.#config.keys, options)
        const request = prepare(verb, uri, options, this.#config, encryption)
        if (!encryption.waiting) return await this.#start(request, performance.now() - began)
        // Others may have come in their place.
        if (this.#config.certificates === certificates) throw encryption.unavailable(certificates?.failure)
      }
    } finally {
      this.#settled()
    }
  }

  /** Connections with a client certificate that is no longer used close when no call has them any more. */
  #retire(merchant: ClientCertificate, pool: Pool): void {
    this.#pools.delete(merchant)
    const idle = new Promise<void>((resolve) => {
      pool.idle = resolve
    })
    if (pool.calls === 0) pool.idle?.()
    this.#retired.push(idle.then(() => pool.connections.release()))
  }

  #send(request: Request): Promise<Response> {
    this.#admit(request)
    return this.#start(request)
  }

  #admit({ label }: Request): void {
    if (this.#closing) throw new RequestError(undefined, `${label}: the client is closed`)
  }

  /**
   * @param waited milliseconds of the call's time that have gone by
   * @param config what it was made ready with
   */
  #start(request: Request, waited = 0, config = this.#config): Promise<Response> {
    this.#inFlight++
    return new Call(request, this.#courierOf(request, config), waited).run()
  }

  /** What a call keeps for all its attempts: the keys that it was made ready with, and connections. */
  #courierOf({ security }: Request, config: ResolvedConfig): Courier {
    try {
      const current = this.#pool(security ? this.#config.merchant : undefined)
      const pool = config === this.#config ? current : this.#lent(current.connections, config)
      pool.calls++
      return pool.courier
    } catch (error) {
      // It is told like any other attempt that fails.
      const dispatch = (): never => {
        throw error
      }
      return this.#courier(dispatch, () => this.#settled())
    }
  }

  #courier(dispatch: Courier['dispatch'], settled: Courier['settled']): Courier {
    return { failover: this.#failover, budget: this.#budget, dispatch, settled }
  }

  /** One attempt of a call. */
  #dispatch(pool: Pool, request: Request, origin: string, limits: Limits): Exchange {
    const { path, method, headers, body } = request
    const exchange = new Exchange(request, origin, limits.whole, this.#config.dispatcher !== undefined)
    if (exchange.failed) return exchange
    exchange.handOver()
    const options = {
      origin,
      path,
      method,
      headers,
      body,
      // The exchange has its own clock for the whole.
      headersTimeout: limits.headers,
      bodyTimeout: limits.body,
      [CONTEXT]: exchange,
    }
    try {
      pool.send[request.line](options as Options, exchange)
    } catch (error) {
      // undici tells the exchange what is wrong; a dispatcher of the user's own may throw.
      exchange.onResponseError(undefined, error as Error)
    }
    return exchange
  }

  #settled(pool?: Pool): void {
    if (pool && --pool.calls === 0) pool.idle?.()
    this.#inFlight--
    if (this.#inFlight === 0) this.#idle?.()
  }

  #pool(merchant?: ClientCertificate): Pool {
    const known = this.#pools.get(merchant)
    this.#watch()
    if (known) return known
    // What a call in flight still needs is had, and closed with the rest.
    if (this.#closing && this.#inFlight === 0) throw new RequestError(undefined, 'the client is closed')
    const { dispatcher } = this.#config
    const own = dispatcher && { dispatcher, release: async () => {} }
    const { proxy, timeouts } = this.#config
    const made = this.#lent(own ?? connect(merchant, { proxy, timeout: timeouts.connect }), this.#config)
    this.#pools.set(merchant, made)
    return made
  }

  /** Makes connections ready to be lent to calls, with the keys of a configuration. */
  #lent(connections: Connections, config: ResolvedConfig): Pool {
    const pool: Pool = {
      ...composed(connections, config),
      calls: 0,
      idle: undefined,
      courier: this.#courier(
        (...attempt) => this.#dispatch(pool, ...attempt),
        () => this.#settled(pool),
      ),
    }
    return pool
  }

  /** Announces, once a day, that the merchant's certificate is about to end. */
  #watch(): void {
    const { merchant, serial } = this.#config
    if (merchant === undefined || Date.now() < this.#watched) return
    this.#watched = Date.now() + DAY
    const expires = expiryOf(merchant)
    if (expires !== undefined) announceExpiry(`The merchant certificate ${serial}`, expires)
  }

  async #close(): Promise<void> {
    // Some may not have reached a connection yet: they wait for their signature.
    if (this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    this.#config.certificates?.close()
    const released = [...this.#pools.values()].map(({ connections }) => connections.release())
    await Promise.all([...released, ...this.#retired])
  }
}
