import { fromBase64, toBytes } from '../bytes'
import type { KeyInput } from '../crypto/key'
import { RequestError, VerificationError } from '../errors'
import type { Ciphertext } from '../types'
import { content, der, inside, integer, OCTET_STRING, SEQUENCE, unsigned } from './der'
import { loadPrivateKey, loadPublicKey, ORDER, type Sm2PrivateKey, Sm2PublicKey } from './keys'
import { library } from './library'

/** Who signs: the same for everyone (official, 国密 guide). */
const USER_ID = '1234567812345678'
const SIZE = 32
/** The order of a ciphertext's parts: C1, C3, C2, as in GB/T 32918.4. */
const C1C3C2 = 1

/**
 * SM2 (GB/T 32918) as WeChat Pay uses it: signatures with SM3 and the user id `1234567812345678`, ciphertexts in the order C1, C3, C2,
 * both in ASN.1 (GM/T 0009) and then base64. Keys may be given in any form; parse once with `loadPrivateKey` or
 * `loadPublicKey` where it matters.
 */
export const Sm2 = {
  /** Signs a message (text is UTF-8): base64. */
  sign(message: string | Uint8Array, privateKey: KeyInput | Sm2PrivateKey): string {
    const { hex, publicKey } = loadPrivateKey(privateKey)
    const options = { hash: true, publicKey: publicKey.hex, userId: USER_ID } as const
    const [r, s] = halves(library().sm2.doSignature(toBytes(message, 'message'), hex, options))
    return der(SEQUENCE, integer(r), integer(s)).toString('base64')
  },

  /** Does the base64 signature belong to the message and the key? Anything malformed is `false`. */
  verify(message: string | Uint8Array, signature: string, publicKey: KeyInput | Sm2PublicKey): boolean {
    const key = pointOf(publicKey)
    const bytes = toBytes(message, 'message')
    const rs = readSignature(signature)
    const options = { hash: true, userId: USER_ID } as const
    return rs !== undefined && library().sm2.doVerifySignature(bytes, rs, key, options)
  },

  /** Encrypts a sensitive field: base64. @throws RequestError when there is nothing to encrypt */
  encrypt(plaintext: string | Uint8Array, publicKey: KeyInput | Sm2PublicKey): Ciphertext {
    const key = pointOf(publicKey)
    const bytes = toBytes(plaintext, 'plaintext')
    if (bytes.length === 0) throw new RequestError('plaintext', 'is empty: SM2 encrypts at least one byte')
    return written(encrypted(bytes, key)).toString('base64') as Ciphertext
  },

  /**
   * Decrypts a base64 ciphertext that was encrypted for the key.
   * @throws VerificationError (`decrypt`) when it was not
   */
  decrypt(ciphertext: string, privateKey: KeyInput | Sm2PrivateKey): string {
    const { hex } = loadPrivateKey(privateKey)
    try {
      const parts = readCiphertext(ciphertext)
      const plaintext = library().sm2.doDecrypt(parts, hex, C1C3C2, { output: 'array' })
      // The library's way to say no.
      if (!Array.isArray(plaintext)) return Buffer.from(plaintext).toString()
    } catch {
      // Not DER, or not a point of the curve.
    }
    throw new VerificationError(
      'decrypt',
      'the ciphertext does not belong to this private key: was it made with another merchant certificate?',
    )
  },
} as const

/** A key that was parsed before is used more than once: a table pays. */
function pointOf(key: KeyInput | Sm2PublicKey): string | object {
  return key instanceof Sm2PublicKey ? key.point : loadPublicKey(key).hex
}

function halves(hex: string): [Buffer, Buffer] {
  const bytes = Buffer.from(hex, 'hex')
  return [bytes.subarray(0, SIZE), bytes.subarray(SIZE)]
}

/** The two numbers of a signature, in hex; `undefined` unless both are there, and in range. */
function readSignature(signature: string): string | undefined {
  try {
    const [r, s, ...others] = inside(fromBase64(signature) ?? Buffer.alloc(0))
    const numbers = [unsigned(r, SIZE), unsigned(s, SIZE)].map((number) => number.toString('hex'))
    // The library does not look (GB/T 32918.2, B1 and B2).
    const good = numbers.every((hex) => BigInt(`0x${hex}`) > 0n && BigInt(`0x${hex}`) < ORDER)
    return good && others.length === 0 ? numbers.join('') : undefined
  } catch {
    return undefined
  }
}

interface Encrypted {
  readonly x: Buffer
  readonly y: Buffer
  readonly hash: Buffer
  readonly text: Buffer
}

/** Again, should the text come out as it went in: the library leaves that step of GB/T 32918.4 (A5) out. */
function encrypted(plaintext: Buffer, key: string | object): Encrypted {
  for (;;) {
    const bytes = Buffer.from(library().sm2.doEncrypt(plaintext, key, C1C3C2), 'hex')
    const at = (part: number): Buffer => bytes.subarray(part * SIZE, (part + 1) * SIZE)
    const text = bytes.subarray(3 * SIZE)
    if (!text.equals(plaintext)) return { x: at(0), y: at(1), hash: at(2), text }
  }
}

const written = ({ x, y, hash, text }: Encrypted): Buffer =>
  der(SEQUENCE, integer(x), integer(y), der(OCTET_STRING, hash), der(OCTET_STRING, text))

/**
 * The parts of a ciphertext, in hex and one behind the other. The library could read ASN.1 itself, but would not see to it that
 * C1 is on the curve.
 */
function readCiphertext(ciphertext: string): string {
  const [x, y, hash, text, ...others] = inside(fromBase64(ciphertext) ?? Buffer.alloc(0))
  const parts = [
    unsigned(x, SIZE),
    unsigned(y, SIZE),
    content(hash, OCTET_STRING),
    content(text, OCTET_STRING),
  ]
  if (others.length > 0 || parts[2]?.length !== SIZE || parts[3]?.length === 0) throw new Error('malformed')
  return Buffer.concat(parts).toString('hex')
}
