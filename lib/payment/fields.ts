import { RequestError } from '../errors'
import { Formatter } from '../formatter'
import { isPlainObject } from '../plain'
import { suggestion } from '../suggestion'

/**
 * The moment and the nonce of a signature. Both are made anew when they are not given, which is what production wants;
 * they are here for tests, and for making the same parameters once more.
 */
export interface PaymentStamp {
  /** In seconds, ten digits. */
  readonly timestamp?: number | string | undefined
  /** Up to 32 letters and digits. */
  readonly nonce?: string | undefined
}

/** The same, made out: what goes into the signed string and to the front end. */
interface Stamp {
  readonly timestamp: string
  readonly nonce: string
}

type Texts<Required extends string, Optional extends string> = Record<Required, string> &
  Partial<Record<Optional, string>>

/** Control characters would change the lines that are signed, and half a surrogate pair has no bytes to sign. */
const UNSIGNABLE = /[\p{Cc}\p{Cs}]/u

/**
 * The texts that a method was given, and nothing else.
 * @param place stands before the names in messages: `coupons[0].`
 * @throws RequestError that names the field that is missing, empty, no text, not signable or not known
 */
export function readTexts<Required extends string, Optional extends string = never>(
  given: unknown,
  required: readonly Required[],
  optional: readonly Optional[] = [],
  place = '',
): Texts<Required, Optional> {
  const names: readonly string[] = [...required, ...optional]
  if (!isPlainObject(given)) {
    throw new RequestError(place.replace(/\.$/, '') || undefined, `expected { ${names.join(', ')} }`)
  }
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      throw new RequestError(`${place}${name}`, `no such field${suggestion(name, names)}`)
    }
    if (value !== undefined && value !== null) texts[name] = checkText(value, `${place}${name}`)
  }
  for (const name of required) if (!(name in texts)) throw new RequestError(`${place}${name}`, 'missing')
  return texts as Texts<Required, Optional>
}

/** @throws RequestError that names `field`, unless it is a text that can be signed */
export function checkText(value: unknown, field: string): string {
  if (typeof value !== 'string')
    throw new RequestError(
      field,
      `expected text, got ${value === undefined ? 'nothing' : `a value of type ${typeof value}`}`,
    )
  if (value === '') throw new RequestError(field, 'is empty')
  if (UNSIGNABLE.test(value)) {
    throw new RequestError(field, 'holds a line feed or another character that cannot be signed')
  }
  return value
}

/** @throws RequestError for milliseconds, and for a nonce that the platform would not take */
export function makeStamp(given: PaymentStamp | undefined): Stamp {
  const { timestamp = Formatter.timestamp(), nonce = Formatter.nonce() } = given ?? {}
  if (!/^\d{10}$/.test(String(timestamp))) {
    throw new RequestError('timestamp', 'expected seconds: ten digits (Date.now() gives milliseconds)')
  }
  if (typeof nonce !== 'string' || !/^[A-Za-z0-9]{1,32}$/.test(nonce)) {
    throw new RequestError('nonce', 'expected up to 32 letters and digits')
  }
  return { timestamp: String(timestamp), nonce }
}

/** The bare id, whether it was given so or as `prepay_id=…`, which is how the front end wants it back. */
export function barePrepayId(given: string): string {
  const id = given.replace(/^prepay_id=/, '')
  if (/^[\w-]+$/.test(id)) return id
  throw new RequestError('prepay_id', 'expected the prepay_id of the order, bare or as "prepay_id=…"')
}

/** `k=v&…`, the values percent-encoded. */
export function encodeFields(fields: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(fields)
    .filter((field): field is [string, string] => field[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}
