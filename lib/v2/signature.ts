import { Hash } from '../crypto/hash'
import { Formatter } from '../formatter'

/**
 * Is `sign` that of the fields? Its length tells MD5 from HMAC-SHA256; the weaker is not taken for the stronger that was
 * asked for.
 */
export function isSigned(
  answer: Readonly<Record<string, unknown>>,
  secret: string,
  asked: string | undefined,
): boolean {
  const { sign } = answer
  if (typeof sign !== 'string' || secret === '') return false
  const type = sign.length === 64 ? Hash.ALGO_HMAC_SHA256 : Hash.ALGO_MD5
  if (asked === Hash.ALGO_HMAC_SHA256 && type !== asked) return false
  // What is nested was not signed in any way that could be checked.
  if (!Object.values(answer).every((value) => typeof value === 'string')) return false
  const message = Formatter.queryStringLike(Formatter.ksort(answer as Record<string, string>))
  return Hash.equals(Hash.sign(type, message, secret), sign)
}
