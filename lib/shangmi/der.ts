/** The little of DER (ITU-T X.690) that keys, signatures and ciphertexts are written in. It is read strictly: one way each. */

export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OBJECT_IDENTIFIER = 0x06
export const SEQUENCE = 0x30

/** An element, as it was read. */
export interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** Not DER, or not what was expected. What is to be done about it, only the caller knows. */
class DerError extends Error {}

/**
 * The elements that stand one behind the other in some bytes.
 * @throws Error unless they do, to the last byte
 */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const { length, start } = lengthAt(bytes, at + 1)
    if (start + length > bytes.length) throw new DerError('cut short')
    found.push({ tag: bytes[at] as number, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}

function lengthAt(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes[at]
  if (first === undefined) throw new DerError('cut short')
  if (first < 0x80) return { length: first, start: at + 1 }
  const size = first & 0x7f
  if (size < 1 || size > 4 || at + size >= bytes.length) throw new DerError('no length')
  const length = bytes.readUIntBE(at + 1, size)
  // The shortest way to write it, which is the only one.
  if (length < 0x80 || length < 2 ** (8 * (size - 1))) throw new DerError('a length with leading zeros')
  return { length, start: at + 1 + size }
}

/**
 * What is inside the one element that some bytes are.
 * @throws Error when it is another one, or not alone
 */
export function inside(bytes: Buffer, tag: number = SEQUENCE): Element[] {
  const [only, ...others] = elements(bytes)
  return elements(content(others.length === 0 ? only : undefined, tag))
}

/** The content of an element that has to be there. @throws Error when it is another one */
export function content(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new DerError(`expected the tag ${tag}, got ${element?.tag}`)
  return element.content
}

/**
 * The bytes of a positive INTEGER, with zeros in front up to a size.
 * @throws Error for one that is negative, too large, or written with more bytes than it needs
 */
export function unsigned(element: Element | undefined, size: number): Buffer {
  const bytes = content(element, INTEGER)
  const [first = 0x80, second = 0x80] = bytes
  if (first >= 0x80 || (first === 0 && bytes.length > 1 && second < 0x80)) throw new DerError('no number')
  const digits = first === 0 ? bytes.subarray(1) : bytes
  if (digits.length > size) throw new DerError('too large')
  return Buffer.concat([Buffer.alloc(size - digits.length), digits])
}

/** Writes an element. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(whole.length)]), whole])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes = [...Buffer.from(length.toString(16).padStart(8, '0'), 'hex')]
  const digits = bytes.slice(bytes.findIndex((byte) => byte > 0))
  return [0x80 | digits.length, ...digits]
}

/** Writes a positive INTEGER. */
export function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte > 0)
  const digits = start < 0 ? Buffer.alloc(1) : bytes.subarray(start)
  return der(INTEGER, ...((digits[0] as number) < 0x80 ? [digits] : [Buffer.alloc(1), digits]))
}
