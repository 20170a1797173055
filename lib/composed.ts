import type { Dispatcher } from 'undici'
import type { ResolvedConfig } from './config'
import type { Connections } from './connections'
import { ConfigError } from './errors'
import type { Dispatch } from './handler'
import type { Line } from './request'
import { signer as v2Signer } from './v2/signer'
import { verifier as v2Verifier } from './v2/verifier'
import { signer as v3Signer } from './v3/signer'
import { verifier as v3Verifier } from './v3/verifier'

/** Connections, and the same with the signer and the verifier of each protocol. */
export interface Composed {
  readonly connections: Connections
  readonly v2: Dispatcher
  readonly v3: Dispatcher
  /** Their `dispatch`, taken once: a composed dispatcher is a Proxy. */
  readonly send: Readonly<Record<Line, Dispatch>>
}

const sender = (dispatcher: Dispatcher): Dispatch => dispatcher.dispatch.bind(dispatcher) as Dispatch

/** @throws ConfigError for a dispatcher that cannot be composed */
export function composed(connections: Connections, config: ResolvedConfig): Composed {
  try {
    const plain = connections.dispatcher
    const v2 = plain.compose(v2Verifier(config), v2Signer(config))
    const v3 = plain.compose(v3Verifier(config), v3Signer(config))
    const signed = plain.compose(v3Signer(config))
    const send = { v2: sender(v2), v3: sender(v3), signed: sender(signed), plain: sender(plain) }
    return { connections, v2, v3, send }
  } catch (error) {
    throw new ConfigError(
      'dispatcher',
      'cannot be composed with the signer: expected a Dispatcher of undici 7',
      error,
    )
  }
}
