import { AesGcm } from './crypto/aes-gcm'
import { ConfigError } from './errors'

/** An APIv3 key that decrypts by itself, for an algorithm other than AES-256-GCM. */
export interface RemoteDecrypter {
  /** What the platform calls the algorithm, such as `AEAD_SM4_GCM`. */
  readonly algorithms: readonly string[]
  /** The plain text of a base64 ciphertext with its tag at the end. Throws unless they all belong together. */
  decrypt(ciphertext: string, nonce: string, associatedData?: string): string
}

/** An APIv3 key: 32 bytes, or what decrypts in their place. */
export type Apiv3Key = string | Uint8Array | RemoteDecrypter

/** Those that are bytes. @throws ConfigError unless every one of them has 32 */
export function apiv3Keys(value: unknown): readonly Buffer[] {
  return listed(value)
    .filter((key) => !isDecrypter(key))
    .map((key) => {
      if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
        throw new ConfigError('apiv3Key', 'expected a string or a Buffer of 32 bytes')
      }
      const bytes = Buffer.from(key as string)
      if (bytes.length !== 32)
        throw new ConfigError('apiv3Key', `an APIv3 key has 32 bytes, this one has ${bytes.length}`)
      return bytes
    })
}

/** All of them, as what decrypts a callback. @throws ConfigError unless all are keys */
export function decrypters(value: unknown): readonly RemoteDecrypter[] {
  return [...apiv3Keys(value).map(aes), ...listed(value).filter(isDecrypter)]
}

function listed(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return [value]
  if (value.length === 0) throw new ConfigError('apiv3Key', 'expected a key of 32 bytes, or a list of them')
  return value
}

const aes = (key: Buffer): RemoteDecrypter => ({
  algorithms: ['AEAD_AES_256_GCM'],
  decrypt: (ciphertext, nonce, associatedData) => AesGcm.decrypt(ciphertext, key, nonce, associatedData),
})

function isDecrypter(key: unknown): key is RemoteDecrypter {
  if (typeof key !== 'object' || key === null) return false
  const { decrypt, algorithms } = key as Partial<RemoteDecrypter>
  return typeof decrypt === 'function' && Array.isArray(algorithms)
}
