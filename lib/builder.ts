import { createChain, rootOf, VERBS, type Verb } from './chain'
import { Client } from './client'
import type { BrandConfig, Config } from './config'
import { ConfigError, RequestError } from './errors'
import { pending } from './promise'
import type { LooseInstance } from './types'
import { normalize } from './uri'

const clients = new WeakMap<object, Client>()

/** Makes chains, and finds what stands behind them. */
export const Builder = {
  /**
   * The root of a chain. The configuration is checked, its keys are parsed, once and here.
   * @typeParam Tree what of the documented operations shall be typed: `Builder.factory<Refund.Tree & Pay.Tree>(…)`
   * @throws ConfigError that names the option and the remedy
   */
  factory<Tree = unknown>(config: Config | BrandConfig): Tree & LooseInstance {
    const client = new Client(config)
    const root = createChain(
      {
        segment(name) {
          if (typeof name === 'number') return String(name)
          if (typeof name === 'string') return normalize(name)
          throw new RequestError(
            undefined,
            `chain() expects a path template, got a value of type ${typeof name}`,
          )
        },
        send: (verb, path, args) => call(client, verb, path, args),
        misuse: (path, name) => misused(path, name),
      },
      { [Symbol.asyncDispose]: () => client.close() },
    )
    clients.set(root, client)
    return root as unknown as Tree & LooseInstance
  },

  /**
   * The client behind a chain, given by its root or any of its nodes.
   * @throws ConfigError for anything else
   */
  driver(instance: unknown): Client {
    const client = clients.get(rootOf(instance) ?? {})
    if (!client) throw new ConfigError('instance', 'expected what Builder.factory() gave')
    return client
  },
} as const

function call(client: Client, verb: Verb, path: string, args: readonly unknown[]): Promise<unknown> {
  const [options] = args
  return verb.endsWith('Async')
    ? client.requestAsync(verb.slice(0, -'Async'.length), path, options)
    : client.request(verb, path, options)
}

function misused(path: string, name: string): Promise<never> {
  const place = name === '' ? 'the root' : `"${name}" below "${path}"`
  const problem = `${place} is no verb: call one of ${VERBS.join(', ')}, or the same with Async`
  const rejected = pending(Promise.reject(new RequestError(undefined, problem)))
  // Printers and matchers call what looks like a function and throw the outcome away: that must not end the process.
  rejected.catch(() => {})
  return rejected
}
