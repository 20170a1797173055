import { createHash, createHmac } from 'node:crypto'
import type { Fields } from './xml'

/** How an APIv2 message is signed */
export type SignType = 'MD5' | 'HMAC-SHA256'

/** What an APIv2 answer is signed with */
export interface V2Seal {
  readonly type: SignType
  readonly key: string
}

/** The string that a signature covers, without the key: the fields that are not empty, sorted, but for `sign` */
export const messageOf = (fields: Fields): string =>
  [...fields]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const HASHES = {
  MD5: () => createHash('md5'),
  'HMAC-SHA256': (key: string) => createHmac('sha256', key),
} as const

/** The signature of a message */
export const digestOf = ({ type, key }: V2Seal, message: string): string =>
  HASHES[type](key).update(`${message}&key=${key}`).digest('hex').toUpperCase()
