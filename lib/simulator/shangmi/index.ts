import { createHash, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { oid, sequence } from '../der'
import * as sm4Gcm from '../sm4-gcm'
import type { Suite } from '../suite'
import * as sm2 from './sm2'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * 国密 for the simulator: SM2 and SM3 of Node's OpenSSL and of the package `sm-crypto`, SM4 of Node's OpenSSL.
 *
 * @example Simulator.start({ suite: shangmiSuite })
 */
export const shangmiSuite: Suite = {
  name: 'SM2',
  scheme: 'WECHATPAY2-SM2-WITH-SM3',
  identifier: sequence(oid('1.2.156.10197.1.501')),
  certify: sm2.sign,
  createKeyPair: () => promisify(generateKeyPair)('ec', { namedCurve: 'SM2' }),
  sign: async (message, key) => sm2.sign(message, key),
  verify: sm2.verify,
  encrypt: (text, key) => sm2.encrypt(Buffer.from(text), key).toString('base64'),
  decrypt: (ciphertext, key) => sm2.decrypt(Buffer.from(ciphertext, 'base64'), key)?.toString(),
  isCiphertext: (value) => BASE64.test(value) && sm2.isCiphertext(Buffer.from(value, 'base64')),
  seal: (text, apiv3Key, nonce, associatedData) => {
    const key = createHash('sm3').update(apiv3Key).digest().subarray(0, 16)
    const sealed = sm4Gcm.encrypt(Buffer.from(text), key, Buffer.from(nonce), Buffer.from(associatedData))
    return { algorithm: 'AEAD_SM4_128_GCM', ciphertext: sealed.toString('base64') }
  },
}
