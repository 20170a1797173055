import { RequestError } from './errors'

/**
 * Where a signed request may go. A signature is a credential: whoever receives one can use it at the platform for
 * as long as the time window lasts.
 */
const API_HOSTS: readonly { readonly host: string; readonly reason: string }[] = [
  {
    host: '.mch.weixin.qq.com',
    reason: 'api, api2, apihk, apius, fraud: the payment API (official 4012081717)',
  },
  { host: 'api.wechatpay.cn', reason: 'the same API under its new name' },
  { host: 'api2.wechatpay.cn', reason: 'its backup' },
  { host: 'payapp.weixin.qq.com', reason: 'APIv2 authorisations' },
]

export const DEFAULT_BASE_URI = 'https://api.mch.weixin.qq.com/'

const TRUSTED = API_HOSTS.map(({ host }) => (host.startsWith('.') ? `*${host}` : host)).join(', ')

/**
 * May a request to this origin carry the merchant's signature?
 * @param origin as `URL.origin` writes it
 * @param configured the origin of the configured `base_uri`
 */
export function isTrusted(origin: string, configured: string): boolean {
  if (origin === configured) return true
  if (!origin.startsWith('https://')) return false
  const host = origin.slice('https://'.length)
  return API_HOSTS.some(({ host: known }) => (known.startsWith('.') ? host.endsWith(known) : host === known))
}

/**
 * The origin of a request that is to be signed.
 * @param given an origin or an address; the configured one when there is none
 * @throws RequestError when it may not have the merchant's signature
 */
export function trustedOrigin(given: string | URL | undefined, configured: string, field?: string): string {
  if (given === configured) return configured
  const text = String(given ?? configured)
  const origin = URL.canParse(text) ? new URL(text).origin : text
  if (isTrusted(origin, configured)) return origin
  throw new RequestError(
    field,
    `a signed request is never sent to ${origin}: only over https to ${TRUSTED}, and to the configured base_uri`,
  )
}
