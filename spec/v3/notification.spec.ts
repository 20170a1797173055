import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import {
  ConfigError,
  Notifications,
  type NotificationsConfig,
  type PlatformKey,
  type PlatformKeys,
  VerificationError,
} from '../../lib'
import { ConfiguredKeys, parsePlatformKeys } from '../../lib/platform-keys'
import {
  APIV3_KEY,
  config,
  MCHID,
  type Notification,
  notification,
  PAID,
  SECRET,
  sealed,
  signed,
} from '../support/callbacks'
import { merchant, PUBLIC_KEY_ID, platform, rsaPair } from '../support/keys'
import { leaks, printed } from '../support/leaks'

const reader = new Notifications(config)
const parse = ({ body, headers }: Notification, notifications = reader) => notifications.parse(body, headers)

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it was believed')
    },
    (reason: Error) => reason,
  )
}

async function refused(promise: Promise<unknown>): Promise<VerificationError> {
  const error = await rejection(promise)
  expect(error).toBeInstanceOf(VerificationError)
  expect(leaks(error, APIV3_KEY, SECRET, merchant.pkcs8)).toBe(false)
  return error as VerificationError
}

/** The same with one header replaced. */
const withHeader = ({ body, headers }: Notification, name: string, value: string): Notification => ({
  body,
  headers: { ...headers, [`wechatpay-${name}`]: value },
})

describe('a signed notification whose resource was changed', () => {
  const { ciphertext, nonce, associated_data } = sealed(JSON.stringify(PAID))
  const bytes = Buffer.from(ciphertext, 'base64')

  it('never decrypts: whatever bit of the text or its tag it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        const error = await refused(
          parse(notification({ resource: { ciphertext: changed.toString('base64') } })),
        )
        expect(error.reason).toBe('decrypt')
      }),
    )
  })

  it('never decrypts: however much was cut off or added', async () => {
    const lengths = [0, 1, 12, 15, 16, 17, bytes.length - 4, bytes.length - 1, bytes.length + 1]
    for (const length of lengths) {
      const changed = Buffer.concat([bytes, Buffer.alloc(1)]).subarray(0, length)
      const error = await refused(
        parse(notification({ resource: { ciphertext: changed.toString('base64') } })),
      )
      expect(error.reason).toBe('decrypt')
    }
  })

  it('never decrypts with another nonce or other associated data', async () => {
    const other = (original: string) => fc.string().filter((text) => text !== original)
    const changes = fc.oneof(
      fc.record({ nonce: other(nonce) }),
      fc.record({ associated_data: other(associated_data) }),
    )
    await fc.assert(
      fc.asyncProperty(changes, async (resource) => {
        expect((await refused(parse(notification({ resource })))).reason).toBe('decrypt')
      }),
    )
  })

  it.each<[string, Record<string, unknown>]>([
    ['no base64', { ciphertext: `${ciphertext}!` }],
    ['base64 of the URL', { ciphertext: ciphertext.replaceAll('+', '-').replaceAll('/', '_').slice(0, -1) }],
    ['no nonce', { nonce: '' }],
    ['an endless nonce', { nonce: 'n'.repeat(1000) }],
    ['a number for associated data', { associated_data: 5 }],
    ['no algorithm', { algorithm: undefined }],
    ['the algorithm of a prototype', { algorithm: 'constructor' }],
    ['another mode', { algorithm: 'AEAD_AES_256_CBC' }],
  ])('is refused: %s', async (_, resource) => {
    expect(await refused(parse(notification({ resource })))).toMatchObject({
      reason: 'decrypt',
      code: 'ERR_VERIFICATION_DECRYPT',
      response: undefined,
    })
  })

  it('says that it does not know SM4', async () => {
    const error = await refused(parse(notification({ resource: { algorithm: 'AEAD_SM4_128_GCM' } })))
    expect(error.message).toMatch(/"AEAD_SM4_128_GCM": only AEAD_AES_256_GCM is known here, not 国密/)
  })
})

describe('nothing secret is told', () => {
  it('neither of what decrypts to no JSON', async () => {
    const name = '13800138000 张三丰 no JSON'
    const error = await refused(parse(notification({ plaintext: name })))
    expect(error.message).toContain('to no JSON')
    for (const text of printed(error)) expect(text).not.toMatch(/13800138000|张三丰/)
  })

  it('nor of what is signed and no JSON', async () => {
    const error = await rejection(parse(signed('13800138000 is no JSON')))
    for (const text of printed(error)) expect(text).not.toContain('13800138000')
  })

  it('nor of the signature', async () => {
    const given = notification({ key: rsaPair().privateKey })
    const error = await refused(parse(given))
    expect(leaks(error, given.headers['wechatpay-signature'] as string)).toBe(false)
  })
})

describe('says what to change', () => {
  it('when a header is missing', async () => {
    const { body, headers } = notification()
    const { 'wechatpay-nonce': _, ...rest } = headers
    const error = await refused(reader.parse(body, rest))
    expect(error.message).toMatch(/no wechatpay-nonce header: a proxy took it away, or/)
  })

  it('when the body was written anew', async () => {
    const { body, headers } = notification()
    const escaped = body.replace('支付成功', '\\u652f\\u4ed8\\u6210\\u529f')
    expect(JSON.parse(escaped)).toEqual(JSON.parse(body))
    const error = await refused(reader.parse(escaped, headers))
    expect(error).toMatchObject({ reason: 'signature' })
    expect(error.message).toMatch(/If the body was parsed and written again .* the bytes as they came/)
  })

  it.each([
    ['', '<xml><sign>1</sign></xml>'],
    [' after blanks', ' \r\n\t<xml></xml>'],
    [' after a byte order mark', '\ufeff<xml></xml>'],
  ])('when it is XML%s, whatever headers it comes with: the rules of APIv2 judge it', async (_, body) => {
    for (const { headers } of [signed(body), { headers: { 'content-type': 'text/xml' } }]) {
      expect(await rejection(reader.parse(body, headers))).toMatchObject({ reason: 'signature' })
    }
  })

  it('when it is signed in a way that an RSA key cannot verify', async () => {
    const type = 'WECHATPAY2-SM2-WITH-SM3'
    const given = withHeader(notification({ key: rsaPair().privateKey }), 'signature-type', type)
    const error = await refused(parse(given))
    expect(error).toMatchObject({ reason: 'signature' })
    expect(error.message).toContain(`"${type}"`)
    expect(error.message).toContain('{ verify }')
  })

  it('when the time is far off, and on which side', async () => {
    expect((await refused(parse(notification({ at: -3600 })))).message).toMatch(/signed 360[01] s ago/)
    expect((await refused(parse(notification({ at: 3600 })))).message).toMatch(/s in the future/)
  })

  it('when there is no APIv3 key', async () => {
    const error = await rejection(
      parse(notification(), new Notifications({ certs: config.certs, secret: SECRET })),
    )
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ field: 'apiv3Key' })
  })

  it('when a stream is given', async () => {
    const { body, headers } = notification()
    const stream = new Blob([body]).stream() as unknown as string
    await expect(reader.parse(stream, headers)).rejects.toThrow('a stream: read it to its end')
  })
})

describe('hostile input', () => {
  it.each<[string, string]>([
    ['huge', 'x'.repeat(8 * 1024 * 1024)],
    ['deep', '['.repeat(1_000_000)],
  ])('that is %s is refused by its signature', async (_, body) => {
    const { headers } = notification()
    const started = performance.now()
    expect((await refused(reader.parse(body, headers))).reason).toBe('signature')
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('deep, but signed', async () => {
    const depth = 100_000
    const event = await parse(notification({ plaintext: `${'['.repeat(depth)}${']'.repeat(depth)}` }))
    expect(Array.isArray(event.data)).toBe(true)
  })

  it('is read as it was signed, not as it may be repaired', async () => {
    const { body, headers } = notification()
    const bytes = Buffer.from(body)
    await expect(reader.parse(bytes, headers)).resolves.toMatchObject({ data: PAID })
    const broken = Buffer.from(bytes)
    broken.writeUInt8(0xff, bytes.indexOf('支'))
    expect((await refused(reader.parse(broken, headers))).reason).toBe('signature')
    // As a framework would hand over what it has decoded leniently.
    expect((await refused(reader.parse(broken.toString(), headers))).reason).toBe('signature')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'find'])(
    'with %s for a serial',
    async (serial) => {
      expect((await refused(parse(notification({ serial })))).reason).toBe('serial')
    },
  )

  it('with headers that come twice: the first counts', async () => {
    const { body, headers } = notification()
    const name = 'Wechatpay-Signature'
    const forged = randomBytes(256).toString('base64')
    const list = Object.entries(headers)
    await expect(reader.parse(body, [...list, [name, forged]])).resolves.toMatchObject({ data: PAID })
    await refused(reader.parse(body, [[name, forged], ...list]))
    const joined = new Headers(headers)
    joined.append(name, forged)
    await refused(reader.parse(body, joined))
  })

  it.each([
    '',
    ' ',
    '1e3',
    '-1',
    '0x10',
    '17000000000000000000',
    'NaN',
    '1700000000.5',
    '１７００００００００',
  ])('with %j for a time', async (timestamp) => {
    const error = await refused(parse(withHeader(notification(), 'timestamp', timestamp)))
    expect(error.reason).toBe('headers')
  })
})

describe('keys that live elsewhere', () => {
  const configured = (verify: unknown) =>
    new Notifications({ ...config, certs: { [PUBLIC_KEY_ID]: { verify } } } as NotificationsConfig)

  it('are asked with the message and the signature', async () => {
    const verify = jest.fn(async () => true)
    const given = notification()
    await expect(parse(given, configured(verify))).resolves.toMatchObject({ data: PAID })
    const { 'wechatpay-timestamp': time, 'wechatpay-nonce': nonce } = given.headers
    expect(verify).toHaveBeenCalledWith(
      `${time}\n${nonce}\n${given.body}\n`,
      given.headers['wechatpay-signature'],
    )
  })

  it.each<[string, () => unknown]>([
    ['say no', () => false],
    ['say something else', () => 'true'],
    ['throw', () => Promise.reject(new Error('offline'))],
  ])('refuse when they %s', async (_, verify) => {
    expect((await refused(parse(notification(), configured(verify)))).reason).toBe('signature')
  })
})

describe('keys that are shared', () => {
  /** Keys that learn new ones when asked, as certificates do that download themselves. */
  class Learning implements PlatformKeys {
    readonly asked: string[] = []
    readonly #keys: PlatformKey[] = []
    readonly #later: ReadonlyMap<string, PlatformKey>

    constructor(certs: Readonly<Record<string, string>>, knows = false) {
      this.#later = parsePlatformKeys(certs)
      if (knows) this.#keys.push(...this.#later.values())
    }

    async find(id: string) {
      this.asked.push(id)
      await Promise.resolve()
      return this.#later.get(id)
    }

    known() {
      return this.#keys
    }
  }

  it('are asked for a serial that is not known yet', async () => {
    const certs = new Learning({ [PUBLIC_KEY_ID]: platform.spki })
    await expect(
      parse(notification(), new Notifications({ certs, apiv3Key: APIV3_KEY })),
    ).resolves.toMatchObject({ data: PAID })
    expect(certs.asked).toEqual([PUBLIC_KEY_ID])
  })

  it('of other merchants are left alone when one knows it', async () => {
    const theirs = new Learning({ PUB_KEY_ID_2: rsaPair().spki })
    const ours = new Learning({ [PUBLIC_KEY_ID]: platform.spki }, true)
    const notifications = new Notifications([
      { mchid: '1900000109', certs: theirs, apiv3Key: 'y'.repeat(32) },
      { mchid: MCHID, certs: ours, apiv3Key: APIV3_KEY },
    ])
    expect(notifications.merchantOf(await parse(notification(), notifications))).toBe(MCHID)
    expect(theirs.asked).toEqual([])
  })

  it('tell a key that fits from one of the same name that does not', async () => {
    const notifications = new Notifications([
      { ...config, mchid: '1900000109', certs: { [PUBLIC_KEY_ID]: rsaPair().spki } },
      config,
    ])
    expect(notifications.merchantOf(await parse(notification(), notifications))).toBe(MCHID)
  })

  it('together with the APIv3 key leave it to the data to tell the merchant', async () => {
    const keys = new ConfiguredKeys(parsePlatformKeys(config.certs))
    const notifications = new Notifications(
      ['1900000109', MCHID, '1900000110'].map((mchid) => ({ mchid, certs: keys, apiv3Key: APIV3_KEY })),
    )
    const owner = async (data: unknown) =>
      notifications.merchantOf(await parse(notification({ data }), notifications))
    expect(await owner(PAID)).toBe(MCHID)
    expect(await owner({ sp_mchid: '1900000110', sub_mchid: MCHID })).toBe('1900000110')
    expect(await owner({ combine_mchid: MCHID })).toBe(MCHID)
    expect(await owner([])).toBe('1900000109')
  })
})
