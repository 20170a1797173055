import {
  constants,
  createCipheriv,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto'
import { promisify } from 'node:util'
import { nothing, oid, sequence } from './der'

/** A public key and its private key */
export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** What was encrypted with the APIv3 key */
interface Sealed {
  /** what the platform calls the algorithm */
  readonly algorithm: string
  /** base64 of ciphertext and tag */
  readonly ciphertext: string
}

/** The algorithms that keys are used with: RSA, SHA-256 and AES, unless others are plugged in */
export interface Suite {
  /** what `v3/certificates` calls it */
  readonly name: string
  /** what `Authorization` and `Wechatpay-Signature-Type` call it */
  readonly scheme: string
  /** how certificates name its signatures, in DER */
  readonly identifier: Buffer
  /** The signature of a certificate */
  certify(body: Buffer, key: KeyObject): Buffer
  createKeyPair(): Promise<KeyPair>
  sign(message: Buffer, key: KeyObject): Promise<Buffer>
  verify(message: Buffer, signature: Buffer, key: KeyObject): boolean
  /** For fields: base64 */
  encrypt(text: string, key: KeyObject): string
  /** `undefined` when it was not encrypted for the key */
  decrypt(ciphertext: string, key: KeyObject): string | undefined
  /** Can this be what `encrypt` gives? */
  isCiphertext(value: string): boolean
  seal(text: string, apiv3Key: string, nonce: string, associatedData: string): Sealed
}

const signLater = promisify(sign) as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const

/** RSA-2048 with SHA-256, OAEP with SHA-1, AES-256-GCM; signs outside the main thread */
export const RSA: Suite = {
  name: 'RSA',
  scheme: 'WECHATPAY2-SHA256-RSA2048',
  identifier: sequence(oid('1.2.840.113549.1.1.11'), nothing()),
  certify: (body, key) => sign('sha256', body, key),
  createKeyPair: () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
  sign: (message, key) => signLater('sha256', message, key),
  verify: (message, signature, key) => verify('sha256', message, key, signature),
  encrypt: (text, key) => publicEncrypt({ key, ...OAEP }, Buffer.from(text)).toString('base64'),
  decrypt: (ciphertext, key) => {
    try {
      return privateDecrypt({ key, ...OAEP }, Buffer.from(ciphertext, 'base64')).toString()
    } catch {
      return undefined
    }
  },
  // RSA-2048 gives 256 bytes, 344 characters of base64: no name or number looks like that.
  isCiphertext: (value) => /^[A-Za-z0-9+/]{342}==$/.test(value),
  seal: (text, apiv3Key, nonce, associatedData) => {
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiv3Key), Buffer.from(nonce))
    cipher.setAAD(Buffer.from(associatedData))
    const sealed = [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return { algorithm: 'AEAD_AES_256_GCM', ciphertext: Buffer.concat(sealed).toString('base64') }
  },
}

const suites = new WeakMap<KeyObject, Suite>()

/** Says what a key is used with from now on; gives the key */
export const adopt = (key: KeyObject, suite: Suite): KeyObject => {
  suites.set(key, suite)
  return key
}

/** What a key is used with: RSA, unless it was adopted by another suite */
export const suiteOf = (key: KeyObject): Suite => suites.get(key) ?? RSA

/** Makes a key pair that is used with a suite */
export const createKeyPair = async (suite: Suite = RSA): Promise<KeyPair> => {
  const { publicKey, privateKey } = await suite.createKeyPair()
  return { publicKey: adopt(publicKey, suite), privateKey: adopt(privateKey, suite) }
}
