import { release } from 'node:os'

let value: string | undefined

/** `wechatpay-chain/1.0.0 undici/7.0.0 node/20.18.1 (linux/6.1.0)`. The platform refuses calls that have none. */
export function userAgent(): string {
  if (value === undefined) {
    const own = require('../package.json') as { version: string }
    const undici = require('undici/package.json') as { version: string }
    const system = `${process.platform}/${release()}`
    value = `wechatpay-chain/${own.version} undici/${undici.version} node/${process.versions.node} (${system})`
  }
  return value
}
