import fc from 'fast-check'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { prepare } from '../lib/request'
import { credentials } from './support/keys'
import { thrownBy } from './support/leaks'

const config = resolveConfig(credentials)
const DEFAULT = 'https://api.mch.weixin.qq.com'

const WECHAT_PAY =
  /^https:\/\/(?:[a-z\d-]+\.mch\.weixin\.qq\.com|api2?\.wechatpay\.cn|payapp\.weixin\.qq\.com)$/

const origin = (uri: string, options: object = {}, settings = config): string =>
  prepare('get', uri, options, settings).origin

function refused(uri: string, options: object = {}, settings = config): void {
  const error = thrownBy(() => prepare('get', uri, options, settings))
  expect(error).toBeInstanceOf(RequestError)
  expect(error).toMatchObject({ delivery: 'not-sent' })
}

describe("WeChat Pay's hosts", () => {
  test.each([
    ['https://api.mch.weixin.qq.com', DEFAULT],
    ['https://api2.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
    ['https://apihk.mch.weixin.qq.com', 'https://apihk.mch.weixin.qq.com'],
    ['https://apius.mch.weixin.qq.com', 'https://apius.mch.weixin.qq.com'],
    ['https://fraud.mch.weixin.qq.com', 'https://fraud.mch.weixin.qq.com'],
    ['https://payapp.weixin.qq.com', 'https://payapp.weixin.qq.com'],
    ['https://api.wechatpay.cn', 'https://api.wechatpay.cn'],
    ['https://api2.wechatpay.cn', 'https://api2.wechatpay.cn'],
    ['https://API.MCH.WEIXIN.QQ.COM', DEFAULT],
    ['HTTPS://api.mch.weixin.qq.com', DEFAULT],
    ['https://api.mch.weixin.qq.com:443', DEFAULT],
  ])('%s', (address, expected) => {
    expect(origin(`${address}/v3/x`)).toBe(expected)
    expect(origin('v3/x', { base_uri: address })).toBe(expected)
    expect(origin('v3/x', { base_uri: new URL(address) })).toBe(expected)
  })

  test('without a scheme it is that of the base', () => {
    expect(origin('//api2.mch.weixin.qq.com/v3/x')).toBe('https://api2.mch.weixin.qq.com')
  })
})

/** None of these may ever receive a signature. */
const FOREIGN = [
  'https://evil.example',
  'https://evil.example/api.mch.weixin.qq.com',
  'https://evil.example?.mch.weixin.qq.com',
  'https://evil.example#.mch.weixin.qq.com',
  'https://api.mch.weixin.qq.com.evil.com',
  'https://evilmch.weixin.qq.com',
  'https://evil-mch.weixin.qq.com',
  'https://mch.weixin.qq.com.evil.com',
  'https://mch.weixin.qq.com',
  'https://weixin.qq.com',
  'https://pay.weixin.qq.com',
  'https://evil.weixin.qq.com',
  'https://evil.qq.com',
  'https://xapi.wechatpay.cn',
  'https://evil.wechatpay.cn',
  'https://wechatpay.cn',
  'https://pay.wechatpay.cn',
  'https://evil.api.wechatpay.cn',
  'https://api.wechatpay.cn.evil.com',
  'https://xpayapp.weixin.qq.com',
  'https://x.payapp.weixin.qq.com',
  'https://api.mch.weixin.qq.com.',
  'https://api.mch.weixin.qq.com..',
  'https://api.wechatpay.cn.',
  'https://api.mch.weixin.qq.com:444',
  'https://api.mch.weixin.qq.com:80',
  'https://api.mch.weixin.qq.com:4430',
  'https://api.wechatpay.cn:8443',
  'http://api.mch.weixin.qq.com',
  'http://api.mch.weixin.qq.com:443',
  'HTTP://API.MCH.WEIXIN.QQ.COM',
  'ws://api.mch.weixin.qq.com',
  'wss://api.mch.weixin.qq.com',
  'ftp://api.mch.weixin.qq.com',
  'file:///api.mch.weixin.qq.com',
  'javascript://api.mch.weixin.qq.com',
  'https://user@api.mch.weixin.qq.com',
  'https://user:password@api.mch.weixin.qq.com',
  'https://:password@api.mch.weixin.qq.com',
  'https://api.mch.weixin.qq.com@evil.com',
  'https://api.mch.weixin.qq.com:443@evil.com',
  'https://api.mch.weixin.qq.com%40evil.com',
  'https://api.mch.weixin.qq.com%2eevil.com',
  'https://api.mch.weixin.qq.com%00.evil.com',
  'https://evil.com%2f.mch.weixin.qq.com',
  'https://evil.com\\.mch.weixin.qq.com',
  'https://evil.com\\@api.mch.weixin.qq.com',
  'https:\\\\evil.com',
  'https:\\\\evil.com\\.mch.weixin.qq.com',
  'https:/evil.com',
  'https:evil.com',
  'https:///evil.com',
  'https:////evil.com',
  'https://api.mch.weixin.qq.com\t.evil.com',
  'https://evil.com\n.mch.weixin.qq.com:1',
  'https://[::1]',
  'https://[::ffff:127.0.0.1]',
  'https://127.0.0.1',
  'https://2130706433',
  'https://0x7f.1',
  'https://localhost',
  'https://api。mch。weixin。qq。com。evil。com',
  'https://аpi.wechatpay.cn',
  'https://api.mch.weixin.qq.com:99999',
  'https://',
  'https://:443',
  'https://.mch.weixin.qq.com:1',
] as const

describe('anywhere else', () => {
  test.each(FOREIGN)('%j is refused, as a path', (address) => {
    refused(`${address}/v3/x`)
    refused('{+address}', { address: `${address}/v3/x` })
  })

  test.each(FOREIGN)('%j is refused, as a base for the call', (address) => {
    refused('v3/x', { base_uri: address })
  })

  test.each([
    '//evil.com',
    '//evil.com/v3/x',
    '//api.mch.weixin.qq.com@evil.com/',
    '///evil.com',
    '//api.mch.weixin.qq.com:444/',
  ])('%j names a host', (uri) => {
    refused(uri)
    refused('{+address}', { address: uri })
  })

  test.each([
    '/\\evil.com',
    '\\/evil.com',
    '\\\\evil.com',
    '/\t/evil.com',
    '/\n/evil.com',
    ' //evil.com',
    '\t//evil.com',
    '@evil.com',
    'ht\ntps://evil.com',
    '.evil.com',
    ':444/x',
    '?https://evil.com',
    '#https://evil.com',
    'v3/x@evil.com',
    'v3/https://evil.com',
  ])('%j is a path and stays one', (uri) => {
    let found: string
    try {
      found = origin(uri)
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
      return
    }
    expect(found).toBe(DEFAULT)
    const { path } = prepare('get', uri, {}, config)
    expect(new URL(DEFAULT + path).origin).toBe(DEFAULT)
    expect(path).toMatch(/^\/(?!\/)[\x21-\x7e]*$/)
    expect(path).not.toContain('\\')
  })

  test('empty variables do not make a host of what follows', () => {
    for (const uri of ['{a}/{b}', '{a}/{b}/x', '/{a}/{b}', '{empty}/{b}']) {
      const options = uri.includes('{a}') ? { a: '', b: 'evil.com' } : { b: 'evil.com' }
      try {
        expect(origin(uri, options)).toBe(DEFAULT)
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
      }
    }
  })

  test('no property of a path variable reaches another host', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('{a}', '/{a}', '{+a}', '{a}/v3/x', '{/a}', 'v3{+a}'),
        (a, uri) => {
          let request: { origin: string; path: string }
          try {
            request = prepare('get', uri, { a }, config)
          } catch (error) {
            expect(error).toBeInstanceOf(RequestError)
            return
          }
          expect(request.origin).toMatch(WECHAT_PAY)
          expect(new URL(request.origin + request.path).origin).toBe(request.origin)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the configured origin', () => {
  const local = resolveConfig({ ...credentials, base_uri: 'http://127.0.0.1:8080/base/' })

  test('is trusted, and WeChat Pay beside it', () => {
    expect(origin('v3/x', {}, local)).toBe('http://127.0.0.1:8080')
    expect(origin('http://127.0.0.1:8080/v3/x', {}, local)).toBe('http://127.0.0.1:8080')
    expect(origin('//127.0.0.1:8080/v3/x', {}, local)).toBe('http://127.0.0.1:8080')
    expect(origin('v3/x', { base_uri: 'http://127.0.0.1:8080' }, local)).toBe('http://127.0.0.1:8080')
    expect(origin('v3/x', { base_uri: DEFAULT }, local)).toBe(DEFAULT)
    expect(origin(`${DEFAULT}/v3/x`, {}, local)).toBe(DEFAULT)
  })

  test.each([
    'http://127.0.0.1',
    'http://127.0.0.1:8081',
    'https://127.0.0.1:8080',
    'http://127.0.0.2:8080',
    'http://localhost:8080',
    'http://api.mch.weixin.qq.com',
    '//api.mch.weixin.qq.com',
  ])('only just so: not %s', (address) => {
    refused(`${address}/v3/x`, {}, local)
  })
})
