import { createCipheriv, createDecipheriv } from 'node:crypto'
import { fromBase64, toBytes } from '../bytes'
import { ConfigError, VerificationError } from '../errors'

const ALGORITHM = 'aes-256-gcm'
const TAG_LENGTH = 16

/**
 * AES-256-GCM as WeChat Pay uses it in callbacks and platform certificates: the key is the merchant's APIv3 key
 * (32 bytes), the 16-byte tag stands at the end of the ciphertext, the whole is base64.
 */
export const AesGcm = {
  /** Encrypts text: base64 of ciphertext and tag. `aad` may be empty. */
  encrypt(plaintext: string, key: string | Uint8Array, iv: string, aad: string | null = ''): string {
    const cipher = createCipheriv(ALGORITHM, secret(key), nonce(iv), { authTagLength: TAG_LENGTH })
    cipher.setAAD(toBytes(aad ?? '', 'aad'))
    return Buffer.concat([
      cipher.update(toBytes(plaintext, 'plaintext')),
      cipher.final(),
      cipher.getAuthTag(),
    ]).toString('base64')
  },

  /**
   * Decrypts, and checks the tag: not a byte is handed out before it matched.
   * @throws VerificationError (`decrypt`) when key, nonce, `aad` or ciphertext do not belong together
   */
  decrypt(ciphertext: string, key: string | Uint8Array, iv: string, aad: string | null = ''): string {
    const bytes = fromBase64(ciphertext) ?? Buffer.alloc(0)
    const decipher = createDecipheriv(ALGORITHM, secret(key), nonce(iv), { authTagLength: TAG_LENGTH })
    if (bytes.length < TAG_LENGTH) {
      throw new VerificationError('decrypt', `the ciphertext is shorter than its ${TAG_LENGTH}-byte tag`)
    }
    decipher.setAAD(toBytes(aad ?? '', 'aad'))
    decipher.setAuthTag(bytes.subarray(-TAG_LENGTH))
    const plaintext = decipher.update(bytes.subarray(0, -TAG_LENGTH))
    try {
      return Buffer.concat([plaintext, decipher.final()]).toString('utf8')
    } catch (error) {
      throw new VerificationError(
        'decrypt',
        'the ciphertext was changed, or the APIv3 key is not the one it was encrypted with',
        undefined,
        error,
      )
    }
  },
} as const

function secret(key: string | Uint8Array): Buffer {
  const bytes =
    typeof key === 'string' || key instanceof Uint8Array ? toBytes(key, 'apiv3Key') : Buffer.alloc(0)
  if (bytes.length !== 32) {
    throw new ConfigError('apiv3Key', `an APIv3 key has 32 bytes, this one has ${bytes.length}`)
  }
  return bytes
}

function nonce(iv: string): Buffer {
  const bytes = typeof iv === 'string' ? Buffer.from(iv) : Buffer.alloc(0)
  if (bytes.length === 0 || bytes.length > 128)
    throw new ConfigError('iv', 'expected a nonce of 1 to 128 bytes')
  return bytes
}
