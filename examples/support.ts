import { readFileSync } from 'node:fs'
import { Agent } from 'undici'
import type { Config } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'

/** What an example works with. `simulator` is there unless `WECHATPAY_CONFIG` says otherwise. */
export interface Stage {
  readonly config: Config
  readonly simulator: Simulator | undefined
}

/**
 * Runs an example against the simulator, or, when `WECHATPAY_CONFIG` names a JSON file with the options of
 * `Builder.factory`, against whatever that file says.
 */
export async function run(example: (config: Config, stage: Stage) => Promise<void>): Promise<void> {
  const file = process.env.WECHATPAY_CONFIG
  if (file) {
    const config = JSON.parse(readFileSync(file, 'utf8')) as Config
    return example(config, { config, simulator: undefined })
  }
  await using simulator = await Simulator.start()
  await example(simulator.credentials, { config: simulator.credentials, simulator })
}

/**
 * The same over TLS, for calls that want the client certificate. On the real platform `merchant` is all it takes; the
 * simulator's own certificate authority is known to nobody, so that here a dispatcher carries both.
 */
export async function runSecurely(example: (config: Config, stage: Stage) => Promise<void>): Promise<void> {
  if (process.env.WECHATPAY_CONFIG) return run(example)
  await using simulator = await Simulator.start({ tls: true })
  const { ca, credentials, secureUrl } = simulator
  const { merchant, ...rest } = credentials
  const dispatcher = new Agent({ connect: { ...merchant, ...(ca && { ca }) } })
  const config: Config = { ...rest, base_uri: secureUrl, dispatcher }
  await example(config, { config, simulator })
  await dispatcher.close()
}
