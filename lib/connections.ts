import type { Agent, Dispatcher } from 'undici'
import type { ClientCertificate } from './merchant'
import { type EnvironmentProxy, environmentProxy, type ProxyChoice } from './proxy'
import { undici } from './undici'

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

/** Connections that someone uses, and how to give them up. */
export interface Connections {
  readonly dispatcher: Dispatcher
  release(): Promise<void>
}

/** How connections are made. */
export interface ConnectionOptions {
  readonly proxy: ProxyChoice
  /** Milliseconds until there is one; 0 for no limit. */
  readonly timeout: number
}

/** Those without a client certificate, by how they are made. */
const shared = new Map<string, { readonly agent: Dispatcher; users: number }>()

/** Connections for all merchants of this process; those with a client certificate belong to one merchant. */
export function connect(merchant: ClientCertificate | undefined, options: ConnectionOptions): Connections {
  const { proxy = environmentProxy(), timeout } = options
  const make = (): Dispatcher => agent(proxy, { timeout, ...merchant })
  if (merchant) {
    const own = make()
    return { dispatcher: own, release: () => own.close() }
  }
  const key = JSON.stringify([proxy, timeout])
  const mine = shared.get(key) ?? { agent: make(), users: 0 }
  shared.set(key, mine)
  mine.users++
  let released = false
  return {
    dispatcher: mine.agent,
    async release() {
      if (released) return
      released = true
      if (--mine.users > 0) return
      shared.delete(key)
      await mine.agent.close()
    },
  }
}

type Tls = ClientCertificate & { readonly timeout: number }

function agent(proxy: ProxyChoice | EnvironmentProxy, tls: Tls): Dispatcher {
  const { Agent, EnvHttpProxyAgent, Pool, ProxyAgent } = undici()
  const direct = { ...POOL, connect: { ...tls } }
  if (!proxy) return new Agent(direct)
  const tunnelled = {
    ...direct,
    // It is the host that the client certificate is for.
    requestTls: { ...tls },
    // undici would speak TLS to a SOCKS proxy, if it had this.
    ...(!isSocks(proxy) && { proxyTls: { timeout: tls.timeout } }),
    // A tunnel is a connection that the proxy makes: it takes no longer than any other.
    clientFactory: (origin: URL, options: object) =>
      new Pool(origin, { ...options, headersTimeout: tls.timeout }),
  }
  if (typeof proxy === 'string') return new ProxyAgent({ ...tunnelled, uri: proxy })
  return new EnvHttpProxyAgent({ ...tunnelled, ...proxy })
}

function isSocks(proxy: string | EnvironmentProxy): boolean {
  const { httpProxy, httpsProxy } = typeof proxy === 'string' ? { httpProxy: proxy, httpsProxy: '' } : proxy
  return [httpProxy, httpsProxy].some((address) => address.startsWith('socks'))
}
