import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { AesGcm, ConfigError, VerificationError } from '../../lib'
import { leaks, thrownBy } from '../support/leaks'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const NONCE = 'fdasflkja484'
const TEXT = '{"out_trade_no":"1"}'
const AAD = 'transaction'

describe('fixed samples', () => {
  test.each([
    [TEXT, KEY, NONCE, '', 'ybWDiYAcYhR9J+zup7f/4iOUyTEsuyCGF1UYoZ1cPptkrshY'],
    [TEXT, KEY, NONCE, AAD, 'ybWDiYAcYhR9J+zup7f/4iOUyTGzMp1Oaq6vdLLFm9Ck1hnv'],
    ['t', 'k'.repeat(32), '123456789012', 'aad', 'BqpCsBL4YpMegGupKzQ2QXc='],
  ])('%j (%#)', (text, key, nonce, aad, ciphertext) => {
    expect(AesGcm.encrypt(text, key, nonce, aad)).toBe(ciphertext)
    expect(AesGcm.decrypt(ciphertext, key, nonce, aad)).toBe(text)
    expect(AesGcm.decrypt(ciphertext, Buffer.from(key), nonce, aad)).toBe(text)
    expect(AesGcm.encrypt(text, new Uint8Array(Buffer.from(key)), nonce, aad)).toBe(ciphertext)
  })

  test('no associated data is the same as empty associated data', () => {
    expect(AesGcm.encrypt(TEXT, KEY, NONCE)).toBe(AesGcm.encrypt(TEXT, KEY, NONCE, ''))
    expect(AesGcm.decrypt(AesGcm.encrypt(TEXT, KEY, NONCE, ''), KEY, NONCE)).toBe(TEXT)
    // As a callback with "associated_data": null has it.
    expect(AesGcm.decrypt(AesGcm.encrypt(TEXT, KEY, NONCE), KEY, NONCE, null as unknown as string)).toBe(TEXT)
  })
})

test('decrypts what it encrypted: any text, key, nonce and associated data', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.string({ minLength: 12, maxLength: 16 }),
      fc.string({ unit: 'grapheme' }),
      (text, key, nonce, aad) => {
        expect(AesGcm.decrypt(AesGcm.encrypt(text, key, nonce, aad), key, nonce, aad)).toBe(text)
      },
    ),
  )
})

describe('anything changed is refused', () => {
  const ciphertext = AesGcm.encrypt(TEXT, KEY, NONCE, AAD)
  const refuse = (call: () => unknown): void => {
    const error = thrownBy(call)
    expect(error).toBeInstanceOf(VerificationError)
    expect(error).toMatchObject({ reason: 'decrypt', code: 'ERR_VERIFICATION_DECRYPT', response: undefined })
    expect(leaks(error, KEY, TEXT)).toBe(false)
  }

  test('each single bit of the ciphertext and of its tag', () => {
    const bytes = Buffer.from(ciphertext, 'base64')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      refuse(() => AesGcm.decrypt(flipped(bytes, bit).toString('base64'), KEY, NONCE, AAD))
    }
  })

  test('each single bit of the nonce, the associated data and the key', () => {
    // Within ASCII, since these are text.
    for (let bit = 0; bit < NONCE.length * 8; bit++) {
      if (bit % 8 < 7)
        refuse(() => AesGcm.decrypt(ciphertext, KEY, String(flipped(Buffer.from(NONCE), bit)), AAD))
    }
    for (let bit = 0; bit < AAD.length * 8; bit++) {
      if (bit % 8 < 7)
        refuse(() => AesGcm.decrypt(ciphertext, KEY, NONCE, String(flipped(Buffer.from(AAD), bit))))
    }
    for (let bit = 0; bit < 256; bit++) {
      refuse(() => AesGcm.decrypt(ciphertext, flipped(Buffer.from(KEY), bit), NONCE, AAD))
    }
  })

  test('associated data missing or added', () => {
    refuse(() => AesGcm.decrypt(ciphertext, KEY, NONCE))
    refuse(() => AesGcm.decrypt(ciphertext, KEY, NONCE, `${AAD} `))
    refuse(() => AesGcm.decrypt(AesGcm.encrypt(TEXT, KEY, NONCE), KEY, NONCE, AAD))
  })

  test('a ciphertext cut anywhere, or longer', () => {
    const bytes = Buffer.from(ciphertext, 'base64')
    for (let length = 0; length < bytes.length; length++) {
      refuse(() => AesGcm.decrypt(bytes.subarray(0, length).toString('base64'), KEY, NONCE, AAD))
    }
    refuse(() => AesGcm.decrypt(Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64'), KEY, NONCE, AAD))
    refuse(() => AesGcm.decrypt('', KEY, NONCE, AAD))
  })

  test.each([4, 8, 12, 13, 14, 15])('a tag of %i bytes, though GCM itself knows it', (length) => {
    const cipher = createCipheriv('aes-256-gcm', KEY, NONCE, { authTagLength: length })
    cipher.setAAD(Buffer.from(AAD))
    const bytes = Buffer.concat([cipher.update(TEXT), cipher.final(), cipher.getAuthTag()])
    refuse(() => AesGcm.decrypt(bytes.toString('base64'), KEY, NONCE, AAD))
    const empty = createCipheriv('aes-256-gcm', KEY, NONCE, { authTagLength: length })
    empty.final()
    refuse(() => AesGcm.decrypt(empty.getAuthTag().toString('base64'), KEY, NONCE))
  })

  test('an empty text still has its tag', () => {
    const nothing = AesGcm.encrypt('', KEY, NONCE, AAD)
    expect(Buffer.from(nothing, 'base64')).toHaveLength(16)
    expect(AesGcm.decrypt(nothing, KEY, NONCE, AAD)).toBe('')
    refuse(() => AesGcm.decrypt(nothing, KEY, NONCE))
  })

  test.each([[undefined], [null], [5], [{}], [Symbol('x')]])('a ciphertext that is no text (%p)', (value) => {
    refuse(() => AesGcm.decrypt(value as unknown as string, KEY, NONCE, AAD))
  })
})

describe('a key or nonce that cannot be one', () => {
  const ciphertext = AesGcm.encrypt(TEXT, KEY, NONCE, AAD)

  test.each<[string, unknown]>([
    ['31 bytes', KEY.slice(1)],
    ['33 bytes', `${KEY}x`],
    ['16 bytes', KEY.slice(16)],
    ['32 characters that are more bytes', '密'.repeat(32)],
    ['empty', ''],
    ['a Buffer of 31', Buffer.alloc(31)],
    ['nothing', undefined],
    ['null', null],
    ['a number', 32],
    ['an object', {}],
  ])('key: %s', (_, key) => {
    for (const call of [
      () => AesGcm.encrypt(TEXT, key as string, NONCE, AAD),
      () => AesGcm.decrypt(ciphertext, key as string, NONCE, AAD),
    ]) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({ field: 'apiv3Key' })
      expect(leaks(error, KEY.slice(1), '密'.repeat(32))).toBe(false)
    }
  })

  test.each<[string, unknown]>([
    ['empty', ''],
    ['nothing', undefined],
    ['null', null],
    ['a number', 12],
    ['longer than OpenSSL takes', 'x'.repeat(1000)],
  ])('nonce: %s', (_, nonce) => {
    expect(() => AesGcm.encrypt(TEXT, KEY, nonce as string, AAD)).toThrow(ConfigError)
    expect(() => AesGcm.decrypt(ciphertext, KEY, nonce as string, AAD)).toThrow(ConfigError)
  })
})

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
