import { createCipheriv, createHash, getHashes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Operation } from '../catalogue'
import { bill } from './bill'
import type { Made, Source } from './catalogue-invent'
import { Dice } from './dice'
import { PNG, pdf } from './files'
import { encryptFor } from './sensitive'
import * as sm4Gcm from './sm4-gcm'

/** How a part of a bill is encrypted that only the merchant can read */
interface Cipher {
  /** what its token begins with */
  readonly prefix: string
  /** characters of its keys, which are bytes */
  readonly keyLength: number
  readonly seal: (content: Buffer, key: Buffer, nonce: Buffer) => Buffer
}

const AES: Cipher = {
  prefix: 'sealed-aes-',
  keyLength: 32,
  seal: (content, key, nonce) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  },
}

/** What a request calls `SM4_GCM` */
const SM4: Cipher = {
  prefix: 'sealed-sm4-',
  keyLength: 16,
  seal: (content, key, nonce) => sm4Gcm.encrypt(content, key, nonce, Buffer.alloc(0)),
}

/** What a download answers, before it is packed or sealed; the same for the same token */
const csvOf = (token: string): string => {
  const dice = new Dice(token, 'csv')
  const [number, fee] = [`4200${dice.digits(24)}`, dice.number(1, 9999) / 100]
  return bill(
    ['交易单号', '金额(元)'],
    [[number, fee.toFixed(2)]],
    ['总笔数', '总金额(元)'],
    ['1', fee.toFixed(2)],
  )
}

const plainOf = (kind: Operation['answer']['kind'], token: string): Buffer => {
  if (kind === 'pdf') return pdf(token)
  return kind === 'image' ? PNG : Buffer.from(csvOf(token))
}

const keyOf = (token: string, { keyLength }: Cipher): string => new Dice(token, 'key').hex(keyLength)
// The documentation shows sixteen characters, not the twelve of callbacks.
const nonceOf = (token: string): string => new Dice(token, 'nonce').hex(16)

/** A file as its token says */
const sealed = (token: string, content: Buffer): Buffer => {
  const cipher = [AES, SM4].find(({ prefix }) => token.startsWith(prefix))
  if (!cipher) return content
  return cipher.seal(content, Buffer.from(keyOf(token, cipher)), Buffer.from(nonceOf(token)))
}

const TYPES: Readonly<Partial<Record<Operation['answer']['kind'], string>>> = {
  pdf: 'application/pdf',
  image: 'image/png',
  csv: 'text/plain',
  text: 'text/plain',
}

/** A file as it goes over the wire; `packed` as gzip */
export const fileOf = (
  kind: Operation['answer']['kind'],
  token: string,
  packed = false,
): { readonly type: string; readonly bytes: Buffer } => {
  const plain = plainOf(kind, token)
  const content = packed ? gzipSync(plain) : plain
  return {
    type: packed ? 'application/x-gzip' : (TYPES[kind] ?? 'text/plain'),
    bytes: sealed(token, content),
  }
}

/** Where the addresses in an answer lead to, by the template of the operation that gives them; the first that fits */
const PLACES: readonly (readonly [
  uri: RegExp,
  kind: 'csv' | 'pdf' | 'image',
  address: (token: string, dice: Dice) => string,
])[] = [
  [
    /^v3\/global\/.*complaints/,
    'image',
    (token, dice) => `v3/global/merchant-service/images/${token}?complaint_id=${dice.digits(28)}`,
  ],
  [/complaints/, 'image', (token) => `v3/merchant-service/images/${token}`],
  [
    /fapiao/,
    'pdf',
    (token, dice) => {
      const numbers = `invoice_code=${dice.digits(12)}&invoice_no=${dice.digits(8)}&fapiao_id=${dice.hex(16)}`
      const people = `mchid=19${dice.digits(8)}&openid=o${dice.hex(27)}`
      return `invoicing/fapiao/fapiao-file?token=${token}&${people}&${numbers}`
    },
  ],
  [/elecsign|bill-receipt/, 'pdf', (token) => `v3/transferdownload/signfile?token=${token}`],
  [/receipts/, 'pdf', (token) => `v3/transferdownload/elecvoucherfile?token=${token}&source=api`],
  [/./, 'csv', (token) => `v3/billdownload/file?token=${token}`],
]

const hashOf = (type: unknown, content: Buffer): string => {
  const name = String(type ?? 'sha1').toLowerCase()
  // SM3 is not in every build of OpenSSL, and the name may be the request's own.
  return createHash(getHashes().includes(name) ? name : 'sha1')
    .update(content)
    .digest('hex')
}

/** The hash is that of the plain file, whatever is done to it on its way. */
const link = (
  holder: Made,
  name: string,
  operation: Operation,
  source: Source,
  url: string,
  at: string,
): void => {
  const dice = new Dice(source.seed, at)
  const [, kind, address] = PLACES.find(([uri]) => uri.test(operation.uri)) as (typeof PLACES)[number]
  const asked = source.known.get('/algorithm') === 'SM4_GCM' ? SM4 : AES
  const cipher = 'encrypt_key' in holder ? asked : undefined
  const token = `${cipher?.prefix ?? ''}${dice.hex(40)}`
  const packed = source.known.get('/tar_type') === 'GZIP' ? '&tartype=gzip' : ''
  const value = `${url}${address(token, dice)}${packed}`
  holder[name] = Array.isArray(holder[name]) ? [value] : value
  if (cipher) {
    const encrypt_key = encryptFor(source.merchant, keyOf(token, cipher))
    Object.assign(holder, { encrypt_key, nonce: nonceOf(token) })
  }
  for (const key of Object.keys(holder))
    if (/^hash_value$|_hash$/.test(key)) holder[key] = hashOf(holder.hash_type, plainOf(kind, token))
}

/** Makes the addresses in an answer lead back here, and the hashes beside them those of what is found there */
export const linkDownloads = (operation: Operation, source: Source, made: Made, url: string): void => {
  for (const path of operation.answer.downloadUrls ?? []) {
    const names = path.split('.')
    const name = names.pop() as string
    let holders: Made[] = [made]
    for (const step of names) holders = holders.flatMap((one) => [one[step]].flat() as Made[])
    for (const [index, holder] of holders.entries()) {
      link(holder, name, operation, source, url, `${path}/${index}`)
      // Parts are numbered, and counted beside their list.
      if ('bill_sequence' in holder) holder.bill_sequence = index + 1
    }
    if ('download_bill_count' in made) made.download_bill_count = holders.length
  }
}
