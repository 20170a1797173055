import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { fromBase64 } from './bytes'
import { type KeyInput, parseCertificate, parsePublicKey } from './crypto/key'
import { ConfigError, RequestError } from './errors'

/** A platform key that lives elsewhere, or speaks another algorithm. */
export interface RemoteVerifier {
  /** Does the signature, as it stands in the header, belong to the UTF-8 message? */
  verify(message: string, signature: string): boolean | Promise<boolean>
  /** The base64 ciphertext of a sensitive field; without it the key encrypts none. */
  encrypt?(plaintext: string): string
  /** Of a certificate: from when, and until when, it is in use, in milliseconds. */
  readonly effective?: number
  readonly expires?: number
}

/** Does the signature, as it stands in the header, belong to the message? */
export type Verify = (message: Buffer, signature: string) => boolean | Promise<boolean>

/** One of WeChat Pay's keys, by the serial number of its certificate or its id (`PUB_KEY_ID_…`). */
export interface PlatformKey {
  readonly id: string
  readonly verify: Verify
  /** To encrypt sensitive fields with: one in this process, or what does it in its place. */
  readonly publicKey?: KeyObject
  readonly encrypt?: (plaintext: string) => string
  /** Of a certificate: from when, and until when, it is in use, in milliseconds. */
  readonly effective?: number
  readonly expires?: number
}

/** Where verifying finds its keys. */
export interface PlatformKeys {
  /** The key that a `Wechatpay-Serial` names; one that is not known may be asked for. */
  find(id: string): PlatformKey | undefined | Promise<PlatformKey | undefined>
  /** What is known now, the configured ones first. */
  known(): readonly PlatformKey[]
  /** Why there are not more. */
  readonly failure?: unknown
}

/** The names that WeChat Pay gives to its public keys. */
export const isPublicKeyId = (id: string): boolean => id.startsWith('PUB_KEY_ID_')

/** Merchant numbers, serial numbers, ids of public keys. */
export const IDENTIFIER = /^[\w-]{1,64}$/

/** The platform's keys by their serial (certificates) or id (`PUB_KEY_ID_…`); `auto` downloads certificates. */
export type Certs = { readonly auto?: true } & {
  readonly [serial: string]: KeyInput | RemoteVerifier | true | undefined
}

/**
 * Parses the configured keys of the platform, once.
 * @param serial the merchant's own: a frequent mix-up
 * @throws ConfigError that names the key and the remedy
 */
export function parsePlatformKeys(certs: unknown, serial?: string): ReadonlyMap<string, PlatformKey> {
  if (!isObject(certs) || Array.isArray(certs)) {
    throw new ConfigError('certs', 'expected { [serial or PUB_KEY_ID_…]: public key or certificate }')
  }
  const { auto, ...keys } = certs
  if (auto !== undefined && auto !== true) throw new ConfigError('certs.auto', 'expected true, or nothing')
  const parsed = new Map<string, PlatformKey>()
  for (const [id, key] of Object.entries(keys)) {
    if (id === serial) {
      throw new ConfigError(
        `certs.${id}`,
        "this is the merchant's own serial: certs holds WeChat Pay's public key (pub_key.pem) or platform certificates",
      )
    }
    // It stands in a request's header.
    if (!IDENTIFIER.test(id))
      throw new ConfigError('certs', 'expected serial numbers, or PUB_KEY_ID_… as names')
    parsed.set(id, platformKey(id, key))
  }
  if (parsed.size === 0 && !auto) {
    throw new ConfigError(
      'certs',
      "empty: give WeChat Pay's public key as { PUB_KEY_ID_…: key }, or a platform certificate by its serial",
    )
  }
  return parsed
}

function platformKey(id: string, input: unknown): PlatformKey {
  if (isObject(input) && typeof input.verify === 'function') {
    return remoteKey(id, input as unknown as RemoteVerifier)
  }
  const field = `certs.${id}`
  const publicKey = parsePublicKey(input, field)
  return { id, publicKey, verify: verifyWith(publicKey), ...validity(input, field) }
}

function remoteKey(id: string, remote: RemoteVerifier): PlatformKey {
  const { effective, expires } = remote
  return {
    id,
    verify: (message, signature) => ask(remote, message, signature),
    ...(typeof remote.encrypt === 'function' && { encrypt: (plaintext) => encryptedBy(remote, plaintext) }),
    ...(effective !== undefined && { effective }),
    ...(expires !== undefined && { expires }),
  }
}

function encryptedBy(remote: RemoteVerifier, plaintext: string): string {
  const ciphertext: unknown = remote.encrypt?.(plaintext)
  if (typeof ciphertext === 'string') return ciphertext
  throw new RequestError(undefined, 'encrypt() of the configured certs gives no text, or not at once')
}

/** RSA-SHA256, PKCS#1 v1.5, over base64. Anything malformed is `false`. */
export function verifyWith(publicKey: KeyObject): Verify {
  return (message, signature) => {
    const bytes = fromBase64(signature)
    return bytes !== undefined && verify('sha256', message, publicKey, bytes)
  }
}

function ask(remote: RemoteVerifier, message: Buffer, signature: string): boolean | Promise<boolean> {
  const verified = remote.verify(message.toString('utf8'), signature)
  return typeof verified === 'boolean' ? verified : Promise.resolve(verified)
}

/** Of a certificate; a bare key has none. */
function validity(input: unknown, field: string): Pick<PlatformKey, 'effective' | 'expires'> {
  if (typeof input === 'string' && !/BEGIN CERTIFICATE|^file:/.test(input.trim())) return {}
  let certificate: X509Certificate
  try {
    certificate = input instanceof X509Certificate ? input : parseCertificate(input, field)
  } catch {
    return {}
  }
  return { effective: Date.parse(certificate.validFrom), expires: Date.parse(certificate.validTo) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The configured keys, and nothing else. */
export class ConfiguredKeys implements PlatformKeys {
  readonly #keys: ReadonlyMap<string, PlatformKey>

  constructor(keys: ReadonlyMap<string, PlatformKey>) {
    this.#keys = keys
  }

  find(id: string): PlatformKey | undefined {
    return this.#keys.get(id)
  }

  known(): readonly PlatformKey[] {
    return [...this.#keys.values()]
  }
}
