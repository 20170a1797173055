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
  return typeof text === 'string' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
