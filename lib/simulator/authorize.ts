import { type Clock, seconds } from './clock'
import { type Exchange, headerOf } from './exchange'
import type { Merchant } from './keys'
import { readParts } from './multipart'
import { Nonces } from './nonces'
import { Problem, signError } from './problem'
import { suiteOf } from './suite'

/** What the platform's brands sign with: the merchant is known as a brand, too, by the same number */
const BRAND_SCHEME = 'WECHATPAY-BRAND-SHA256-RSA2048'
const WINDOW = 300
const NAMES = ['serial_no', 'timestamp', 'nonce_str', 'signature'] as const
const PAIR = /\s*([a-z_]+)="([^"]*)"\s*(?:,|$)/y
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** How many bytes of a body the platform shows, by its answers */
const SHOWN_OF_BODY = 8

/** How a scheme names who calls */
type Caller = 'mchid' | 'brand_id'

/** What an `Authorization` says, and who calls */
type Token = Readonly<Record<(typeof NAMES)[number] | 'id', string>> & { readonly caller: Caller }

/** Whether a request is the merchant's, and what the signature had to cover, once the header could be read */
export type Verdict =
  | { readonly verified: true; readonly message: string }
  | { readonly verified: false; readonly problem: Problem; readonly message?: string }

/** The pairs of an `Authorization` header in any order; `undefined` when one is missing, twice there or unknown */
const readToken = (header: string, caller: Caller): Token | undefined => {
  const text = header.slice(header.indexOf(' ')).trim()
  const pairs = new Map<string, string>()
  PAIR.lastIndex = 0
  while (PAIR.lastIndex < text.length) {
    const [whole, name, value] = PAIR.exec(text) ?? []
    if (whole === undefined || name === undefined || value === undefined || pairs.has(name)) return undefined
    pairs.set(name, value)
  }
  const id = pairs.get(caller)
  if (id === undefined || pairs.size !== NAMES.length + 1 || !NAMES.every((name) => pairs.has(name)))
    return undefined
  return { ...(Object.fromEntries(pairs) as Token), id, caller }
}

/** The bytes a request's signature covers: of an upload's body the part `meta` only */
const messageOf = (exchange: Exchange, token: Token): { whole: Buffer; shown: Buffer } => {
  const parts = readParts(headerOf(exchange.headers, 'content-type'), exchange.body)
  const body = parts ? (parts.find(({ name }) => name === 'meta')?.content ?? Buffer.alloc(0)) : exchange.body
  const lines = [exchange.method, exchange.target, token.timestamp, token.nonce_str, '']
  // Node gives a request line and headers one character a byte.
  const head = Buffer.from(lines.join('\n'), 'latin1')
  const message = (part: Buffer) => Buffer.concat([head, part, Buffer.from('\n')])
  return { whole: message(body), shown: message(body.subarray(0, SHOWN_OF_BODY)) }
}

/** Checks the `Authorization` of requests the way the platform does */
export class Authority {
  readonly #merchant: Merchant
  readonly #now: Clock
  // A timestamp may lie a window ahead and stays valid for another window after it.
  readonly #nonces = new Nonces(2 * WINDOW * 1000)

  constructor(merchant: Merchant, now: Clock) {
    this.#merchant = merchant
    this.#now = now
  }

  check(exchange: Exchange): Verdict {
    if (!headerOf(exchange.headers, 'user-agent'))
      return {
        verified: false,
        problem: new Problem(400, 'INVALID_REQUEST', '请求缺少 User-Agent 头', {
          field: 'User-Agent',
          value: null,
          issue: 'header is missing',
          location: 'header',
        }),
      }
    const header = headerOf(exchange.headers, 'authorization')
    if (!header)
      return {
        verified: false,
        problem: signError('请求缺少 Authorization 头', 'authorization', 'header is missing'),
      }
    const { scheme } = suiteOf(this.#merchant.publicKey)
    const callers = new Map<string | undefined, Caller>([
      [scheme, 'mchid'],
      [BRAND_SCHEME, 'brand_id'],
    ])
    const caller = callers.get(header.split(' ', 1)[0])
    const token = caller && readToken(header, caller)
    if (!token)
      return {
        verified: false,
        problem: signError(
          'Authorization 头无法识别',
          'authorization',
          `not "${scheme}" with mchid, ${NAMES.join(', ')}`,
        ),
      }
    const { whole, shown } = messageOf(exchange, token)
    const message = whole.toString()
    const problem =
      this.#stranger(token) ?? this.#forged(token, exchange, whole, shown) ?? this.#replayed(token)
    return problem ? { verified: false, problem, message } : { verified: true, message }
  }

  /** Another merchant, another certificate, another time */
  #stranger({ caller, id, serial_no, timestamp }: Token): Problem | undefined {
    if (id !== this.#merchant.mchid) return signError('商户号未知', caller, 'merchant is unknown')
    if (serial_no !== this.#merchant.serial)
      return signError('商户证书序列号与商户不符', 'serial_no', 'certificate is not this merchant’s')
    if (!/^[1-9]\d{0,11}$/.test(timestamp))
      return signError('时间戳格式错误', 'timestamp', 'not seconds since 1970')
    if (Math.abs(seconds(this.#now()) - Number(timestamp)) > WINDOW)
      return signError('时间戳已过期', 'timestamp', `more than ${WINDOW} seconds from the server’s clock`)
    return undefined
  }

  #forged(
    { signature, nonce_str }: Token,
    exchange: Exchange,
    whole: Buffer,
    shown: Buffer,
  ): Problem | undefined {
    const { publicKey } = this.#merchant
    const genuine =
      BASE64.test(signature) && suiteOf(publicKey).verify(whole, Buffer.from(signature, 'base64'), publicKey)
    if (!genuine)
      return signError('错误的签名，验签失败', 'signature', 'sign not match', {
        // The issue is told here in the platform's answers, and beside the field in its documentation.
        detail: { issue: 'sign not match' },
        sign_information: {
          method: exchange.method,
          url: exchange.target,
          sign_message_length: whole.length,
          truncated_sign_message: shown.toString(),
        },
      })
    return nonce_str === '' ? signError('随机串为空', 'nonce_str', 'empty') : undefined
  }

  /** Only a genuine request uses its nonce up: nobody else can burn one */
  #replayed({ nonce_str }: Token): Problem | undefined {
    return this.#nonces.use(nonce_str, this.#now())
      ? undefined
      : signError('随机串已被使用', 'nonce_str', 'nonce was used before')
  }
}
