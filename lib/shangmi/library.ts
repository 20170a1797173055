import { ConfigError } from '../errors'

/** A public key: 130 digits of hex, or what `precomputePublicKey` made of them. */
type PublicKey = string | object

/** What is used of `sm-crypto-v2`. Text is hex, unless something else is asked for. */
interface Library {
  readonly sm2: {
    doSignature(
      message: Uint8Array,
      privateKey: string,
      options: { readonly hash: true; readonly publicKey: string; readonly userId: string },
    ): string
    doVerifySignature(
      message: Uint8Array,
      signature: string,
      publicKey: PublicKey,
      options: { readonly hash: true; readonly userId: string },
    ): boolean
    doEncrypt(message: Uint8Array, publicKey: PublicKey, mode: 1): string
    /** An `Array`, which is empty, when the ciphertext is not for this key. */
    doDecrypt(
      ciphertext: string,
      privateKey: string,
      mode: 1,
      options: { readonly output: 'array' },
    ): Uint8Array | never[]
    getPublicKeyFromPrivateKey(privateKey: string): string
    /** Throws for what is no point. */
    verifyPublicKey(publicKey: string): boolean
    precomputePublicKey(publicKey: string): object
  }
  readonly sm3: (data: Uint8Array) => string
  readonly sm4: {
    encrypt(
      plaintext: Uint8Array,
      key: Uint8Array,
      options: Gcm & { readonly outputTag: true },
    ): { readonly output: Uint8Array; readonly tag: Uint8Array }
    /** Block by block, as many as there are. */
    encrypt(blocks: Uint8Array, key: Uint8Array, options: Ecb): Uint8Array
    /** Without `tag` it would check nothing. */
    decrypt(ciphertext: Uint8Array, key: Uint8Array, options: Gcm & { readonly tag: Uint8Array }): Uint8Array
  }
}

interface Ecb {
  readonly mode: 'ecb'
  readonly padding: 'none'
  readonly output: 'array'
}

interface Gcm {
  readonly mode: 'gcm'
  readonly iv: Uint8Array
  readonly associatedData: Uint8Array
  readonly output: 'array'
}

let loaded: Library | undefined

/**
 * The library behind it all: loaded when it is first needed, so that nobody else has to install it.
 * @throws ConfigError when it is not installed
 */
export function library(): Library {
  loaded ??= load()
  return loaded
}

function load(): Library {
  try {
    return require('sm-crypto-v2') as Library
  } catch (error) {
    throw new ConfigError('shangmi', 'the package sm-crypto-v2 is missing: npm install sm-crypto-v2', error)
  }
}
