import { Hash } from '../crypto/hash'
import { RequestError } from '../errors'
import { Formatter } from '../formatter'
import type { Fields } from './fields'

/** Just these fields are signed, whatever else a request holds (WeCom, doc 90000/90135/90281). */
const SIGNED = {
  'mmpaymkttransfers/sendworkwxredpack': [
    'act_name',
    'mch_billno',
    'mch_id',
    'nonce_str',
    're_openid',
    'total_amount',
    'wxappid',
  ],
  'mmpaymkttransfers/promotion/paywwsptrans2pocket': [
    'amount',
    'appid',
    'desc',
    'mch_id',
    'nonce_str',
    'openid',
    'partner_trade_no',
    'ww_msg_type',
  ],
} as const

/**
 * WeCom's second signature, `workwx_sign`, for red packets and payments from an enterprise: MD5, upper-case hex, with the
 * secret of WeCom's payment application in place of the APIv2 key. Put it among the fields of the request; `sign`, made
 * when the request is sent, covers it.
 *
 * @param endpoint the path of the call, without `v2/`
 * @param fields the fields of the request; `nonce_str` too, since this signature is made before the request's own
 * @param secret of the payment application, from WeCom's console
 * @throws RequestError that names the field that is missing
 */
export function workwxSign(endpoint: keyof typeof SIGNED, fields: Fields, secret: string): string {
  const names: readonly string[] | undefined = Object.hasOwn(SIGNED, endpoint) ? SIGNED[endpoint] : undefined
  if (names === undefined)
    throw new RequestError('endpoint', `expected one of ${Object.keys(SIGNED).join(', ')}`)
  if (typeof secret !== 'string' || secret === '') {
    throw new RequestError('secret', "missing: the secret of WeCom's payment application")
  }
  if (typeof fields !== 'object' || fields === null)
    throw new RequestError('fields', 'expected an object of fields')
  const signed: Record<string, string> = {}
  for (const name of names) {
    const value = fields[name]
    if (value === undefined || value === null || value === '') {
      throw new RequestError(name, 'missing: workwx_sign covers it')
    }
    signed[name] = String(value)
  }
  return Hash.md5(Formatter.queryStringLike(Formatter.ksort(signed)), secret, true).toUpperCase()
}
