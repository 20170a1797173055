import type { Version } from './families'

/** How to read a notification: what is compiled in the specs, with `headers`, `body` and the keys given. */
export const READING: Readonly<Record<Version, { readonly text: string; readonly code: string }>> = {
  v3: {
    text: 'Verify the signature over the very text that came in, then decrypt the resource. The same notification may come more than once.',
    code: `import { AesGcm, Formatter, Rsa } from 'wechatpay-chain'

const { 'wechatpay-timestamp': time, 'wechatpay-nonce': nonce, 'wechatpay-signature': signature } = headers
if (Math.abs(Formatter.timestamp() - Number(time)) > 300) throw new Error('too old')
// publicKey: the one that headers['wechatpay-serial'] names
const message = Formatter.response(time, nonce, body)
if (!Rsa.verify(message, signature, publicKey)) throw new Error('not from WeChat Pay')

const { ciphertext, nonce: iv, associated_data } = JSON.parse(body).resource
const event = JSON.parse(AesGcm.decrypt(ciphertext, apiv3Key, iv, associated_data))`,
  },
  v2: {
    text: 'Verify the sign over the fields that came in. Refunds have none: of them trust only what decrypts. The same notification may come more than once.',
    code: `import { AesEcb, Formatter, Hash, Transformer } from 'wechatpay-chain'

const fields = Transformer.toObject(body) as Record<string, string>
const type = fields.sign_type ?? fields.algorithm ?? 'MD5'
const expected = Hash.sign(type, Formatter.queryStringLike(Formatter.ksort(fields)), secret)
if (!Hash.equals(expected, fields.sign)) throw new Error('not from WeChat Pay')

// Of a refund:
const refund = Transformer.toObject(AesEcb.decrypt(fields.req_info ?? '', Hash.md5(secret)))`,
  },
}

/** The first block of TypeScript in the README. */
export function firstRequest(readme: string): string {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  if (code === undefined) throw new Error('the README shows no TypeScript')
  return code.trimEnd()
}
