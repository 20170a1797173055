import { createPrivateKey, verify } from 'node:crypto'
import { inspect } from 'node:util'
import { ConfigError, Payment } from '../../lib'
import { credentials, merchant, PASSPHRASE } from '../support/keys'
import { leaks } from '../support/leaks'

const secret = '192006250b4c09247ec02edce69f6a2d'
const appid = 'wx2421b1c4370ec43b'
const prepay_id = 'prepay_id=wx201410272009395522657a690389285100'
const nonce = '593BEC0C930BF1AFEB40B4A08C8FB242'
const stamp = { timestamp: 1554208460, nonce }
const mchid = '1900000109'

const payment = new Payment({ mchid, secret, privateKey: merchant.pkcs8 })

const isSignatureOf = (lines: string[], signature: string): boolean =>
  verify('sha256', Buffer.from(`${lines.join('\n')}\n`), merchant.publicKey, Buffer.from(signature, 'base64'))
const named = (field: string) => expect.objectContaining({ field })

it("may be the factory's, with any key that it takes", async () => {
  for (const privateKey of [merchant.pkcs1, merchant.privateKey, createPrivateKey(merchant.pkcs8)]) {
    const whole = new Payment({ ...credentials, secret, timeout: 1000, privateKey })
    const { paySign } = await whole.jsapi({ appid, prepay_id }, stamp)
    expect(isSignatureOf([appid, '1554208460', nonce, prepay_id], paySign)).toBe(true)
  }
})

it('is asked for what a method needs, when it needs it', async () => {
  const empty = new Payment({})
  const missing = (field: string) => ({ name: 'ConfigError', field, code: 'ERR_CONFIG' })
  await expect(empty.jsapi({ appid, prepay_id })).rejects.toMatchObject(missing('privateKey'))
  await expect(empty.app({ appid, prepay_id, partnerid: '1' })).rejects.toMatchObject(missing('privateKey'))
  await expect(empty.app({ appid, prepay_id })).rejects.toMatchObject(missing('mchid'))
  expect(() => empty.transfer({ appid, package_info: 'x' })).toThrow(named('mchid'))
  expect(() => empty.v2.jsapi({ appid, prepay_id })).toThrow(named('secret'))
  expect(() => new Payment({ mchid }).v2.scoreUse({ package: 'x' })).toThrow(named('secret'))
  expect(() => new Payment({ secret }).v2.scoreUse({ package: 'x' })).toThrow(named('mchid'))
  expect(empty.native('weixin://wxpay/bizpayurl?pr=x')).toMatch(/^weixin:/)
})

it.each<[field: string, config: unknown]>([
  ['config', undefined],
  ['config', null],
  ['config', 'mchid'],
  ['mchid', { mchid: 1900000109 }],
  ['mchid', { mchid: '190 "' }],
  ['secret', { secret: '' }],
  ['secret', { secret: 1 }],
  ['privateKey', { privateKey: 'nonsense' }],
  ['privateKey', { privateKey: merchant.spki }],
  ['privateKey', { privateKey: { sign: 'text' } }],
  ['appid', { appid }],
])('%s: refused', (field, config) => {
  expect(() => new Payment(config as never)).toThrow(ConfigError)
  expect(() => new Payment(config as never)).toThrow(named(field))
})

it('with a misspelt option, says which was meant', () => {
  expect(() => new Payment({ secert: secret } as never)).toThrow(/secert.*"secret"/)
  expect(() => new Payment({ mchId: mchid } as never)).toThrow(/"mchid"/)
})

it('is not to be seen', () => {
  for (const shown of [payment, payment.v2]) {
    expect(inspect(shown, { depth: 10, showHidden: true })).not.toContain(secret)
    expect(leaks(shown, secret, merchant.pkcs8)).toBe(false)
  }
})

it('is not to be seen in errors', async () => {
  const errors = await Promise.all([
    payment.jsapi({ appid, prepay_id: '?' }).catch((error: unknown) => error),
    caught(() => payment.v2.jsapi({ appid, prepay_id, signType: 'RSA' as never })),
    caught(() => new Payment({ privateKey: `${merchant.pkcs8}x`.replace('BEGIN', 'B') })),
    caught(() => new Payment({ privateKey: { key: merchant.pkcs8.slice(0, 400), passphrase: PASSPHRASE } })),
  ])
  for (const error of errors) expect(leaks(error, secret, merchant.pkcs8, PASSPHRASE)).toBe(false)
})

function caught(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}
