import type { Merchant, Platform } from './keys'
import { platformKeys } from './keys'
import { paramError } from './problem'
import type { Call } from './router'
import { suiteOf } from './suite'

/** Encrypts for the merchant what only it may read, in base64 */
export const encryptFor = ({ publicKey }: Merchant, text: string): string =>
  suiteOf(publicKey).encrypt(text, publicKey)

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
  const keys = platformKeys(platform)
  if (!keys.some(({ publicKey }) => suiteOf(publicKey).isCiphertext(value))) {
    if (always) throw paramError(field, value, 'must be encrypted', 'body')
    return value
  }
  const serial = call.header('wechatpay-serial')
  const key = keys.find((one) => one.serial === serial)
  if (!key)
    throw paramError('Wechatpay-Serial', serial, `must name the key that encrypted ${field}`, 'header')
  const text = suiteOf(key.privateKey).decrypt(value, key.privateKey)
  if (text === undefined) throw paramError(field, value, `not encrypted with the key ${serial}`, 'body')
  return text
}
