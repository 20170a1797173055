import type { KeyObject } from 'node:crypto'
import { sm2 } from 'sm-crypto'
import { integer, octets, sequence } from '../der'

const USER_ID = { hash: true, der: true, userId: '1234567812345678' } as const
const C1C3C2 = 1

// Node writes both with a fixed layout: the number is 32 bytes behind a head of 36, the point the last 65 bytes.
const scalarOf = (key: KeyObject): string =>
  key.export({ type: 'pkcs8', format: 'der' }).subarray(36, 68).toString('hex')
const pointOf = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).subarray(-65).toString('hex')

/** Signs with SM3; in DER */
export const sign = (message: Buffer, key: KeyObject): Buffer =>
  Buffer.from(sm2.doSignature([...message], scalarOf(key), USER_ID), 'hex')

/** Is it a signature in DER that belongs to the message? */
export const verify = (message: Buffer, signature: Buffer, key: KeyObject): boolean => {
  try {
    return sm2.doVerifySignature([...message], signature.toString('hex'), pointOf(key), USER_ID)
  } catch {
    return false
  }
}

/** The point, the digest and the text, in DER (GM/T 0009) */
export const encrypt = (text: Buffer, key: KeyObject): Buffer => {
  const hex = sm2.doEncrypt([...text], pointOf(key), C1C3C2)
  const [x = '', y = '', digest = ''] = hex.match(/.{64}/g) ?? []
  const bytes = (part: string): Buffer => Buffer.from(part, 'hex')
  return sequence(number(x), number(y), octets(bytes(digest)), octets(bytes(hex.slice(192))))
}

const number = (hex: string): Buffer => integer(hex.replace(/^(?:00)+(?=..)/, ''))

/** `undefined` when it was not encrypted for the key */
export const decrypt = (ciphertext: Buffer, key: KeyObject): Buffer | undefined => {
  const parts = partsOf(ciphertext)
  if (!parts) return undefined
  // Its types say text, whatever is asked for.
  const found: unknown = sm2.doDecrypt(parts, scalarOf(key), C1C3C2, { output: 'array' })
  return Array.isArray(found) && found.length > 0 ? Buffer.from(found) : undefined
}

/** Is it a ciphertext in DER, whoever it is for? */
export const isCiphertext = (bytes: Buffer): boolean => partsOf(bytes) !== undefined

const TAGS = [0x02, 0x02, 0x04, 0x04]

/** The parts without DER, in hexadecimal and one behind the other; no field is as long as to need more than three bytes of length */
const partsOf = (bytes: Buffer): string | undefined => {
  const whole = elementAt(bytes, 0)
  if (whole?.tag !== 0x30 || whole.end !== bytes.length) return undefined
  const parts: string[] = []
  for (let at = whole.start; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    if (!element || element.tag !== TAGS[parts.length]) return undefined
    const hex = bytes.subarray(element.start, element.end).toString('hex')
    parts.push(element.tag === 0x02 ? hex.replace(/^00/, '').padStart(64, '0') : hex)
    at = element.end
  }
  const [x, y, digest] = parts
  if (parts.length !== TAGS.length || [x, y, digest].some((part) => part?.length !== 64)) return undefined
  return parts.join('')
}

const elementAt = (
  bytes: Buffer,
  at: number,
): { readonly tag: number; readonly start: number; readonly end: number } | undefined => {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined || first > 0x82) return undefined
  const size = first & 0x80 ? first & 0x7f : 0
  const start = at + 2 + size
  if (start > bytes.length || (first & 0x80 && size === 0)) return undefined
  const end = start + (size > 0 ? bytes.readUIntBE(at + 2, size) : first)
  return end <= bytes.length ? { tag, start, end } : undefined
}
