import {
  BIT_STRING,
  content,
  type Element,
  elements,
  INTEGER,
  inside,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from './der'

/** 1.2.156.10197.1.301, the curve sm2p256v1 (GM/T 0006). */
const CURVE = Buffer.from('2a811ccf5501822d', 'hex')
const SIZE = 32
const EXPLICIT_0 = 0xa0
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** What a certificate says, or a bare key. */
export interface Published {
  /** Uncompressed: 65 bytes. */
  readonly point: Buffer
  /** Of a certificate: from when, and until when, in milliseconds. */
  readonly validity?: { readonly effective: number; readonly expires: number } | undefined
}

/**
 * The number that is a private key, 32 bytes, out of PKCS#8 (RFC 5958) or SEC 1 (RFC 5915).
 * @throws Error when it is neither, or of another curve
 */
export function scalarIn(bytes: Buffer): Buffer {
  const [, second, third] = inside(bytes)
  if (second?.tag !== SEQUENCE) return scalarOf(bytes, true)
  checkCurve(elements(content(second, SEQUENCE)))
  return scalarOf(content(third, OCTET_STRING), false)
}

/** @param alone whether nothing around it has told the curve */
function scalarOf(bytes: Buffer, alone: boolean): Buffer {
  const [version, key, ...rest] = inside(bytes)
  content(version, INTEGER)
  const named = rest.find(({ tag }) => tag === EXPLICIT_0)
  if (named) checkCurve(elements(named.content))
  else if (alone) throw new Error('of no curve')
  const scalar = content(key, OCTET_STRING)
  if (scalar.length !== SIZE) throw new Error('of another curve')
  return scalar
}

/**
 * The point that is a public key, out of SPKI or a certificate (RFC 5280).
 * @throws Error when it is neither, or of another curve
 */
export function pointIn(bytes: Buffer): Published {
  const [first, second] = inside(bytes)
  if (second?.tag === BIT_STRING) return { point: pointOf([first, second]) }
  // The version, where there is one, stands before what every certificate has.
  const fields = elements(content(first, SEQUENCE)).filter(({ tag }) => tag !== EXPLICIT_0)
  const [, , , validity, , key] = fields
  const [from, until] = elements(content(validity, SEQUENCE))
  return {
    point: pointOf(elements(content(key, SEQUENCE))),
    validity: { effective: timeOf(from), expires: timeOf(until) },
  }
}

function pointOf([algorithm, key]: readonly (Element | undefined)[]): Buffer {
  checkCurve(elements(content(algorithm, SEQUENCE)))
  const bits = content(key, BIT_STRING)
  // The first byte says how many bits of the last do not count; 04 that both coordinates follow.
  if (bits.length !== 2 + 2 * SIZE || bits[0] !== 0 || bits[1] !== 0x04) throw new Error('no such point')
  return bits.subarray(1)
}

function checkCurve(parameters: readonly Element[]): void {
  const names = parameters.filter(({ tag }) => tag === OBJECT_IDENTIFIER)
  if (!names.some((name) => name.content.equals(CURVE))) throw new Error('of another curve')
}

/** UTCTime (`YYMMDDhhmmssZ`, from 1950 to 2049) or GeneralizedTime (`YYYYMMDDhhmmssZ`), in milliseconds. */
function timeOf(element: Element | undefined): number {
  const short = element?.tag === UTC_TIME
  const digits = content(element, short ? UTC_TIME : GENERALIZED_TIME).toString('latin1')
  const century = short ? (digits < '5' ? '20' : '19') : ''
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + digits) ?? []
  const [year = Number.NaN, month = 1, ...rest] = parts.map(Number)
  const time = Date.UTC(year, month - 1, ...rest)
  if (Number.isNaN(time)) throw new Error('no time')
  return time
}
