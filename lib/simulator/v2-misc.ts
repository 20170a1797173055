import { randomBytes } from 'node:crypto'
import type { Merchant } from './keys'
import type { Reply } from './reply'
import type { Shape } from './shape'
import { type V2Route, xmlReply } from './v2-door'

const HOUR = 3600
const TEXT = { type: 'string', required: true } as const

const ACCESS: Shape = {
  appid: TEXT,
  openid: TEXT,
  code: TEXT,
  grant_type: { ...TEXT, enum: ['authorization_code'] },
  scope: { ...TEXT, enum: ['pay_identity', 'pay_realname'] },
}

const ENTRUST: Shape = {
  appid: TEXT,
  plan_id: { type: 'integer', required: true },
  contract_code: { ...TEXT, max: 32 },
  request_serial: { type: 'integer', required: true },
  contract_display_account: { ...TEXT, max: 32 },
  notify_url: { ...TEXT, format: 'url' },
  version: { ...TEXT, enum: ['1.0'] },
  timestamp: { ...TEXT, pattern: /^\d{10}$/ },
  return_web: { type: 'integer', enum: [1] },
}

const token = (): string => randomBytes(32).toString('base64url')

const jsonReply = (body: object): Reply => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
})

/** Operations that answer in ways of their own: JSON, a redirect, unsigned XML */
export const miscRoutes = (merchant: Merchant): V2Route[] => {
  const sandbox_signkey = randomBytes(16).toString('hex')
  return [
    {
      method: 'GET',
      path: '/appauth/getaccesstoken',
      signType: 'HMAC-SHA256',
      nonceless: true,
      failure: ({ message }) => jsonReply({ retcode: -1, retmsg: message }),
      handler: ({ read }) => {
        read(ACCESS)
        return jsonReply({
          retcode: 0,
          retmsg: 'SUCCESS',
          access_token: token(),
          access_token_expire_in: 2 * HOUR,
          refresh_token: token(),
          refresh_token_expire_in: 30 * 24 * HOUR,
        })
      },
    },
    {
      method: 'GET',
      path: '/papay/entrustweb',
      nonceless: true,
      handler: ({ read }) => {
        read(ENTRUST)
        const Location = `https://payapp.weixin.qq.com/papay/entrust?token=${token()}`
        return { status: 302, headers: { Location }, body: Buffer.alloc(0) }
      },
    },
    {
      method: 'POST',
      path: '/xdc/apiv2getsignkey/sign/getsignkey',
      handler: () =>
        xmlReply({ return_code: 'SUCCESS', return_msg: 'OK', mch_id: merchant.mchid, sandbox_signkey }),
    },
  ]
}
