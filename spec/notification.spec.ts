import fc from 'fast-check'
import {
  Builder,
  type Config,
  isCallback,
  Notifications,
  type NotificationsConfig,
  RequestError,
  VerificationError,
} from '../lib'
import {
  APIV3_KEY,
  config,
  MCHID,
  type Notification,
  notification,
  notificationV2,
  PAID,
  PAID_V2,
  SECRET,
  sealed,
  signed,
  toXml,
} from './support/callbacks'
import { merchant, rsaPair } from './support/keys'
import { leaks } from './support/leaks'

const notifications = new Notifications(config)
const parse = ({ body, headers }: Notification, reader = notifications) => reader.parse(body, headers)

const refused = async (promise: Promise<unknown>): Promise<VerificationError> => {
  const error = await promise.then(
    () => {
      throw new Error('it was believed')
    },
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(VerificationError)
  expect(leaks(error, APIV3_KEY, SECRET, merchant.pkcs8)).toBe(false)
  expect((error as Error).message).toMatch(/Answered 4xx or 5xx/)
  return error as VerificationError
}

describe('a genuine notification', () => {
  it('is the event as sent, with its data', async () => {
    const given = notification()
    const event = await parse(given)
    expect(event).toEqual({ ...JSON.parse(given.body), original_type: 'transaction', data: PAID })
    expect(notifications.keyOf(event)).toBe('EV-2018022511223320873')
    expect(notifications.merchantOf(event)).toBe(MCHID)
  })

  it('is typed by its event, and by what was encrypted', async () => {
    const event = await parse(notification())
    if (event.event_type === 'REFUND.SUCCESS') expect(event.data.refund_id).toBeUndefined()
    if (event.event_type === 'TRANSACTION.SUCCESS' && event.original_type === 'transaction') {
      expect(event.data.amount?.total).toBe(100)
    }
    expect(isCallback(event, 'TRANSACTION.SUCCESS', 'profitsharing')).toBe(false)
    if (!isCallback(event, 'TRANSACTION.SUCCESS', 'transaction')) throw new Error('not told')
    expect(event.data.out_trade_no).toBe('1')
  })

  const given = notification()
  const entries = Object.entries(given.headers)
  const upper = entries.map(([name, value]) => [name.toUpperCase(), value] as const)
  it.each<[string, unknown]>([
    ['an object', given.headers],
    ['an object in capitals', Object.fromEntries(upper)],
    [
      'mixed case',
      Object.fromEntries(
        entries.map(([name, value]) => [name.replace(/\b./g, (c) => c.toUpperCase()), value]),
      ),
    ],
    ['Headers', new Headers(given.headers)],
    ['a Map', new Map(entries)],
    ['pairs', entries],
    ["Node's flat list", upper.flat()],
    ['lists of values', Object.fromEntries(entries.map(([name, value]) => [name, [value, 'second']]))],
  ])('with headers as %s', async (_, headers) => {
    expect((await notifications.parse(given.body, headers)).data).toEqual(PAID)
  })

  it.each<[string, (body: string) => Uint8Array | string]>([
    ['a Buffer', (body) => Buffer.from(body)],
    ['a Uint8Array in a larger buffer', (body) => new Uint8Array(Buffer.from(`xx${body}`)).subarray(2)],
    ['an ArrayBuffer', (body) => new TextEncoder().encode(body).buffer as unknown as Uint8Array],
    ['text', (body) => body],
  ])('with a body as %s', async (_, form) => {
    const { body, headers } = notification()
    expect((await notifications.parse(form(body), headers)).data).toEqual(PAID)
  })

  it.each([-300, 300, 0])('signed %d s from now', async (at) => {
    expect((await parse(notification({ at }))).data).toEqual(PAID)
  })

  it('without associated data', async () => {
    for (const resource of [
      { associated_data: '' },
      { associated_data: undefined },
      { associated_data: null },
    ]) {
      expect((await parse(notification({ aad: '', resource }))).data).toEqual(PAID)
    }
  })

  it('the published sample of AES-256-GCM', () => {
    expect(sealed('{"out_trade_no":"1"}', SECRET, '').ciphertext).toBe(
      'ybWDiYAcYhR9J+zup7f/4iOUyTEsuyCGF1UYoZ1cPptkrshY',
    )
  })

  it('encrypted with the former APIv3 key, while it is being changed', async () => {
    const reader = new Notifications({ ...config, apiv3Key: ['f'.repeat(32), APIV3_KEY] })
    expect((await parse(notification(), reader)).data).toEqual(PAID)
  })

  it('whose names are those of Object.prototype', async () => {
    const event = await parse(
      notification({
        plaintext: '{"__proto__":{"admin":true},"constructor":1}',
        event: { toString: 'x', id: '1' },
      }),
    )
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
    expect(Object.keys(event.data)).toEqual(['__proto__', 'constructor'])
  })
})

describe('refused', () => {
  const other = rsaPair()

  it.each<[string, VerificationError['reason'], () => Notification]>([
    ['signed by a stranger', 'signature', () => notification({ key: other.privateKey })],
    ['with an unknown serial', 'serial', () => notification({ serial: 'PUB_KEY_ID_9' })],
    ['replayed after 301 s', 'clock', () => notification({ at: -301 })],
    ['301 s ahead', 'clock', () => notification({ at: 301 })],
    [
      're-serialised',
      'signature',
      () => {
        const given = notification()
        return { ...given, body: JSON.stringify(JSON.parse(given.body), null, 1) }
      },
    ],
    [
      'the probe',
      'signature',
      () => {
        const given = notification()
        given.headers['wechatpay-signature'] = `WECHATPAY/SIGNTEST/${given.headers['wechatpay-signature']}`
        return given
      },
    ],
    ['encrypted with another key', 'decrypt', () => notification({ apiv3Key: 'x'.repeat(32) })],
    [
      'with other associated data',
      'decrypt',
      () => notification({ resource: { associated_data: 'refund' } }),
    ],
    ['with another nonce', 'decrypt', () => notification({ resource: { nonce: 'fdasflkja485' } })],
    [
      'whose tag is cut',
      'decrypt',
      () => {
        const bytes = Buffer.from(sealed(JSON.stringify(PAID)).ciphertext, 'base64').subarray(0, -1)
        return notification({ resource: { ciphertext: bytes.toString('base64') } })
      },
    ],
    ['whose tag is gone', 'decrypt', () => notification({ resource: { ciphertext: '' } })],
    [
      'whose amount was changed',
      'decrypt',
      () => {
        const bytes = Buffer.from(sealed(JSON.stringify(PAID)).ciphertext, 'base64')
        bytes.writeUInt8(bytes.readUInt8(50) ^ 1, 50)
        return notification({ resource: { ciphertext: bytes.toString('base64') } })
      },
    ],
    [
      'in an unknown algorithm',
      'decrypt',
      () => notification({ resource: { algorithm: 'AEAD_SM4_128_GCM' } }),
    ],
    ['whose data is no JSON', 'decrypt', () => notification({ plaintext: 'no JSON' })],
  ])('%s', async (_, reason, make) => {
    expect(await refused(parse(make()))).toMatchObject({ reason, delivery: 'not-sent' })
  })

  it.each(['timestamp', 'nonce', 'serial', 'signature'])('without Wechatpay-%s', async (name) => {
    const given = notification()
    delete given.headers[`wechatpay-${name}`]
    const error = await refused(parse(given))
    expect(error).toMatchObject({ reason: 'headers' })
    expect(error.message).toContain(`wechatpay-${name}`)
  })

  it('timestamp and signature swapped, and it says so', async () => {
    const given = notification()
    const { 'wechatpay-timestamp': timestamp = '', 'wechatpay-signature': signature = '' } = given.headers
    Object.assign(given.headers, { 'wechatpay-timestamp': signature, 'wechatpay-signature': timestamp })
    expect((await refused(parse(given))).message).toContain('changed places')
  })

  it('whatever single thing is changed', async () => {
    const given = notification()
    const bytes = Buffer.from(given.body)
    const signedHeaders = ['timestamp', 'nonce', 'serial', 'signature'].map((name) => `wechatpay-${name}`)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at)
        await refused(notifications.parse(changed, given.headers))
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signedHeaders),
        fc.nat(),
        fc.string({ minLength: 1 }),
        async (name, at, text) => {
          const value = given.headers[name] ?? ''
          const changed =
            value.slice(0, at % value.length) + text + value.slice((at % value.length) + text.length)
          fc.pre(
            changed !== value && Buffer.from(changed, 'base64').compare(Buffer.from(value, 'base64')) !== 0,
          )
          await refused(notifications.parse(bytes, { ...given.headers, [name]: changed }))
        },
      ),
    )
  })
})

describe('what cannot work says what to change', () => {
  it.each<[string, unknown]>([
    ['a parsed object', { id: '1' }],
    ['nothing', undefined],
    ['an empty text', ''],
    ['an empty Buffer', Buffer.alloc(0)],
  ])('a body that is %s', async (_, body) => {
    const error = await notifications
      .parse(body as string, notification().headers)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RequestError)
    expect((error as RequestError).field).toBe('body')
    for (const name of ['Express', 'Koa', 'Fastify', 'NestJS', 'Hono', 'Next.js']) {
      expect((error as Error).message).toContain(name)
    }
  })

  it.each([undefined, null, 'x', 5])('headers that are %p', async (headers) => {
    await expect(notifications.parse('{}', headers)).rejects.toMatchObject({
      name: 'RequestError',
      field: 'headers',
    })
  })

  it('JSON that is no notification', async () => {
    for (const body of ['[]', '{}', '{"resource":{}}', 'x']) {
      await expect(parse(signed(body))).rejects.toMatchObject({ name: 'RequestError', field: 'body' })
    }
  })

  it('XML is judged by the rules of APIv2, whatever the headers say', async () => {
    const event = await parse(signed(notificationV2()))
    expect(event).toMatchObject(PAID_V2)
    expect(notifications.keyOf(event)).toContain(PAID_V2.transaction_id)
    expect(notifications.success(event).body).toContain('SUCCESS')
    await expect(parse(signed(toXml(PAID_V2)))).rejects.toMatchObject({ reason: 'signature' })
  })

  it.each<[string, string, unknown]>([
    ['a key of 16 bytes', 'apiv3Key', { ...config, apiv3Key: 'x'.repeat(16) }],
    ['no key at all', 'apiv3Key', { certs: config.certs }],
    ['a misspelt option', 'apiV3Key', { ...config, apiV3Key: APIV3_KEY }],
    ['no object', 'config', undefined],
    ['no one', 'config', []],
    ['bad certs', 'certs', { ...config, certs: {} }],
    ['a bad secret', 'secret', { ...config, secret: [''] }],
    ['nothing to verify with', 'certs', { apiv3Key: APIV3_KEY }],
    ['one key of several too short', 'apiv3Key', { ...config, apiv3Key: [APIV3_KEY, 'short'] }],
    ['a merchant number without quotes', 'mchid', { ...config, mchid: 1230000109 }],
    ['the same merchant number twice', 'mchid', [config, config]],
    ['several merchants, one of them nameless', 'mchid', [config, { ...config, mchid: undefined }]],
    ['a private key that is none', 'privateKey', { ...config, privateKey: 'x' }],
    ['an option of a prototype', 'constructor', { ...config, constructor: 1 }],
    ["the merchant's own serial", 'certs.S1', { ...config, serial: 'S1', certs: { S1: merchant.spki } }],
  ])('%s', (_, field, given) => {
    expect(() => new Notifications(given as NotificationsConfig)).toThrow(
      expect.objectContaining({ name: 'ConfigError', field }),
    )
  })
})

test('the configuration of the factory will do, as it is', async () => {
  const whole: Config = {
    ...config,
    serial: '3775B6A45ACD588826D15E583A95F5DD00000001',
    base_uri: 'https://api2.mch.weixin.qq.com/',
    headers: { 'X-Trace': '1' },
    timeout: 1_000,
    retry: false,
    dispatcher: undefined,
    merchant: undefined,
    store: undefined,
  }
  const before = structuredClone({ ...whole, privateKey: '' })
  const reader = new Notifications(whole)
  expect((await parse(notification(), reader)).data).toEqual(PAID)
  await Builder.driver(Builder.factory(whole)).close()
  expect({ ...whole, privateKey: '' }).toEqual(before)
})

test('the keys of a client will do, too', async () => {
  const instance = Builder.factory({ ...config, serial: '3775B6A45ACD588826D15E583A95F5DD00000001' })
  const { keys } = Builder.driver(instance)
  const reader = new Notifications({ certs: keys, apiv3Key: APIV3_KEY })
  expect((await parse(notification(), reader)).data).toEqual(PAID)
  await Builder.driver(instance).close()
})

describe('several merchants', () => {
  const second = rsaPair()
  const theirs = { ...config, mchid: '1900000109', apiv3Key: 'y'.repeat(32) }

  it('are told by the serial', async () => {
    const reader = new Notifications([config, { ...theirs, certs: { PUB_KEY_ID_2: second.spki } }])
    const given = notification({ key: second.privateKey, serial: 'PUB_KEY_ID_2', apiv3Key: 'y'.repeat(32) })
    expect(reader.merchantOf(await parse(given, reader))).toBe('1900000109')
    expect(reader.merchantOf(await parse(notification(), reader))).toBe(MCHID)
    await refused(parse(notification({ key: second.privateKey }), reader))
  })

  it('or, where that is the same, by the key that decrypts', async () => {
    const reader = new Notifications([config, theirs])
    expect(reader.merchantOf(await parse(notification({ apiv3Key: 'y'.repeat(32) }), reader))).toBe(
      '1900000109',
    )
    await refused(parse(notification({ apiv3Key: 'z'.repeat(32) }), reader))
  })
})
