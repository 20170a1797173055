import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { AesEcb } from '../../lib/crypto/aes-ecb'
import { Hash } from '../../lib/crypto/hash'
import { ConfigError, VerificationError } from '../../lib/errors'
import { leaks, thrownBy } from '../support/leaks'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const TEXT = '<root><out_refund_no>131811191610442717309</out_refund_no></root>'

describe('fixed samples', () => {
  test.each([
    ['hello', '0123456789abcdef0123456789abcdef', 'pZwJZBLuy3mDACEQT4YTBw=='],
    ['t', 'k'.repeat(32), 'vlgv20w4svu/4z4JVxlPlw=='],
  ])('%j', (text, key, ciphertext) => {
    expect(AesEcb.encrypt(text, key)).toBe(ciphertext)
    expect(AesEcb.decrypt(ciphertext, key)).toBe(text)
    expect(AesEcb.encrypt(text, Buffer.from(key))).toBe(ciphertext)
    expect(AesEcb.decrypt(ciphertext, new Uint8Array(Buffer.from(key)))).toBe(text)
  })

  test('a nonce, of which ECB has none, counts for nothing', () => {
    expect(AesEcb.encrypt(TEXT, KEY, '1234567890123456')).toBe(AesEcb.encrypt(TEXT, KEY))
    expect(AesEcb.decrypt(AesEcb.encrypt(TEXT, KEY), KEY, '1234567890123456')).toBe(TEXT)
  })

  test('as in a refund callback: the key is the MD5 of the APIv2 key', () => {
    const key = Hash.md5(KEY)
    expect(AesEcb.decrypt(AesEcb.encrypt(TEXT, key), key)).toBe(TEXT)
  })
})

test('decrypts what it encrypted: any text and key', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (text, key) => {
        const ciphertext = AesEcb.encrypt(text, key)
        expect(AesEcb.decrypt(ciphertext, key)).toBe(text)
        expect(Buffer.from(ciphertext, 'base64').length).toBe(
          16 * (Math.floor(Buffer.byteLength(text) / 16) + 1),
        )
      },
    ),
  )
})

describe('what does not belong together is refused', () => {
  const refuse = (ciphertext: string, key: string | Buffer): void => {
    const error = thrownBy(() => AesEcb.decrypt(ciphertext, key))
    expect(error).toBeInstanceOf(VerificationError)
    expect(error).toMatchObject({ reason: 'decrypt', code: 'ERR_VERIFICATION_DECRYPT', response: undefined })
    expect(error).not.toHaveProperty('cause')
    expect(leaks(error, key, TEXT, ciphertext)).toBe(false)
  }
  const ciphertext = AesEcb.encrypt(TEXT, KEY)

  test('another key', () => {
    refuse(ciphertext, 'j'.repeat(32))
    refuse(AesEcb.encrypt('t', 'k'.repeat(32)), 'j'.repeat(32))
  })

  test('another key that leaves a padding which could be one', () => {
    const keys = Array.from({ length: 3000 }, (_, index) => Buffer.alloc(32, `key ${index}`))
    for (const key of keys) refuse(ciphertext, key)
  })

  test('bytes that are no text', () => {
    const cipher = createCipheriv('aes-256-ecb', KEY, null)
    const bytes = Buffer.concat([cipher.update(Buffer.from([0x61, 0xff])), cipher.final()])
    refuse(bytes.toString('base64'), KEY)
  })

  test.each(['', 'QUJD', 'not base64!'])('no whole blocks: %j', (text) => {
    refuse(text, KEY)
  })

  test('a block missing, or half of one', () => {
    const bytes = Buffer.from(ciphertext, 'base64')
    refuse(bytes.subarray(0, -16).toString('base64'), KEY)
    refuse(bytes.subarray(0, -8).toString('base64'), KEY)
  })
})

describe('a key that is none', () => {
  test.each([
    ['', 0],
    ['k'.repeat(31), 31],
    ['k'.repeat(33), 33],
    ['k'.repeat(16), 16],
    ['é'.repeat(32), 64],
  ])('%j', (key, bytes) => {
    for (const call of [() => AesEcb.encrypt(TEXT, key), () => AesEcb.decrypt('', key)]) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({
        field: 'key',
        message: `key: an AES-256 key has 32 bytes, this one has ${bytes}`,
      })
      expect(leaks(error, TEXT)).toBe(false)
    }
  })

  test('characters count in bytes', () => {
    const key = 'é'.repeat(16)
    expect(AesEcb.decrypt(AesEcb.encrypt(TEXT, key), key)).toBe(TEXT)
  })
})
