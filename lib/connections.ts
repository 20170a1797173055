import type { Agent, Dispatcher } from 'undici'
import type { ClientCertificate } from './merchant'
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

let shared: { readonly agent: Dispatcher; users: number } | undefined

/** Connections for all merchants of this process; those with a client certificate belong to one merchant. */
export function connect(merchant: ClientCertificate | undefined): Connections {
  if (merchant) {
    const own = new (undici().Agent)({ ...POOL, connect: { ...merchant } })
    return { dispatcher: own, release: () => own.close() }
  }
  shared ??= { agent: new (undici().Agent)(POOL), users: 0 }
  const mine = shared
  mine.users++
  let released = false
  return {
    dispatcher: mine.agent,
    async release() {
      if (released) return
      released = true
      if (--mine.users > 0) return
      shared = undefined
      await mine.agent.close()
    },
  }
}
