import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { Merchant, Platform } from './keys'
import { platformKeys } from './keys'
import { paramError } from './problem'
import type { Call } from './router'

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const
// RSA-2048 gives 256 bytes, 344 characters of base64: no name or number looks like that.
const CIPHERTEXT = /^[A-Za-z0-9+/]{342}==$/

/** Encrypts for the merchant what only it may read: RSA-OAEP with SHA-1, in base64 */
export const encryptFor = ({ publicKey }: Merchant, text: string): string =>
  publicEncrypt({ key: publicKey, ...OAEP }, Buffer.from(text)).toString('base64')

const decrypt = (key: KeyObject, ciphertext: string): string | undefined => {
  try {
    return privateDecrypt({ key, ...OAEP }, Buffer.from(ciphertext, 'base64')).toString()
  } catch {
    return undefined
  }
}

/**
 * Reads a field that callers may encrypt with the platform's key that `Wechatpay-Serial` names. What does not look
 * like a ciphertext is taken as it stands, unless `always` says that plain text is refused.
 * @throws Problem `PARAM_ERROR` when a ciphertext comes without the header, or was not made with the key it names
 */
export const readSensitive = (
  platform: Platform,
  call: Call,
  field: string,
  value: string,
  always = false,
): string => {
  if (!CIPHERTEXT.test(value)) {
    if (always) throw paramError(field, value, 'must be encrypted', 'body')
    return value
  }
  const serial = call.header('wechatpay-serial')
  const key = platformKeys(platform).find((one) => one.serial === serial)
  if (!key)
    throw paramError('Wechatpay-Serial', serial, `must name the key that encrypted ${field}`, 'header')
  const text = decrypt(key.privateKey, value)
  if (text === undefined) throw paramError(field, value, `not encrypted with the key ${serial}`, 'body')
  return text
}
