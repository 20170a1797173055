/**
 * The few DER encodings a certificate is made of (ITU-T X.690). Node can read certificates but cannot issue them.
 */

const lengthOf = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size])
  const hex = size.toString(16)
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

const encode = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

/** SEQUENCE */
export const sequence = (...items: readonly Buffer[]): Buffer => encode(0x30, ...items)

/** SET; the caller gives the items in their DER order */
export const set = (...items: readonly Buffer[]): Buffer => encode(0x31, ...items)

/** NULL */
export const nothing = (): Buffer => encode(0x05)

/** UTF8String */
export const utf8 = (text: string): Buffer => encode(0x0c, Buffer.from(text))

/** BOOLEAN TRUE */
export const yes = (): Buffer => encode(0x01, Buffer.from([0xff]))

/** OCTET STRING */
export const octets = (content: Buffer): Buffer => encode(0x04, content)

/** BIT STRING; `unused` bits at its end do not count */
export const bits = (content: Buffer, unused = 0): Buffer => encode(0x03, Buffer.from([unused]), content)

/** A context-specific, constructed (explicit) tag */
export const tagged = (number: number, content: Buffer): Buffer => encode(0xa0 | number, content)

/** A context-specific tag that stands for another one */
export const implicit = (number: number, content: Buffer): Buffer => encode(0x80 | number, content)

/** A positive INTEGER from its hexadecimal digits; a set top bit would make it negative, so a zero byte goes first */
export const integer = (hex: string): Buffer => {
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return encode(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

const base128 = (value: number): number[] => {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

/** OBJECT IDENTIFIER from its dotted form */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** UTCTime up to the year 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5); whole seconds */
export const time = (date: Date): Buffer => {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? encode(0x17, Buffer.from(digits.slice(2)))
    : encode(0x18, Buffer.from(digits))
}
