/**
 * Makes calls that are repeated, given up, aborted and left without a connection, prints how many were settled and what
 * still listens to the signals they shared, and has nothing left to do: the client is never closed.
 */
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { Builder, type Config } from '../../lib/lite'

/** What the process is told. */
export interface Retrying {
  readonly config: Config
  readonly base_uri: string
  /** An address at which nobody listens. */
  readonly refused: string
}

async function main({ config, base_uri, refused }: Retrying): Promise<void> {
  const policy = { ...config, retry: { delay: 5, maxDelay: 20 }, timeout: { total: 600, headers: 60 } }
  const signals = [AbortSignal.timeout(30), new AbortController().signal]
  const calls = [base_uri, refused].flatMap((address) => {
    const { x } = Builder.factory({ ...policy, base_uri: address }).v3
    return Array.from({ length: 10 }, () => [
      ...signals.map((signal) => x.get({ signal })),
      x.post({ json: {}, retry: { writes: true } }),
      x.post({ json: {}, signal: signals[1] }),
    ]).flat()
  })
  const settled = await Promise.allSettled(calls)
  const listeners = signals.flatMap((signal) => getEventListeners(signal, 'abort'))
  console.log(JSON.stringify({ settled: settled.length, listeners: listeners.length }))
}

main(JSON.parse(readFileSync(0, 'utf8')) as Retrying)
