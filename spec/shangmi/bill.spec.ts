import * as fc from 'fast-check'
import { sm4 } from 'sm-crypto-v2'
import { Bill, type BillRow, Builder, RequestError, Rsa, VerificationError } from 'wechatpay-chain'
import { Sm2, shangmi, sm2Signer, sm4FileCipher } from 'wechatpay-chain/shangmi'
import { Simulator } from 'wechatpay-chain/simulator'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'
import { Ghash } from '../../lib/shangmi/ghash'
import * as platformGcm from '../../lib/simulator/sm4-gcm'
import { type BillServer, billServer, signed } from '../support/bill-server'
import { BILL, failing, instanceOf, placeFor, rowsOf } from '../support/bill-stage'
import { rsaPair } from '../support/keys'
import { sm2Pair } from '../support/shangmi'

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex')
const KEY = Buffer.from('0123456789abcdef')
/** As long as the documentation shows it. */
const NONCE = Buffer.from('a8607ef79034c49c')

/** Decrypts what comes in pieces, its tag at the end. */
function opened(sealed: Buffer, nonce: Buffer, size = sealed.length, key = KEY): Buffer {
  const decipher = sm4FileCipher.decipher(key, nonce)
  const [text, tag] = [sealed.subarray(0, -16), sealed.subarray(-16)]
  const found: Buffer[] = []
  for (let at = 0; at < text.length; at += size) found.push(decipher.update(text.subarray(at, at + size)))
  decipher.setAuthTag(tag)
  return Buffer.concat([...found, decipher.final()])
}

test('GHASH: the second example of GCM’s specification', () => {
  const hash = new Ghash(hex('66e94bd4ef8a2c3b884cfa59ca342b2e'))
  hash.update(hex('0388dace60b6a392f328c2b971b2fe78'))
  hash.update(hex('00000000000000000000000000000080'))
  expect(hash.digest().toString('hex')).toBe('f38cbb1ad69223dcc3457ae5b6b0f885')
})

describe('SM4-GCM of files', () => {
  // Made with OpenSSL 3.5, which has this mode: `openssl` of Node.js 20 has not.
  const VECTORS = [
    [
      'a nonce of sixteen bytes',
      NONCE,
      Buffer.from('账单,`1'.repeat(3)),
      'a7ba64c44541b364666d185c67e825282b249094785d64d5e61c54b1b5c346ed7dd14a84819e529cef0990',
    ],
    ['nothing', Buffer.from('nonce-1234567890'), Buffer.alloc(0), 'cb6880283d2964005b887186107632eb'],
    [
      'a counter that comes to its end in the second block',
      hex('8680b055ccc66970d41aa5e1f702701c'),
      Buffer.from([...Array(80).keys()]),
      '3c2f149d2d3d82399bd316bcfae5a7c0593acf2911eba43782985fb6061b2e1d5f722606e411036a84718a239967c0585b6110adb0c27406445e4482831d2e8d8add2ea2edc9e396366577880e08a6de21d4563b20056a5939e58ed773bbfd34',
    ],
  ] as const

  test.each(VECTORS)('%s', (_, nonce, text, sealed) => {
    for (const size of [1, 7, 16, 33, 1000]) expect(opened(hex(sealed), nonce, size)).toEqual(text)
  })

  test('the platform encrypts like OpenSSL, and like the library', () => {
    const [, nonce, text, sealed] = VECTORS[0]
    expect(platformGcm.encrypt(text, KEY, nonce, Buffer.alloc(0)).toString('hex')).toBe(sealed)
  })

  test('whatever is encrypted, in whatever pieces it comes', () => {
    const bytes = (constraints: fc.IntArrayConstraints) =>
      fc.uint8Array(constraints).map((all) => Buffer.from(all))
    const nonce = fc.oneof(bytes({ minLength: 12, maxLength: 12 }), bytes({ minLength: 8, maxLength: 40 }))
    const key = bytes({ minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(
        key,
        nonce,
        bytes({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (key, iv, text, size) => {
          const options = { mode: 'gcm', iv, output: 'array', outputTag: true } as const
          const { output, tag } = sm4.encrypt(text, key, options)
          expect(opened(Buffer.concat([output, tag as Uint8Array]), iv, size, key)).toEqual(text)
        },
      ),
    )
  })

  test('a flipped bit, another key, another nonce, a tag that is cut short', () => {
    const [, nonce, , digits] = VECTORS[0]
    const sealed = hex(digits)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] as number) ^ 0x10
      expect(() => opened(changed, nonce)).toThrow('another tag')
    }
    expect(() => opened(sealed, Buffer.from('a8607ef79034c49d'))).toThrow('another tag')
    expect(() => opened(sealed, nonce, 9, Buffer.from('0123456789abcdeg'))).toThrow('another tag')
    const decipher = sm4FileCipher.decipher(KEY, nonce)
    decipher.update(sealed.subarray(0, -16))
    decipher.setAuthTag(sealed.subarray(-16, -1))
    expect(() => decipher.final()).toThrow('another tag')
    expect(() => sm4FileCipher.decipher(KEY, Buffer.alloc(0))).toThrow(RangeError)
  })
})

const DAY = { bill_date: '2026-11-20' } as const
const SUB = { ...DAY, sub_mchid: '1900000110', account_type: 'BASIC' } as const
const SM4 = { algorithm: 'SM4_GCM' } as const

describe('a bill of the platform of 国密', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await Simulator.start({ suite: shangmiSuite })
  })
  afterAll(() => simulator.close())

  test.each([
    ['SM4, packed', SM4],
    ['SM4, as text', { ...SM4, tar_type: undefined }],
    ['AES', {}],
  ])('%s', async (_, how) => {
    await using instance = Builder.factory(shangmi(simulator.credentials))
    const bills: readonly Bill[] = [
      Bill.subMerchantFundflow(instance, { ...SUB, ...how }),
      Bill.ecommerceFundflow(instance, { ...DAY, ...how }),
    ]
    for (const bill of bills) {
      const rows: BillRow[] = []
      for await (const row of bill) rows.push(row)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) expect(row).toMatchObject({ '金额(元)': expect.stringMatching(/^\d+\.\d\d$/) })
      expect(await bill.summary()).toHaveProperty('总笔数', '1')
    }
    const asked = simulator.requests.filter(({ target }) => target.includes('fundflowbill')).at(-1)
    expect(asked?.target).toContain(`algorithm=${'algorithm' in how ? how.algorithm : 'AEAD_AES_256_GCM'}`)
  })

  test('of a merchant that has RSA: nothing is asked for that it could not read', async () => {
    await using rsa = await Simulator.start()
    await using instance = Builder.factory(rsa.credentials)
    const { path, left } = placeFor()
    const error = await failing(Bill.subMerchantFundflow(instance, { ...SUB, ...SM4 }).save(path))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ field: 'algorithm', delivery: 'not-sent' })
    expect(error.message).toMatch(/AEAD_AES_256_GCM only.*wechatpay-chain\/shangmi/)
    expect([left(), rsa.requests]).toEqual([[], []])
  })
})

describe('what else can be encrypted', () => {
  const merchant = sm2Pair()
  const sealedWith = (key: Buffer): string => Sm2.encrypt(key.toString(), merchant.publicKey)
  const file = platformGcm.encrypt(Buffer.from(BILL), KEY, NONCE, Buffer.alloc(0))
  const announced = { encrypt_key: sealedWith(KEY), nonce: String(NONCE) }

  /** A platform with one part of a bill; its own signature is RSA's. */
  const platform = (part: object, bytes = file): Promise<BillServer> =>
    billServer((request, response, url) => {
      if (request.url?.startsWith('/v3/billdownload/')) response.end(bytes)
      else
        signed(response, {
          download_bill_count: 1,
          download_bill_list: [{ bill_sequence: 1, download_url: `${url}v3/billdownload/file`, ...part }],
        })
    })
  const bill = async (part: object, bytes?: Buffer, ciphers = [sm4FileCipher]): Promise<Bill> => {
    const privateKey = { ...sm2Signer({ privateKey: merchant.privateKey }), ciphers }
    const instance = instanceOf(await platform(part, bytes), { privateKey })
    return Bill.from(instance, () => Builder.driver(instance).request<object>('get', 'v3/x'))
  }

  test('the length of the key tells what with, or a name', async () => {
    expect(await rowsOf(await bill(announced))).toBe(2000)
    expect(await rowsOf(await bill({ ...announced, algorithm: 'SM4_GCM' }))).toBe(2000)
  })

  test.each<[string, object, RegExp]>([
    [
      'an algorithm that nobody knows',
      { algorithm: 'ZUC_GXM' },
      /encrypted with "ZUC_GXM": only AEAD_AES_256_GCM, SM4_GCM is/,
    ],
    [
      'a key that is not of its algorithm',
      { algorithm: 'AEAD_AES_256_GCM' },
      /has 32 \(AEAD_AES_256_GCM\) bytes, this one 16$/,
    ],
    [
      'a key of another length',
      { encrypt_key: sealedWith(KEY.subarray(1)) },
      /has 32 .* or 16 \(SM4_GCM\) bytes, this one 15$/,
    ],
    [
      'another key',
      { encrypt_key: sealedWith(Buffer.from('0123456789abcdeg')) },
      /its tag does not belong to it/,
    ],
    ['no nonce', { nonce: '' }, /has a nonce, this one none$/],
    ['another nonce', { nonce: 'x' }, /its tag does not belong to it/],
  ])('%s', async (_, part, problem) => {
    const { path, left } = placeFor()
    const error = await failing((await bill({ ...announced, ...part })).save(path))
    expect(error).toBeInstanceOf(VerificationError)
    expect(error).toMatchObject({ reason: 'decrypt', message: expect.stringMatching(problem) })
    expect(left()).toEqual([])
  })

  test('a client that does not know SM4', async () => {
    const error = await failing((await bill(announced, file, [])).save(placeFor().path))
    expect(error).toMatchObject({ reason: 'decrypt' })
    expect(error.message).toMatch(/has 32 \(AEAD_AES_256_GCM\) bytes, this one 16$/)
  })

  test('a file that was cut or changed', async () => {
    const changed = Buffer.from(file)
    changed[1000] = (changed[1000] as number) ^ 1
    for (const bytes of [changed, file.subarray(0, -1), file.subarray(0, 15), Buffer.alloc(0)]) {
      const { path, left } = placeFor()
      expect(await failing((await bill(announced, bytes)).save(path))).toMatchObject({ reason: 'decrypt' })
      expect(left()).toEqual([])
    }
  })

  test('a key of RSA can have SM4 beside it', async () => {
    const { pkcs8, spki } = rsaPair()
    const privateKey = {
      sign: (message: string) => Rsa.sign(message, pkcs8),
      decrypt: (ciphertext: string) => Rsa.decrypt(ciphertext, pkcs8),
      ciphers: [sm4FileCipher],
    }
    const server = await platform({ ...announced, encrypt_key: Rsa.encrypt(String(KEY), spki) })
    const instance = instanceOf(server, { privateKey })
    expect(await rowsOf(Bill.subMerchantFundflow(instance, { ...SUB, ...SM4 }))).toBe(2000)
  })
})
