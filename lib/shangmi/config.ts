import type { Apiv3Key } from '../apiv3-key'
import type { Config, RemoteSigner } from '../config'
import type { KeyInput } from '../crypto/key'
import { ConfigError } from '../errors'
import type { RemoteVerifier } from '../platform-keys'
import type { Sm2PrivateKey, Sm2PublicKey } from './keys'
import { sm2Signer, sm2Verifier, sm4Decrypter } from './signer'

/** What `shangmi` takes: the options of `Builder.factory`, with the keys of 国密. */
export interface ShangmiConfig extends Omit<Config, 'privateKey' | 'certs' | 'apiv3Key'> {
  /** The merchant's SM2 private key. */
  readonly privateKey: KeyInput | Sm2PrivateKey | RemoteSigner
  /** The platform's SM2 keys or certificates, by their serial; they do not download themselves. */
  readonly certs: Readonly<Record<string, KeyInput | Sm2PublicKey | RemoteVerifier>>
  readonly apiv3Key?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
}

/**
 * A configuration of 国密 for `Builder.factory`, `Notifications` and the rest, from one that is written like any other.
 * What signs, verifies or decrypts by itself stays as it is.
 *
 * An answer may still be signed with RSA, say while a merchant changes over: add its key to the `certs` that come out.
 * @example Builder.factory(shangmi({ mchid, serial, privateKey, certs: { [serialOfPlatform]: certificate }, apiv3Key }))
 * @throws ConfigError that names the option and the remedy
 */
export function shangmi(config: ShangmiConfig): Config {
  const { privateKey, certs, apiv3Key, ...rest } = config
  return {
    ...rest,
    privateKey: speaksFor<RemoteSigner>(privateKey, 'sign') ? privateKey : sm2Signer({ privateKey }),
    certs: Object.fromEntries(Object.entries(given(certs)).map(([id, key]) => [id, verifierOf(id, key)])),
    ...(apiv3Key && { apiv3Key: decryptersOf(apiv3Key) }),
  }
}

function given(certs: unknown): ShangmiConfig['certs'] {
  if (typeof certs !== 'object' || certs === null || Array.isArray(certs)) {
    throw new ConfigError('certs', 'expected { [serial or PUB_KEY_ID_…]: SM2 public key or certificate }')
  }
  if ('auto' in certs) {
    throw new ConfigError(
      'certs.auto',
      'certificates of 国密 do not download themselves: give them by serial',
    )
  }
  return certs as ShangmiConfig['certs']
}

function verifierOf(id: string, key: ShangmiConfig['certs'][string]): RemoteVerifier {
  if (speaksFor<RemoteVerifier>(key, 'verify')) return key
  return sm2Verifier({ publicKey: key }, `certs.${id}`)
}

/** With SM4; and with AES, since it is the callback that says which. */
function decryptersOf(given: NonNullable<ShangmiConfig['apiv3Key']>): readonly Apiv3Key[] {
  const keys: readonly (string | Uint8Array)[] =
    typeof given === 'string' || given instanceof Uint8Array ? [given] : given
  return keys.flatMap((apiv3Key) => [apiv3Key, sm4Decrypter({ apiv3Key })])
}

function speaksFor<T>(key: unknown, method: keyof T & string): key is T {
  return (
    typeof key === 'object' && key !== null && typeof (key as Record<string, unknown>)[method] === 'function'
  )
}
