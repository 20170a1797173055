import { VerificationError } from 'wechatpay-chain'
import { Sm4Gcm, sm3 } from 'wechatpay-chain/shangmi'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'

const KEY = '0123456789abcdef0123456789abcdef'
const NONCE = 'fdasflkja484'
const AAD = 'transaction'
const TEXT = '{"out_trade_no":"国密😀"}'
const sealed = Sm4Gcm.encrypt(TEXT, KEY, NONCE, AAD)

const flipped = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[at] = (bytes[at] as number) ^ 1
  return bytes.toString('base64')
}

test('the key is the first half of the SM3 of the APIv3 key', () => {
  expect(Sm4Gcm.keyOf(KEY).toString('hex')).toBe(sm3(KEY).slice(0, 32))
  expect(Sm4Gcm.encrypt(TEXT, Sm4Gcm.keyOf(KEY), NONCE, AAD)).toBe(sealed)
  expect(Sm4Gcm.decrypt(sealed, Buffer.from(KEY), NONCE, AAD)).toBe(TEXT)
})

test.each([0, 1, 15, 16, 17, 31, 32, 1000, 5000])('%i bytes, as the platform encrypts them', (length) => {
  const text = 'x'.repeat(length)
  for (const aad of ['', 'transaction', 'y'.repeat(40)]) {
    const { ciphertext } = shangmiSuite.seal(text, KEY, NONCE, aad)
    expect(Sm4Gcm.encrypt(text, KEY, NONCE, aad)).toBe(ciphertext)
    expect(Sm4Gcm.decrypt(ciphertext, KEY, NONCE, aad)).toBe(text)
  }
})

test('no associated data may be null', () => {
  expect(Sm4Gcm.decrypt(Sm4Gcm.encrypt(TEXT, KEY, NONCE), KEY, NONCE, null)).toBe(TEXT)
})

test('a nonce of another length', () => {
  const nonce = 'a nonce of sixteen'.slice(0, 16)
  expect(Sm4Gcm.decrypt(Sm4Gcm.encrypt(TEXT, KEY, nonce, AAD), KEY, nonce, AAD)).toBe(TEXT)
  expect(Sm4Gcm.encrypt(TEXT, KEY, nonce, AAD)).toBe(shangmiSuite.seal(TEXT, KEY, nonce, AAD).ciphertext)
})

describe('not a byte is handed out', () => {
  const refused = (...args: Parameters<typeof Sm4Gcm.decrypt>): void => {
    expect(() => Sm4Gcm.decrypt(...args)).toThrow(VerificationError)
  }

  test('when a bit is flipped, in the text or in the tag', () => {
    for (let at = 0; at < Buffer.from(sealed, 'base64').length; at++)
      refused(flipped(sealed, at), KEY, NONCE, AAD)
  })

  test('for another key, nonce or associated data', () => {
    refused(sealed, KEY.replace('0', '1'), NONCE, AAD)
    refused(sealed, KEY, NONCE.replace('f', 'g'), AAD)
    refused(sealed, KEY, NONCE, '')
    refused(sealed, KEY, NONCE, null)
  })

  test('when the tag is cut short, or is not there', () => {
    const bytes = Buffer.from(sealed, 'base64')
    for (const length of [0, 1, 15, 16, bytes.length - 16, bytes.length - 15, bytes.length - 1])
      refused(bytes.subarray(0, length).toString('base64'), KEY, NONCE, AAD)
    refused(Buffer.concat([bytes.subarray(0, -16), Buffer.alloc(16)]).toString('base64'), KEY, NONCE, AAD)
  })

  test('of what is no base64', () => {
    refused('', KEY, NONCE, AAD)
    refused(`${sealed}!`, KEY, NONCE, AAD)
    refused(undefined as unknown as string, KEY, NONCE, AAD)
  })
})

test.each([
  ['an APIv3 key of 31 bytes', KEY.slice(1), NONCE, /^apiv3Key: an APIv3 key has 32 bytes, this one has 31$/],
  ['no key', undefined, NONCE, /^apiv3Key: /],
  ['no nonce', KEY, '', /^iv: /],
  ['a nonce that is too long', KEY, 'x'.repeat(129), /^iv: /],
])('%s', (_, key, nonce, problem) => {
  expect(() => Sm4Gcm.encrypt(TEXT, key as string, nonce, AAD)).toThrow(problem)
  expect(() => Sm4Gcm.decrypt(sealed, key as string, nonce, AAD)).toThrow(problem)
})

test('16 bytes are no APIv3 key', () => {
  expect(() => Sm4Gcm.keyOf(KEY.slice(16))).toThrow(/has 32 bytes, this one has 16/)
})
