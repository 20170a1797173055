import { inspect } from 'node:util'
import {
  type BrandConfig,
  Builder,
  type Config,
  ConfigError,
  Notifications,
  TransportError,
} from 'wechatpay-chain'
import { wechatpay } from 'wechatpay-chain/express'
import { Simulator } from 'wechatpay-chain/simulator'
import { resolveConfig } from '../lib/config'
import { Formatter } from '../lib/formatter'
import { credentials } from './support/keys'
import { listening } from './support/listening'

const { mchid, ...keys } = credentials
const brand = { ...keys, brand_id: '120344' } satisfies BrandConfig

const refused = (config: object): string => {
  try {
    Builder.factory(config as Config)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe('how an Authorization begins', () => {
  test('for a brand (official 4015407523, 4015433973)', () => {
    expect(resolveConfig(brand).authorization).toBe(
      `WECHATPAY-BRAND-SHA256-RSA2048 brand_id="120344",serial_no="${keys.serial}"`,
    )
  })

  test('for a merchant, as Formatter.authorization writes it', () => {
    const whole = Formatter.authorization(mchid, 'N', 'S', 1, keys.serial)
    expect(whole.startsWith(`${resolveConfig(credentials).authorization},`)).toBe(true)
  })

  test('for a signer of another algorithm', () => {
    const privateKey = { algorithm: 'WECHATPAY2-SM2-WITH-SM3', sign: () => '' }
    const { authorization } = resolveConfig({ ...credentials, privateKey })
    expect(authorization).toMatch(/^WECHATPAY2-SM2-WITH-SM3 mchid="/)
    expect(resolveConfig({ ...brand, privateKey: { sign: () => '' } }).authorization).toMatch(
      /^WECHATPAY-BRAND-/,
    )
  })

  test.each(['', 'A B', 'A\r\nB', 'A"', 7, null])('not for the algorithm %j', (algorithm) => {
    const privateKey = { algorithm, sign: () => '' }
    expect(refused({ ...credentials, privateKey })).toMatch(/^privateKey\.algorithm: expected the scheme/)
  })
})

test.each<[string, object, RegExp]>([
  ['neither', keys, /^mchid: missing: the merchant number/],
  ['both', { ...brand, mchid }, /^mchid: has no place beside brand_id/],
  ['an APIv2 key', { ...brand, secret: 'x' }, /^secret: has no place beside brand_id/],
  ['a client certificate', { ...brand, merchant: {} }, /^merchant: has no place beside brand_id/],
  [
    'certificates that download themselves',
    { ...brand, certs: { ...keys.certs, auto: true }, apiv3Key: 'x'.repeat(32) },
    /^certs\.auto: a brand has no certificates/,
  ],
  ['a number', { ...brand, brand_id: 7 }, /^brand_id: expected a string/],
  ['a quote', { ...brand, brand_id: '1"' }, /^brand_id: expected the number of the brand/],
])('not with %s', (_, config, problem) => {
  expect(refused(config)).toMatch(problem)
})

test('no error quotes its Authorization', () => {
  const cause = new Error('Authorization: WECHATPAY-BRAND-SHA256-RSA2048 brand_id="1",signature="forged"')
  const error = new TransportError('failed', { code: 'ERR_NETWORK', delivery: 'unknown', cause })
  expect(inspect(error)).not.toContain('forged')
})

describe('against the simulator', () => {
  let simulator: Simulator
  let config: BrandConfig
  beforeAll(async () => {
    simulator = await Simulator.start()
    // It knows its merchant as a brand, too.
    const { mchid: brand_id, secret: _, merchant: __, ...rest } = simulator.credentials
    config = { ...rest, brand_id }
  })
  afterAll(() => simulator.close())

  test('a call is signed as the brand, and believed', async () => {
    await using instance = Builder.factory(config)
    const { verified } = await instance.v3.security.echo.post({ json: { echo_message: '品牌' } })
    expect(verified).toBe(true)
    const { headers } = simulator.requests.at(-1) ?? {}
    expect(headers?.authorization).toMatch(
      /^WECHATPAY-BRAND-SHA256-RSA2048 brand_id="1900000109",serial_no="\w+",timestamp="\d+",nonce_str="\w{32}",signature="[^"]+"$/,
    )
    expect(headers?.['wechatpay-serial']).toMatch(/^PUB_KEY_ID_/)
  })

  test('what begins with brand/ is APIv3', async () => {
    await using instance = Builder.factory(config)
    const call = instance.chain('brand/card-member/{card_id}/x').get({ card_id: 'C1' })
    await expect(call).rejects.toMatchObject({ name: 'ApiError', status: 404, verified: true })
    expect(simulator.requests.at(-1)?.target).toBe('/brand/card-member/C1/x')
  })

  test('another brand is a stranger', async () => {
    await using instance = Builder.factory({ ...config, brand_id: '1' })
    await expect(instance.v3.security.echo.post({ json: { echo_message: 'x' } })).rejects.toMatchObject({
      status: 401,
      code: 'SIGN_ERROR',
    })
  })

  test('a merchant that says it is a brand in the wrong words is one, too', async () => {
    const [, pairs] = /^\S+ (.*)$/.exec(String(simulator.requests.at(-1)?.headers.authorization)) ?? []
    for (const value of [
      `WECHATPAY2-SHA256-RSA2048 ${pairs}`,
      `WECHATPAY-BRAND-SHA256-RSA2048 ${pairs?.replace('brand_id', 'mchid')}`,
    ]) {
      const headers = { Authorization: value, 'User-Agent': 'x' }
      const { status } = await fetch(`${config.base_uri}v3/certificates`, { headers })
      expect(status).toBe(401)
    }
  })

  test('APIv2 is not for brands', async () => {
    await using instance = Builder.factory(config)
    const call = instance.v2.pay.orderquery.post({
      xml: { appid: 'wx1', mch_id: '1900000109', out_trade_no: 'x' },
    })
    await expect(call).rejects.toMatchObject({ name: 'RequestError', delivery: 'not-sent' })
  })

  test('callbacks of a brand', async () => {
    const notifications = new Notifications(config)
    const received: unknown[] = []
    const server = await listening(
      wechatpay(notifications, (event) => {
        received.push(event.data, notifications.merchantOf(event))
      }),
    )
    const { accepted } = await simulator.notify(server.url, { event_type: 'X', data: { a: 1 } })
    await server.close()
    expect(accepted).toBe(true)
    expect(received).toEqual([{ a: 1 }, '1900000109'])
  })
})
