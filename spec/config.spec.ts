import { generateKeyPairSync, sign } from 'node:crypto'
import { inspect } from 'node:util'
import { Agent, MockAgent, ProxyAgent } from 'undici'
import { Builder, type Config, ConfigError } from '../lib'
import { resolveConfig } from '../lib/config'
import {
  base64Of,
  credentials,
  derOf,
  encrypted,
  merchant,
  PASSPHRASE,
  PUBLIC_KEY_ID,
  platform,
} from './support/keys'
import { leaks, thrownBy } from './support/leaks'

const SECRET = 'exposed_your_key_here_have_risks'
const APIV3_KEY = '192006250b4c09247ec02edce69f6a2d'
const ALL = [
  merchant.pkcs8,
  merchant.pkcs1,
  derOf(merchant.pkcs8),
  derOf(merchant.pkcs1),
  encrypted,
  SECRET,
  APIV3_KEY,
  PASSPHRASE,
]
const full = { ...credentials, secret: SECRET, apiv3Key: APIV3_KEY, timeout: 1000, retry: false } as const

const given = (changes: Record<string, unknown>): Config => ({ ...full, ...changes }) as unknown as Config

const refuse = (config: unknown, field: string | RegExp): ConfigError => {
  const error = thrownBy(() => Builder.factory(config as Config))
  expect(error).toBeInstanceOf(ConfigError)
  const found = error as ConfigError
  expect(found).toMatchObject({ code: 'ERR_CONFIG', delivery: 'not-sent', name: 'ConfigError' })
  expect(found.field).toMatch(
    typeof field === 'string' ? new RegExp(`^${field.replace(/\W/g, '\\$&')}$`) : field,
  )
  expect(found.message.startsWith(`${found.field}: `)).toBe(true)
  expect(leaks(found, ...ALL)).toBe(false)
  return found
}

const label = (value: unknown): string =>
  inspect(value, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 20, depth: 1 }).slice(0, 60)

describe('each option, bad in each way', () => {
  const BAD: readonly (readonly [field: string, values: readonly unknown[], at?: string | RegExp])[] = [
    [
      'mchid',
      [
        undefined,
        null,
        '',
        ' ',
        1230000109,
        5n,
        true,
        [],
        {},
        '12 34',
        '1"2',
        '1\n2',
        '1\r\nX: y',
        '商户',
        'x'.repeat(65),
      ],
    ],
    ['serial', [undefined, null, '', 5, {}, 'a b', 'a"b', 'a,b', 'a\nb', 'a\0b', '序', 'x'.repeat(65)]],
    [
      'privateKey',
      [
        undefined,
        null,
        '',
        ' ',
        5,
        true,
        [],
        {},
        Buffer.alloc(0),
        'garbage',
        '/path/to/key.pem',
        'file:///missing/key.pem',
      ],
    ],
    [
      'privateKey',
      [{ sign: 'no function' }, { key: merchant.pkcs8, passphrase: 5 }, { key: encrypted }],
      /^privateKey/,
    ],
    ['privateKey', [{ key: encrypted, passphrase: 'wrong passphrase' }, { passphrase: PASSPHRASE }]],
    ['privateKey', [platform.spki, platform.publicKey, derOf(platform.spki), base64Of(platform.publicPkcs1)]],
    ['certs', [undefined, null, '', 'x', 5, [], [platform.spki], {}, () => platform.spki, platform.spki]],
    [
      'certs',
      [{ auto: 1, x: platform.spki }, { auto: false, x: platform.spki }, { auto: 'true' }],
      'certs.auto',
    ],
    [
      'certs',
      [
        { x: '' },
        { x: null },
        { x: undefined },
        { x: 5 },
        { x: {} },
        { x: { verify: true } },
        { x: 'garbage' },
      ],
      'certs.x',
    ],
    [
      'certs',
      [{ x: merchant.pkcs8 }, { x: merchant.privateKey }, { x: merchant.pkcs1 }, { x: encrypted }],
      'certs.x',
    ],
    ['certs', [{ x: derOf(merchant.pkcs8) }, { x: base64Of(merchant.pkcs1) }], 'certs.x'],
    ['certs', [{ [PUBLIC_KEY_ID]: platform.spki, y: 'garbage' }], 'certs.y'],
    ['certs', [{ [credentials.serial]: platform.spki }], `certs.${credentials.serial}`],
    [
      'certs',
      [{ 'PUB_KEY_ID_1\r\nX-Injected: y': platform.spki }, { PUB_KEY_ID_公: platform.spki }],
      /^certs/,
    ],
    ['certs', [{ '': platform.spki }], /^certs/],
    ['secret', ['', 5, {}, [], true, Buffer.from(SECRET)]],
    ['apiv3Key', ['', 'short', `${APIV3_KEY}x`, 5, {}, [], true, Buffer.alloc(31), '密'.repeat(32)]],
    [
      'merchant',
      ['', 'x', 5, true, [], {}, { cert: 'x' }, { key: 'x' }, { passphrase: 'x' }, { cert: '', key: '' }],
    ],
    [
      'merchant',
      [{ cert: 'garbage', key: 'garbage' }, { pfx: 'garbage' }, { cert: 5, key: 6 }, { pfx: true }],
      /^merchant/,
    ],
    ['merchant', [{ pfx: Buffer.from('garbage'), passphase: 'misspelt' }], /^merchant/],
    [
      'base_uri',
      [
        '',
        'api.mch.weixin.qq.com',
        '/v3/',
        '//api.mch.weixin.qq.com/',
        5,
        {},
        [],
        true,
        'ftp://api.mch.weixin.qq.com/',
        'file:///etc/',
      ],
    ],
    [
      'base_uri',
      [
        'https://',
        'https://user:pass@api.mch.weixin.qq.com/',
        'https://user@api.mch.weixin.qq.com/',
        'javascript:1',
        'https://a b/',
      ],
    ],
    ['headers', ['X: y', 5, true, [], [['X', 'y']], () => {}], 'headers'],
    ['headers', [new Set([1])], /^(?:headers|config)$/],
    [
      'headers',
      [{ Authorization: 'x' }, { authorization: '' }, { AUTHORIZATION: 1 }],
      /^headers\.authorization$/i,
    ],
    ['headers', [{ Host: 'x' }, { 'Content-Length': '1' }, { 'Transfer-Encoding': 'chunked' }], /^headers\./],
    ['headers', [{ 'X\r\nY': 'z' }, { 'X Y': 'z' }, { '': 'z' }, { 'X:': 'z' }, { 公: 'z' }], /^headers\./],
    [
      'headers',
      [
        { X: 'a\r\nY: b' },
        { X: 'a\nb' },
        { X: '公' },
        { X: 'a\0b' },
        { X: {} },
        { X: () => 1 },
        { X: Symbol('x') },
      ],
      'headers.X',
    ],
    ['timeout', [-1, Number.NaN, Number.POSITIVE_INFINITY, '1000', {}, true, 2 ** 31, 5n, []]],
    ['retry', [true, 1, 'no', () => false]],
    ['dispatcher', [{}, 5, 'x', true, { dispatch: () => true }, { compose: () => true }, Agent, []]],
  ]

  test.each(
    BAD.flatMap(([field, values, at = field]) =>
      values.map((value) => [field, label(value), value, at] as const),
    ),
  )('%s: %s', (field, _, value, at) => {
    refuse(given({ [field]: value }), at)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'config'],
    ['a number', 5],
    ['a function', () => full],
    ['a list', [full]],
    ['an empty object', {}],
    ['a promise', Promise.resolve(full)],
    ['a Map', new Map(Object.entries(full))],
  ])('instead of all of them: %s', (_, config) => {
    refuse(config, /^(config|serial|mchid|0)$/)
  })

  test('one that does not exist is named, with the nearest that does', () => {
    for (const [name, nearest] of [
      ['mchId', 'mchid'],
      ['mch_id', 'mchid'],
      ['serialNo', 'serial'],
      ['private_key', 'privateKey'],
      ['PrivateKey', 'privateKey'],
      ['cert', 'certs'],
      ['baseUri', 'base_uri'],
      ['base_url', 'base_uri'],
      ['time_out', 'timeout'],
      ['header', 'headers'],
      ['apiV3Key', 'apiv3Key'],
      ['dispatch', 'dispatcher'],
    ] as const) {
      expect(refuse(given({ [name]: SECRET }), name).message).toContain(`"${nearest}"`)
    }
    expect(refuse(given({ somethingElse: 1 }), 'somethingElse').message).not.toContain('did you mean')
    expect(refuse(given({ constructor: 1 }), 'constructor').message).toContain('no such option')
  })

  test.each(['mchid', 'serial', 'privateKey', 'certs', 'base_uri', 'headers', 'timeout', 'dispatcher'])(
    'a getter of %s that throws',
    (name) => {
      const config = Object.defineProperty({ ...full }, name, {
        enumerable: true,
        get: () => {
          throw new Error('no')
        },
      })
      refuse(config, /./)
    },
  )

  test('a Proxy that throws, a value whose text throws', () => {
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    refuse(proxy, /./)
    refuse(given({ certs: proxy }), /./)
    refuse(given({ headers: proxy }), /./)
    const revocable = Proxy.revocable({}, {})
    revocable.revoke()
    refuse(revocable.proxy, /./)
    refuse(given({ privateKey: revocable.proxy }), /./)
  })
})

describe('keys of other algorithms', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed25519 = generateKeyPairSync('ed25519')

  test.each([
    ['EC', ec],
    ['Ed25519', ed25519],
  ])('%s', (_, { privateKey, publicKey }) => {
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    for (const key of [privateKey, pem]) {
      const error = refuse(given({ privateKey: key }), 'privateKey')
      expect(error.message).toContain('RSA')
      expect(leaks(error, pem)).toBe(false)
    }
    refuse(given({ certs: { x: publicKey } }), 'certs.x')
    refuse(given({ certs: { x: String(publicKey.export({ type: 'spki', format: 'pem' })) } }), 'certs.x')
  })
})

describe('what is taken', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the least', {}],
    ['an encrypted key', { privateKey: { key: encrypted, passphrase: PASSPHRASE } }],
    ['a KeyObject', { privateKey: merchant.privateKey, certs: { x: platform.publicKey } }],
    ['DER', { privateKey: derOf(merchant.pkcs1), certs: { x: derOf(platform.spki) } }],
    ['a remote signer', { privateKey: { sign: async () => 'c2ln' } }],
    ['a remote verifier', { certs: { x: { verify: async () => true } } }],
    ['auto alone', { certs: { auto: true } }],
    ['two APIv3 keys, while one is changed for the other', { apiv3Key: [APIV3_KEY, Buffer.alloc(32)] }],
    ['several keys and auto', { certs: { auto: true, [PUBLIC_KEY_ID]: platform.spki, x: platform.spki } }],
    ['no secret', { secret: undefined, apiv3Key: undefined }],
    [
      'nulls for what may be left out',
      { secret: null, apiv3Key: null, merchant: null, headers: null, timeout: null },
    ],
    ['a Buffer for the APIv3 key', { apiv3Key: Buffer.from(APIV3_KEY) }],
    ['no timeout', { timeout: 0 }],
    ['a fraction of one', { timeout: 0.5 }],
    ['the longest', { timeout: 2 ** 31 - 1 }],
    ['a retry policy', { retry: { attempts: 3 } }],
    ['another base', { base_uri: 'http://127.0.0.1:8080/base/' }],
    ['a base as URL', { base_uri: new URL('https://apihk.mch.weixin.qq.com') }],
    ['headers', { headers: { 'User-Agent': 'x', 'X-Y': ['a', 'b'], Z: 5 } }],
    ['Headers', { headers: new Headers({ 'X-Y': 'z' }) }],
    ['an Agent', { dispatcher: new Agent() }],
    ['a ProxyAgent', { dispatcher: new ProxyAgent('http://127.0.0.1:1') }],
    ['a MockAgent', { dispatcher: new MockAgent() }],
  ])('%s', (_, changes) => {
    expect(() => Builder.factory(given(changes))).not.toThrow()
  })

  test('a class instance with getters', () => {
    class Settings {
      readonly certs = full.certs
      get mchid() {
        return full.mchid
      }
      get serial() {
        return full.serial
      }
      get privateKey() {
        return full.privateKey
      }
    }
    expect(() => Builder.factory(new Settings())).not.toThrow()
  })
})

describe('what comes of it', () => {
  test('defaults', () => {
    const resolved = resolveConfig(credentials)
    expect(resolved.baseUri.href).toBe('https://api.mch.weixin.qq.com/')
    expect(resolved).toMatchObject({ publicKeyId: PUBLIC_KEY_ID, mchid: credentials.mchid })
    expect(resolved.timeouts).toEqual({ total: 30_000, connect: 5_000, headers: 10_000, body: 30_000 })
    expect(resolved.headers.size).toBe(0)
    expect(resolved.dispatcher).toBeUndefined()
  })

  test('the first public key id is the one to ask for', () => {
    const certs = {
      '7132D72A03E93CDDF8C03BBD1F37EEDF': platform.spki,
      PUB_KEY_ID_2: platform.spki,
      PUB_KEY_ID_1: platform.spki,
    }
    expect(resolveConfig(given({ certs })).publicKeyId).toBe('PUB_KEY_ID_2')
    expect(resolveConfig(given({ certs: { ABC: platform.spki } })).publicKeyId).toBeUndefined()
  })

  test('is frozen', () => {
    const resolved = resolveConfig(full)
    expect(Object.isFrozen(resolved)).toBe(true)
    expect(() => Object.assign(resolved, { mchid: 'x' })).toThrow(TypeError)
  })

  test("is the caller's own no more: later changes change nothing", () => {
    const apiv3Key = Buffer.from(APIV3_KEY)
    const base_uri = new URL('https://api.mch.weixin.qq.com/')
    const certs: Record<string, string> = { ABC: platform.spki }
    const headers: Record<string, string> = { X: 'y' }
    const list = ['a']
    const config = given({ apiv3Key, base_uri, certs, headers: { ...headers, list } })
    const resolved = resolveConfig(config)
    apiv3Key.fill(0)
    base_uri.host = 'evil.example'
    certs.PUB_KEY_ID_9 = platform.spki
    headers.X = 'z'
    list.push('b')
    config.mchid = 'other'
    expect(String(resolved.apiv3Keys[0])).toBe(APIV3_KEY)
    expect(resolved.baseUri.origin).toBe('https://api.mch.weixin.qq.com')
    expect(resolved.keys.known().map(({ id }) => id)).toEqual(['ABC'])
    expect(resolved.headers.get('list')).toEqual(['list', 'a'])
    expect(resolved.mchid).toBe(credentials.mchid)
  })

  test('the verifiers tell right from wrong', async () => {
    const { keys } = resolveConfig(credentials)
    const verify = (await keys.find(PUBLIC_KEY_ID))?.verify
    const signature = sign('RSA-SHA256', Buffer.from('m'), platform.privateKey).toString('base64')
    expect(await verify?.(Buffer.from('m'), signature)).toBe(true)
    expect(await verify?.(Buffer.from('n'), signature)).toBe(false)
    expect(await verify?.(Buffer.from('m'), '')).toBe(false)
  })
})

describe("the caller's object", () => {
  function frozen<T>(value: T): T {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    for (const member of Object.values(value)) frozen(member)
    return Object.freeze(value)
  }

  test('may be frozen to its depth', () => {
    const config = frozen(
      given({ headers: { X: ['y'] }, certs: { [PUBLIC_KEY_ID]: platform.spki }, retry: {} }),
    )
    expect(() => Builder.factory(config)).not.toThrow()
  })

  test('is never changed', () => {
    const config = given({
      apiv3Key: Buffer.from(APIV3_KEY),
      headers: { X: ['y'] },
      certs: { auto: true, A: platform.spki },
    })
    const before = structuredClone({ ...config })
    Builder.factory(config)
    expect(structuredClone({ ...config })).toEqual(before)
  })

  test('is never written to, not even with what it held before', () => {
    const writes: string[] = []
    const watched = <T extends object>(target: T): T =>
      new Proxy(target, {
        set: (_, name) => writes.push(String(name)) < 0,
        defineProperty: (_, name) => writes.push(String(name)) < 0,
        deleteProperty: (_, name) => writes.push(String(name)) < 0,
      })
    Builder.factory(watched(given({ certs: watched({ A: platform.spki }), headers: watched({ X: 'y' }) })))
    expect(writes).toEqual([])
  })
})
