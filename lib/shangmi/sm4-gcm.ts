import { fromBase64, toBytes } from '../bytes'
import { ConfigError, VerificationError } from '../errors'
import { library } from './library'
import { sm3 } from './sm3'

const KEY_LENGTH = 16
const TAG_LENGTH = 16

/**
 * SM4-GCM (GB/T 32907) as WeChat Pay uses it in callbacks and platform certificates. A key is the merchant's APIv3 key
 * (32 bytes), of whose SM3 digest the first half encrypts, or that half itself (16 bytes). The 16-byte tag stands at the end of the
 * ciphertext, the whole is base64.
 */
export const Sm4Gcm = {
  /** The SM4 key that belongs to an APIv3 key: 16 bytes. @throws ConfigError unless it has 32 */
  keyOf(apiv3Key: string | Uint8Array): Buffer {
    const bytes = given(apiv3Key)
    if (bytes.length === 32) return Buffer.from(sm3(bytes), 'hex').subarray(0, KEY_LENGTH)
    throw new ConfigError('apiv3Key', `an APIv3 key has 32 bytes, this one has ${bytes.length}`)
  },

  /** Encrypts text: base64 of ciphertext and tag. `aad` may be empty. */
  encrypt(plaintext: string, key: string | Uint8Array, iv: string, aad: string | null = ''): string {
    const text = toBytes(plaintext, 'plaintext')
    const options = { ...parameters(iv, aad), outputTag: true } as const
    const { output, tag } = library().sm4.encrypt(text, secret(key), options)
    return Buffer.concat([output, tag]).toString('base64')
  },

  /**
   * Decrypts, and checks the tag: not a byte is handed out before it matched.
   * @throws VerificationError (`decrypt`) when key, nonce, `aad` or ciphertext do not belong together
   */
  decrypt(ciphertext: string, key: string | Uint8Array, iv: string, aad: string | null = ''): string {
    const bytes = fromBase64(ciphertext) ?? Buffer.alloc(0)
    const [bare, options] = [secret(key), parameters(iv, aad)]
    if (bytes.length < TAG_LENGTH) {
      throw new VerificationError('decrypt', `the ciphertext is shorter than its ${TAG_LENGTH}-byte tag`)
    }
    const tag = bytes.subarray(-TAG_LENGTH)
    const { decrypt } = library().sm4
    try {
      // Given a tag, it compares all of it, and only then decrypts.
      return Buffer.from(decrypt(bytes.subarray(0, -TAG_LENGTH), bare, { ...options, tag })).toString()
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
  const bytes = given(key)
  return bytes.length === KEY_LENGTH ? bytes : Sm4Gcm.keyOf(bytes)
}

function given(key: unknown): Buffer {
  return typeof key === 'string' || key instanceof Uint8Array ? toBytes(key, 'apiv3Key') : Buffer.alloc(0)
}

function parameters(iv: string, aad: string | null) {
  const nonce = typeof iv === 'string' ? Buffer.from(iv) : Buffer.alloc(0)
  if (nonce.length === 0 || nonce.length > 128)
    throw new ConfigError('iv', 'expected a nonce of 1 to 128 bytes')
  return { mode: 'gcm', iv: nonce, associatedData: toBytes(aad ?? '', 'aad'), output: 'array' } as const
}
