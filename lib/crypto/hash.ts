import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { RequestError } from '../errors'

const ALGO_MD5 = 'MD5'
const ALGO_HMAC_SHA256 = 'HMAC-SHA256'

/** What APIv2's `sign_type` may be, and who computes it. */
const SIGNERS: ReadonlyMap<string, (data: string, key: string) => string> = new Map([
  [ALGO_MD5, (data: string, key: string) => Hash.md5(data, key)],
  [ALGO_HMAC_SHA256, (data: string, key: string) => Hash.hmac(data, key)],
])

/** APIv2's signatures. */
export const Hash = {
  /** `sign_type` of MD5, APIv2's default. */
  ALGO_MD5,
  /** `sign_type` of HMAC with SHA-256. */
  ALGO_HMAC_SHA256,

  /**
   * MD5 of `<thing>&key=<key>` in lower-case hex; without a key, of the thing alone.
   * @param agency true (or the id of an agent): WeCom's `&secret=` instead of `&key=`
   */
  md5(thing: string, key = '', agency: string | boolean = false): string {
    const secret = given(key) ? `&${given(agency) ? 'secret' : 'key'}=${key}` : ''
    return createHash('md5').update(`${thing}${secret}`).digest('hex')
  },

  /**
   * HMAC of `<thing>&key=<key>` under the same key, in lower-case hex.
   * @throws RequestError for an algorithm that Node's crypto does not have
   */
  hmac(thing: string, key: string, algorithm = 'sha256'): string {
    let hmac: ReturnType<typeof createHmac>
    try {
      hmac = createHmac(algorithm, key)
    } catch {
      throw new RequestError('algorithm', `there is no hash called ${JSON.stringify(algorithm)}`)
    }
    return hmac.update(`${thing}&key=${key}`).digest('hex')
  },

  /**
   * APIv2's `sign`, in upper-case hex.
   * @param type `MD5` or `HMAC-SHA256`
   * @param data `Formatter.queryStringLike(Formatter.ksort(fields))`
   * @throws RequestError for another type, where PHP returns nothing, and without a key, which would prove nothing
   */
  sign(type: string, data: string, key: string): string {
    const signer = SIGNERS.get(type)
    if (!signer) {
      throw new RequestError('sign_type', `expected ${[...SIGNERS.keys()].join(' or ')}, got ${quoted(type)}`)
    }
    if (!given(key)) throw new RequestError('secret', 'APIv2 signs with the APIv2 key, and there is none')
    return signer(data, key).toUpperCase()
  },

  /** Are the two the same? In constant time for those of the same length; nothing given is never the same. */
  equals(known: string, user?: string | null): boolean {
    if (typeof user !== 'string' || typeof known !== 'string') return false
    const [a, b] = [Buffer.from(known), Buffer.from(user)]
    return a.length === b.length && timingSafeEqual(a, b)
  },
} as const

/** PHP's idea of something being there: `'0'` is not. */
function given(value: unknown): boolean {
  return Boolean(value) && value !== '0'
}

function quoted(type: unknown): string {
  return JSON.stringify(type) ?? String(type)
}
