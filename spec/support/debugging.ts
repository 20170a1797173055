/**
 * Makes two calls full of secrets, one that is repeated and one that finds nobody, through a proxy with a password where it
 * can, and prints what must not be seen anywhere else.
 */
import { readFileSync } from 'node:fs'
import { Builder, type Config } from '../../lib/lite'

/** What the process is told. */
export interface Debugging {
  readonly config: Config & {
    readonly privateKey: string
    readonly secret: string
    readonly apiv3Key: string
  }
  readonly base_uri: string
  /** An address at which nobody listens. */
  readonly refused: string
}

const PERSONAL = ['oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', 'zhangsan', '13800138000', 'correct-horse']

async function main({ config, base_uri, refused }: Debugging): Promise<void> {
  const [openid, name, phone, password] = PERSONAL
  const common = { ...config, retry: { delay: 1, attempts: 2 } }
  const first = Builder.factory({ ...common, base_uri })
  await first.chain(`v3/payscore/users/${openid}/permissions`).post({
    query: { phone },
    json: { name },
    headers: { 'X-Phone': String(phone) },
    retry: { writes: true },
  })
  const proxy = refused.replace('//', `//merchant:${password}@`)
  const second = Builder.factory({ ...common, proxy })
  await second.v2.pay.unifiedorder.post({ xml: { mch_id: config.mchid, openid } }).catch(() => {})
  await Promise.all([first, second].map((each) => Builder.driver(each).close()))
  const key = config.privateKey.split('\n')[3] ?? ''
  console.log(
    JSON.stringify({
      secrets: [...PERSONAL, config.secret, config.apiv3Key, key, 'WECHATPAY2', 'signature', '<xml>'],
    }),
  )
}

main(JSON.parse(readFileSync(0, 'utf8')) as Debugging)
