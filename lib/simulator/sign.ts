import { type KeyObject, randomBytes } from 'node:crypto'
import { suiteOf } from './suite'

/** What goes into an answer's signature besides the body */
export interface Seal {
  /** the key's name, sent as `Wechatpay-Serial` */
  readonly serial: string
  readonly privateKey: KeyObject
  /** seconds since 1970 */
  readonly timestamp: number
  readonly nonce: string
}

/** A fresh nonce, 32 characters */
export const createNonce = (): string => randomBytes(16).toString('hex')

/** The five headers that sign a body */
export const sealHeaders = async (seal: Seal, body: Buffer): Promise<Record<string, string>> => {
  const head = Buffer.from(`${seal.timestamp}\n${seal.nonce}\n`)
  const message = Buffer.concat([head, body, Buffer.from('\n')])
  const suite = suiteOf(seal.privateKey)
  const signature = await suite.sign(message, seal.privateKey)
  return {
    'Wechatpay-Timestamp': String(seal.timestamp),
    'Wechatpay-Nonce': seal.nonce,
    'Wechatpay-Serial': seal.serial,
    'Wechatpay-Signature': signature.toString('base64'),
    'Wechatpay-Signature-Type': suite.scheme,
  }
}
