import { isUtf8 } from 'node:buffer'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { toBytes } from '../bytes'
import { ConfigError, VerificationError } from '../errors'

const ALGORITHM = 'aes-256-ecb'

/**
 * AES-256-ECB with PKCS#7 padding, as APIv2 uses it for the `req_info` of refund callbacks: the key is the MD5 of the
 * APIv2 key in lower-case hex (32 bytes). ECB has no nonce, `iv` is there to be like `AesGcm` and counts for nothing;
 * and it proves nothing about who wrote the text.
 */
export const AesEcb = {
  /** Encrypts text, to base64. */
  encrypt(plaintext: string, key: string | Uint8Array, _iv = ''): string {
    const cipher = createCipheriv(ALGORITHM, secret(key), null)
    return Buffer.concat([cipher.update(toBytes(plaintext, 'plaintext')), cipher.final()]).toString('base64')
  },

  /**
   * Decrypts base64.
   * @throws VerificationError (`decrypt`) when padding or text show that key and ciphertext do not belong together
   */
  decrypt(ciphertext: string, key: string | Uint8Array, _iv = ''): string {
    const decipher = createDecipheriv(ALGORITHM, secret(key), null)
    try {
      const plaintext = Buffer.concat([decipher.update(ciphertext, 'base64'), decipher.final()])
      // One wrong key in 256 leaves a padding that could be one.
      if (isUtf8(plaintext)) return plaintext.toString()
    } catch {
      // OpenSSL's reason (a bad padding) says no more than ours.
    }
    throw new VerificationError(
      'decrypt',
      'the ciphertext was changed, or the key is not the one it was encrypted with',
    )
  },
} as const

function secret(key: string | Uint8Array): Buffer {
  const bytes = typeof key === 'string' || key instanceof Uint8Array ? toBytes(key, 'key') : Buffer.alloc(0)
  if (bytes.length !== 32) {
    throw new ConfigError('key', `an AES-256 key has 32 bytes, this one has ${bytes.length}`)
  }
  return bytes
}
