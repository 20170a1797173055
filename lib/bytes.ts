import { RequestError } from './errors'

/**
 * Text (as UTF-8) or bytes.
 * @throws RequestError that names `field`, for anything else
 */
export function toBytes(value: unknown, field: string): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw new RequestError(field, 'expected a string or a Buffer')
}

/** The bytes of base64 text; `undefined` for anything that is not just that. Node's own decoder skips what it does not know. */
export function fromBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  // Every four characters have given three bytes: none was skipped. It takes the characters of base64url, too.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const complete = bytes.length === (text.length / 4) * 3 - padding
  return complete && !text.includes('-') && !text.includes('_') ? bytes : undefined
}
