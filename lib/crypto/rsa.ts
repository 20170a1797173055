import { constants, type KeyObject, privateDecrypt, publicEncrypt, sign, verify } from 'node:crypto'
import { fromBase64, toBytes } from '../bytes'
import { ConfigError, RequestError, VerificationError } from '../errors'
import type { Ciphertext } from '../types'
import { type KeyInput, parsePrivateKey, parsePublicKey } from './key'

const KEY_TYPE_PRIVATE = 'private'
const KEY_TYPE_PUBLIC = 'public'
type KeyType = typeof KEY_TYPE_PRIVATE | typeof KEY_TYPE_PUBLIC

function from(thing: KeyInput, type: KeyType = KEY_TYPE_PRIVATE): KeyObject {
  return type === KEY_TYPE_PUBLIC ? parsePublicKey(thing) : parsePrivateKey(thing)
}

function fromPkcs1(thing: string, type: KeyType = KEY_TYPE_PRIVATE): KeyObject {
  return from(`${type}.pkcs1://${thing}`, type)
}

/**
 * RSA as WeChat Pay uses it: PKCS#1 v1.5 signatures with SHA-256, OAEP encryption with SHA-1, everything base64.
 * Keys may be given in any form that `Builder.factory` takes; parse once with {@link Rsa.from} where it matters.
 */
export const Rsa = {
  KEY_TYPE_PRIVATE,
  KEY_TYPE_PUBLIC,

  /** Parses a key of the given type (default: private). @throws ConfigError */
  from,

  /** Parses the base64 of a PKCS#1 key (default: private), without armour. */
  fromPkcs1,

  /** Parses the base64 of a PKCS#8 private key, without armour. */
  fromPkcs8(thing: string): KeyObject {
    return from(`private.pkcs8://${thing}`)
  },

  /** Parses the base64 of an SPKI public key, without armour. */
  fromSpki(thing: string): KeyObject {
    return from(`public.spki://${thing}`, KEY_TYPE_PUBLIC)
  },

  /** The base64 of a PKCS#1 public key as the base64 of the same key in SPKI. */
  pkcs1ToSpki(thing: string): string {
    return fromPkcs1(thing, KEY_TYPE_PUBLIC).export({ type: 'spki', format: 'der' }).toString('base64')
  },

  /** Signs a message (text is UTF-8): base64. */
  sign(message: string | Uint8Array, privateKey: KeyInput): string {
    return sign('sha256', toBytes(message, 'message'), parsePrivateKey(privateKey)).toString('base64')
  },

  /** Does the base64 signature belong to the message and the key? Anything malformed is `false`. */
  verify(message: string | Uint8Array, signature: string, publicKey: KeyInput): boolean {
    const key = parsePublicKey(publicKey)
    const bytes = fromBase64(signature)
    return bytes !== undefined && verify('sha256', toBytes(message, 'message'), key, bytes)
  },

  /**
   * Encrypts a sensitive field: base64. A 2048-bit key takes at most 214 bytes.
   * @param padding only OAEP: PKCS#1 v1.5 is open to padding oracles and WeChat Pay does not take it
   * @throws RequestError when the text is too long
   */
  encrypt(
    plaintext: string | Uint8Array,
    publicKey: KeyInput,
    padding: number = constants.RSA_PKCS1_OAEP_PADDING,
  ): Ciphertext {
    onlyOaep(padding)
    const key = parsePublicKey(publicKey)
    const bytes = toBytes(plaintext, 'plaintext')
    const limit = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - 42
    if (bytes.length > limit) {
      throw new RequestError('plaintext', `${bytes.length} bytes are too long for this key: at most ${limit}`)
    }
    return publicEncrypt({ key, padding, oaepHash: 'sha1' }, bytes).toString('base64') as Ciphertext
  },

  /**
   * Decrypts a base64 ciphertext that was encrypted for the key.
   * @throws VerificationError (`decrypt`) when it was not
   */
  decrypt(
    ciphertext: string,
    privateKey: KeyInput,
    padding: number = constants.RSA_PKCS1_OAEP_PADDING,
  ): string {
    onlyOaep(padding)
    const key = parsePrivateKey(privateKey)
    try {
      const bytes = fromBase64(ciphertext) ?? Buffer.alloc(0)
      return privateDecrypt({ key, padding, oaepHash: 'sha1' }, bytes).toString()
    } catch (error) {
      throw new VerificationError(
        'decrypt',
        'the ciphertext does not belong to this private key: was it made with another merchant certificate?',
        undefined,
        error,
      )
    }
  },
} as const

function onlyOaep(padding: number): void {
  if (padding !== constants.RSA_PKCS1_OAEP_PADDING) {
    throw new ConfigError('padding', 'only constants.RSA_PKCS1_OAEP_PADDING is supported')
  }
}
