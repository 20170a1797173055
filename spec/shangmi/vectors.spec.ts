import { createCipheriv, createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { sm4 } from 'sm-crypto-v2'
import { Sm2, Sm4Gcm, sm3 } from 'wechatpay-chain/shangmi'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'
import * as platformGcm from '../../lib/simulator/sm4-gcm'
import { pkcs8Of, STANDARD, spkiOf } from '../support/shangmi'

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex')

const privateKey = pkcs8Of(STANDARD.privateKey, STANDARD.publicKey)
const publicKey = spkiOf(STANDARD.publicKey)
/** Both numbers begin with a bit that would be a sign. */
const signature = hex(`3046022100${STANDARD.r}022100${STANDARD.s}`)
const ciphertext = hex(
  `307c0220${STANDARD.c1.slice(0, 64)}022100${STANDARD.c1.slice(64)}0420${STANDARD.c3}0413${STANDARD.c2}`,
)

/** The number k of the standard's examples, in place of a random one. */
function withTheStandardsNumber<T>(run: () => T): T {
  const random = jest.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((array) => {
    const bytes = array as unknown as Uint8Array
    // Random bytes become a number from 1: one is added.
    bytes.fill(0).set(hex((BigInt(`0x${STANDARD.k}`) - 1n).toString(16)), bytes.length - 32)
    return array
  })
  try {
    return run()
  } finally {
    random.mockRestore()
  }
}

describe('SM3, GB/T 32905 annex A', () => {
  test.each([
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
  ])('%s', (text, digest) => {
    expect(sm3(text)).toBe(digest)
    expect(createHash('sm3').update(text).digest('hex')).toBe(digest)
  })

  test('bytes, and Chinese', () => {
    expect(sm3(Buffer.from('abc'))).toBe(sm3('abc'))
    expect(sm3('国密😀')).toBe(createHash('sm3').update('国密😀').digest('hex'))
  })
})

describe('SM4, GB/T 32907 annex A', () => {
  const key = hex('0123456789abcdeffedcba9876543210')
  const once = hex('681edf34d206965e86b3e94f536e4246')
  const million = hex('595298c7c6fd271f0402f804c33d3f66')

  test('one block: the library of the client, and of the platform', () => {
    const options = { mode: 'ecb', padding: 'none', output: 'array' } as const
    expect(Buffer.from(sm4.encrypt(key, key, options))).toEqual(once)
    expect(createCipheriv('sm4-ecb', key, null).update(key)).toEqual(once)
  })

  // What is encrypted a million times over is the last block of as many zeros in CBC, with the text as its start.
  test('a million times: the library of the client', () => {
    const zeros = Buffer.alloc(16_000_000)
    const options = { mode: 'cbc', iv: key, padding: 'none', output: 'array' } as const
    expect(Buffer.from(sm4.encrypt(zeros, key, options).subarray(-16))).toEqual(million)
  })

  test('a million times: that of the platform', () => {
    const zeros = Buffer.alloc(16_000_000)
    expect(createCipheriv('sm4-cbc', key, key).update(zeros).subarray(-16)).toEqual(million)
  })
})

describe('SM4-GCM, RFC 8998 A.1', () => {
  const key = hex('0123456789abcdeffedcba9876543210')
  const nonce = hex('00001234567800000000abcd')
  const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
  const plaintext = hex(['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'ee', 'aa'].map((two) => two.repeat(8)).join(''))
  const sealed = hex(`
    17f399f08c67d5ee19d0dc9969c4bb7d 5fd46fd3756489069157b282bb200735 d82710ca5c22f0ccfa7cbf93d496ac15
    a56834cbcf98c397b4024a2691233b8d 83de3541e4c2b58177e065a9bf7b62ec`)

  test('the library of the client', () => {
    const options = { mode: 'gcm', iv: nonce, associatedData: aad, output: 'array', outputTag: true } as const
    const { output, tag } = sm4.encrypt(plaintext, key, options)
    expect(Buffer.concat([output, tag as Uint8Array])).toEqual(sealed)
  })

  test('the platform', () => {
    expect(platformGcm.encrypt(plaintext, key, nonce, aad)).toEqual(sealed)
  })

  // Nonces and associated data of WeChat Pay are text.
  test('the two agree on what WeChat Pay encrypts', () => {
    const text = JSON.stringify({ mchid: '1900000109', name: '国密😀' })
    const [apiv3Key, aad] = ['0123456789abcdef0123456789abcdef', 'transaction'] as const
    const { ciphertext } = shangmiSuite.seal(text, apiv3Key, 'fdasflkja484', aad)
    expect(Sm4Gcm.encrypt(text, apiv3Key, 'fdasflkja484', aad)).toBe(ciphertext)
    expect(Sm4Gcm.decrypt(ciphertext, apiv3Key, 'fdasflkja484', aad)).toBe(text)
  })
})

describe('SM2 signatures, GB/T 32918.5 annex A', () => {
  const given = signature.toString('base64')

  test('it is made', () => {
    expect(withTheStandardsNumber(() => Sm2.sign(STANDARD.message, privateKey))).toBe(given)
  })

  test('it is verified', () => {
    expect(Sm2.verify(STANDARD.message, given, publicKey)).toBe(true)
    expect(Sm2.verify(`${STANDARD.message}.`, given, publicKey)).toBe(false)
  })

  test('by the platform, too', () => {
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    expect(shangmiSuite.verify(Buffer.from(STANDARD.message), signature, key)).toBe(true)
    expect(shangmiSuite.verify(Buffer.from('another'), signature, key)).toBe(false)
  })
})

describe('SM2 encryption, GB/T 32918.5 annex C', () => {
  const given = ciphertext.toString('base64')

  test('it is made', () => {
    expect(withTheStandardsNumber(() => Sm2.encrypt(STANDARD.plaintext, publicKey))).toBe(given)
  })

  test('it is decrypted', () => {
    expect(Sm2.decrypt(given, privateKey)).toBe(STANDARD.plaintext)
  })

  test('by the platform, too', () => {
    const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
    expect(shangmiSuite.decrypt(given, key)).toBe(STANDARD.plaintext)
  })
})
