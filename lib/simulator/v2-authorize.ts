import { type Exchange, headerOf } from './exchange'
import type { Merchant } from './keys'
import { readParts } from './multipart'
import { Problem, paramError } from './problem'
import { digestOf, messageOf, type SignType } from './v2-sign'
import { type Fields, readXml } from './xml'

const MERCHANT_NAMES = ['mch_id', 'mchid', 'combine_mch_id'] as const
const MAX_NONCE = 32

/** What an operation asks of a request besides its signature */
export interface V2Demands {
  readonly method: 'GET' | 'POST'
  /** how it may be signed; by either when left out */
  readonly signType?: SignType
  /** whether its page knows no `nonce_str` */
  readonly nonceless?: boolean
}

/** Whether a request is the merchant's, and what it holds */
export type V2Verdict =
  | { readonly verified: true; readonly message: string; readonly type: SignType; readonly fields: Fields }
  | { readonly verified: false; readonly message?: string; readonly problem: Problem }

const refusal = (code: string, message: string): Problem => new Problem(200, code, message)

const refused = (problem: Problem, message?: string): V2Verdict => ({
  verified: false,
  problem,
  ...(message !== undefined && { message }),
})

/** The parameters of a query; `undefined` when one comes twice, because no signature could tell which is meant */
const readQuery = (query: URLSearchParams): Fields | undefined => {
  const fields = new Map(query)
  return fields.size === query.size ? fields : undefined
}

/** The fields of an upload, but for the file, which its hash stands for; of any other body those of its XML */
const readBody = ({ headers, body }: Exchange): Fields | undefined => {
  const parts = readParts(headerOf(headers, 'content-type'), body)
  if (!parts) return readXml(body)
  return new Map(parts.filter(({ file }) => !file).map(({ name, content }) => [name, content.toString()]))
}

/** `undefined` when there is no such type, or the operation does not take it */
const typeOf = (fields: Fields, { signType }: V2Demands): SignType | undefined => {
  const given = fields.get('sign_type') || 'MD5'
  if (given !== 'MD5' && given !== 'HMAC-SHA256') return undefined
  return signType && given !== signType ? undefined : given
}

/** Checks the fields of APIv2 requests the way the platform does */
export class V2Authority {
  readonly #merchant: Merchant

  constructor(merchant: Merchant) {
    this.#merchant = merchant
  }

  check(exchange: Exchange, demands: V2Demands): V2Verdict {
    const { method } = demands
    if (exchange.method !== method)
      return refused(refusal('REQUIRE_POST_METHOD', `请使用${method.toLowerCase()}方法`))
    const fields = method === 'GET' ? readQuery(exchange.query) : readBody(exchange)
    if (!fields) return refused(refusal('XML_FORMAT_ERROR', method === 'GET' ? '参数重复' : 'XML格式错误'))
    const message = messageOf(fields)
    const type = typeOf(fields, demands)
    const problem = this.#stranger(fields) ?? this.#forged(fields, type, message, demands)
    if (problem || !type) return refused(problem ?? refusal('SIGNERROR', '签名类型sign_type错误'), message)
    return { verified: true, type, message, fields }
  }

  #stranger(fields: Fields): Problem | undefined {
    const given = MERCHANT_NAMES.map((name) => fields.get(name)).filter((value) => value !== undefined)
    return given.length > 0 && given.every((value) => value === this.#merchant.mchid)
      ? undefined
      : refusal('MCHID_NOT_EXIST', '商户号mch_id不存在或与签名的商户不符')
  }

  #forged(
    fields: Fields,
    type: SignType | undefined,
    message: string,
    { nonceless }: V2Demands,
  ): Problem | undefined {
    if (!type) return undefined
    if (fields.get('sign') !== digestOf({ type, key: this.#merchant.secret }, message))
      return refusal('SIGNERROR', '签名错误')
    const nonce = fields.get('nonce_str') || undefined
    if (!nonce && !nonceless) return paramError('/nonce_str', nonce, 'is required', 'body')
    return nonce && nonce.length > MAX_NONCE
      ? paramError('/nonce_str', nonce, `must not be longer than ${MAX_NONCE}`, 'body')
      : undefined
  }
}
