import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { Hash } from '../../lib/crypto/hash'
import { RequestError } from '../../lib/errors'
import { leaks, thrownBy } from '../support/leaks'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const SAMPLE =
  'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA'

test('the names of the algorithms are those of sign_type', () => {
  expect([Hash.ALGO_MD5, Hash.ALGO_HMAC_SHA256]).toEqual(['MD5', 'HMAC-SHA256'])
})

describe('the samples WeChat Pay publishes', () => {
  test.each([
    ['MD5', '9A0A8659F005D6984697E2CA0A9CF3B7'],
    ['HMAC-SHA256', '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'],
  ])('%s', (type, signature) => {
    expect(Hash.sign(type, SAMPLE, KEY)).toBe(signature)
  })
})

describe('as computed elsewhere', () => {
  const JSAPI =
    'appId=wx2421b1c4370ec43b&nonceStr=593BEC0C930BF1AFEB40B4A08C8FB242' +
    '&package=prepay_id=wx201410272009395522657a690389285100&signType=MD5&timeStamp=1554208460'
  const COUPONS =
    'out_request_no0=R123&out_request_no1=R456&send_coupon_merchant=10016226&stock_id0=123&stock_id1=456'

  test.each([
    ['MD5', JSAPI, '911698BDACD31363E8265AEE51CD2FA6'],
    ['HMAC-SHA256', COUPONS, '3D19FFDF6FB2DD88F06B7557A8DC80783A5033DB8F3D508CC0DDCD7860B711D3'],
  ])('%s of %s', (type, data, signature) => {
    expect(Hash.sign(type, data, KEY)).toBe(signature)
  })

  test('the key of a refund callback', () => {
    expect(Hash.md5(KEY)).toBe('d96eb16afdd491fa1e705096edbc2205')
  })
})

describe('as the PHP SDK', () => {
  test.each<[string, Parameters<typeof Hash.md5>, string]>([
    ['no key', ['a=1'], '3872c9ae3f427af0be0ead09d07ae2cf'],
    ['an empty key', ['a=1', ''], '3872c9ae3f427af0be0ead09d07ae2cf'],
    ['a key', ['a=1', 'k'], 'affdcc88244c83f871bfe4854be9c1a5'],
    ['the key 0 is ignored', ['a=1', '0'], '3872c9ae3f427af0be0ead09d07ae2cf'],
    ['an agent', ['a=1', 'k', '1'], 'deb0cdb7a962c8bd120fce5083ce67d6'],
    ['an agency', ['a=1', 'k', true], 'deb0cdb7a962c8bd120fce5083ce67d6'],
    ['no agency', ['a=1', 'k', false], 'affdcc88244c83f871bfe4854be9c1a5'],
    ['no agent', ['a=1', 'k', ''], 'affdcc88244c83f871bfe4854be9c1a5'],
    ['the agent 0', ['a=1', 'k', '0'], 'affdcc88244c83f871bfe4854be9c1a5'],
    ['an agent without a key', ['a=1', '', '1'], '3872c9ae3f427af0be0ead09d07ae2cf'],
  ])('md5: %s', (_, args, digest) => {
    expect(Hash.md5(...args)).toBe(digest)
  })

  test.each<[Parameters<typeof Hash.hmac>, string]>([
    [['a=1', 'k'], '598633a0305f32a66552ee11a67b14d1e270ae49bc37701c6dc2f3a5d41a88f6'],
    [['a=1', 'k', 'md5'], '52f5ea6844f4b04f1003b63832ad8544'],
  ])('hmac: %j', (args, digest) => {
    expect(Hash.hmac(...args)).toBe(digest)
  })

  test('an unknown algorithm is refused', () => {
    const error = thrownBy(() => Hash.hmac('a=1', KEY, 'nope'))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ field: 'algorithm', message: 'algorithm: there is no hash called "nope"' })
    expect(leaks(error, KEY)).toBe(false)
  })
})

test('text counts as UTF-8', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', minLength: 2 }),
      (text, key) => {
        const signed = Buffer.from(`${text}&key=${key}`)
        expect(Hash.md5(text, key)).toBe(createHash('md5').update(signed).digest('hex'))
        expect(Hash.sign('MD5', text, key)).toBe(createHash('md5').update(signed).digest('hex').toUpperCase())
        const hmac = createHmac('sha256', Buffer.from(key)).update(signed).digest('hex')
        expect(Hash.hmac(text, key)).toBe(hmac)
        expect(Hash.sign('HMAC-SHA256', text, key)).toBe(hmac.toUpperCase())
      },
    ),
  )
})

describe('what cannot be signed', () => {
  test.each(['', 'md5', 'RSA', 'HMAC-SHA512', 'constructor', '__proto__', 'MD5 '])('the type %j', (type) => {
    const error = thrownBy(() => Hash.sign(type, SAMPLE, KEY))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      field: 'sign_type',
      message: `sign_type: expected MD5 or HMAC-SHA256, got ${JSON.stringify(type)}`,
    })
    expect(leaks(error, KEY, SAMPLE)).toBe(false)
  })

  test('no type', () => {
    expect(() => Hash.sign(undefined as unknown as string, SAMPLE, KEY)).toThrow(
      /^sign_type: .* got undefined$/,
    )
    expect(() => Hash.sign(5 as unknown as string, SAMPLE, KEY)).toThrow(/^sign_type: .* got 5$/)
  })

  // With the key 0, PHP signs as if there were none.
  test.each(['MD5', 'HMAC-SHA256'])('%s without a key', (type) => {
    for (const key of ['', '0', undefined, null]) {
      const error = thrownBy(() => Hash.sign(type, SAMPLE, key as string))
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({ field: 'secret' })
      expect(leaks(error, SAMPLE)).toBe(false)
    }
  })
})

describe('equals', () => {
  test.each<[string, string | null | undefined, boolean]>([
    ['a', 'a', true],
    ['', '', true],
    ['中', '中', true],
    ['a', 'A', false],
    ['a', 'b', false],
    ['a', '', false],
    ['', 'a', false],
    ['a', 'ab', false],
    ['ab', 'a', false],
    // As long as each other in UTF-16, not in bytes.
    ['é', 'e', false],
    ['a', null, false],
    ['', null, false],
    ['a', undefined, false],
    ['', undefined, false],
  ])('%j and %j: %s', (known, user, same) => {
    expect(Hash.equals(known, user)).toBe(same)
  })

  test('what is not text is never the same', () => {
    expect(Hash.equals('a', ['a'] as unknown as string)).toBe(false)
    expect(Hash.equals('1', 1 as unknown as string)).toBe(false)
  })

  test('is === for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Hash.equals(a, b)).toBe(a === b)
        expect(Hash.equals(a, `${a}`)).toBe(true)
      }),
    )
  })
})
