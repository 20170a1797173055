import type { RemoteDecrypter } from '../apiv3-key'
import type { RemoteSigner } from '../config'
import type { KeyInput } from '../crypto/key'
import type { RemoteVerifier } from '../platform-keys'
import { loadPrivateKey, loadPublicKey, type Sm2PrivateKey, type Sm2PublicKey } from './keys'
import { Sm2 } from './sm2'
import { sm4FileCipher } from './sm4-file'
import { Sm4Gcm } from './sm4-gcm'

/** The scheme of `Authorization`, and what `Wechatpay-Signature-Type` says (official, 国密 guide). */
const ALGORITHM = 'WECHATPAY2-SM2-WITH-SM3'

/** WeChat Pay's own SDK knows the first name, others the second. */
const AEAD = ['AEAD_SM4_GCM', 'AEAD_SM4_128_GCM'] as const

/**
 * A merchant key, to stand as `privateKey` in a configuration: signs requests, and decrypts what is encrypted for the merchant:
 * fields, and bills.
 * @throws ConfigError unless it is an SM2 private key
 */
export function sm2Signer({
  privateKey,
}: {
  readonly privateKey: KeyInput | Sm2PrivateKey
}): Required<RemoteSigner> {
  const key = loadPrivateKey(privateKey)
  return {
    algorithm: ALGORITHM,
    sign: (message) => Sm2.sign(message, key),
    decrypt: (ciphertext) => Sm2.decrypt(ciphertext, key),
    ciphers: [sm4FileCipher],
  }
}

/**
 * A key of the platform's, to stand in `certs`: verifies answers and callbacks, and encrypts sensitive fields. Of a certificate
 * the time in which it is valid counts, too.
 * @throws ConfigError unless it is an SM2 public key or certificate; it names `field`
 */
export function sm2Verifier(
  { publicKey }: { readonly publicKey: KeyInput | Sm2PublicKey },
  field = 'publicKey',
): RemoteVerifier {
  const key = loadPublicKey(publicKey, field)
  return {
    verify: (message, signature) => Sm2.verify(message, signature, key),
    encrypt: (plaintext) => Sm2.encrypt(plaintext, key),
    ...key.validity,
  }
}

/**
 * An APIv3 key, to stand as `apiv3Key`: decrypts callbacks.
 * @throws ConfigError unless it has 32 bytes
 */
export function sm4Decrypter({ apiv3Key }: { readonly apiv3Key: string | Uint8Array }): RemoteDecrypter {
  const key = Sm4Gcm.keyOf(apiv3Key)
  return {
    algorithms: AEAD,
    decrypt: (ciphertext, nonce, associatedData) => Sm4Gcm.decrypt(ciphertext, key, nonce, associatedData),
  }
}
