import { readFileSync } from 'node:fs'
import type { Config } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'

/**
 * Runs an example against the simulator, or, when `WECHATPAY_CONFIG` names a JSON file with the options of
 * `Builder.factory`, against whatever that file says.
 */
export async function run(example: (config: Config) => Promise<void>): Promise<void> {
  const file = process.env.WECHATPAY_CONFIG
  if (file) return example(JSON.parse(readFileSync(file, 'utf8')) as Config)
  await using simulator = await Simulator.start()
  await example(simulator.credentials)
}
