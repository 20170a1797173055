import { inspect } from 'node:util'
import fc from 'fast-check'
import { Builder, type CallOptions, type Config, RequestError, Rsa, sensitive } from '../lib/lite'
import { credentials, merchant, PUBLIC_KEY_ID, platform as publicKeyPlatform } from './support/keys'
import { printed } from './support/leaks'
import { type Identity, identity, RotatingPlatform } from './support/rotating-platform'

const APIV3_KEY = 'a-key-that-nobody-else-could-kno'
const OLD = '1A2B3C4D5E6F70819203A4B5C6D7E8F900000001'
const NEW = '1A2B3C4D5E6F70819203A4B5C6D7E8F900000002'
const COMING = '1A2B3C4D5E6F70819203A4B5C6D7E8F900000003'
const NAME = '欧阳张三李四'

let identities: Identity[]
let platform: RotatingPlatform
let base_uri: string

beforeAll(async () => {
  identities = [identity(OLD, -300, 60), identity(NEW, -1, 365), identity(COMING, 1, 365)]
  platform = new RotatingPlatform(identities[0] as Identity, APIV3_KEY)
  base_uri = await platform.listen()
})

afterAll(() => platform.close())

beforeEach(() => {
  platform.certificates = [...identities]
  platform.arrived.length = 0
  platform.downloads = 0
})

async function using<T>(
  overrides: Partial<Config>,
  run: (client: ReturnType<typeof open>) => Promise<T>,
): Promise<T> {
  const client = open(overrides)
  try {
    return await run(client)
  } finally {
    await client.driver.close()
  }
}

function open(overrides: Partial<Config>) {
  const certs = { auto: true } as const
  const instance = Builder.factory({ ...credentials, certs, apiv3Key: APIV3_KEY, base_uri, ...overrides })
  return { instance, driver: Builder.driver(instance) }
}

/** The last request: its body, and the key it says it is encrypted with. */
function last() {
  const { body, target, headers } = platform.arrived.at(-1) ?? { body: '', target: '', headers: {} }
  return { body: body && JSON.parse(body), target, serial: headers['wechatpay-serial'] }
}

describe('what is sent', () => {
  it('is encrypted with the newest certificate in use, which the header names', async () => {
    await using({}, async ({ instance }) => {
      await instance.chain('v3/x').post({ json: { user: { names: [sensitive(NAME)] }, plain: 'p' } })
      const { body, serial } = last()
      expect(serial).toBe(NEW)
      expect(platform.decrypt(body.user.names[0], serial)).toBe(NAME)
      expect(body.plain).toBe('p')
    })
  })

  it('waits for the first download; a certificate that is not yet in use is left alone', async () => {
    await using({ certs: { auto: true } }, async ({ instance }) => {
      await Promise.all([1, 2, 3].map(() => instance.chain('v3/x').post({ json: { name: sensitive(NAME) } })))
      const { body, serial } = last()
      expect(serial).toBe(NEW)
      expect(platform.decrypt(body.name, serial)).toBe(NAME)
      expect(platform.downloads).toBe(1)
    })
  })

  it.each<[string, (driver: ReturnType<typeof open>['driver']) => unknown]>([
    ['keys are changed', (driver) => driver.rotate({ serial: credentials.serial })],
    ['the client is closed', (driver) => driver.close()],
  ])('waits for a key also while %s', async (_, change) => {
    await using({}, async ({ instance, driver }) => {
      const call = instance.chain('v3/x').post({ json: { name: sensitive(NAME) } })
      const changed = change(driver)
      await call
      const { body, serial } = last()
      expect(platform.decrypt(body.name, serial)).toBe(NAME)
      await changed
    })
  })

  it('is encrypted with the public key when one is configured', async () => {
    const certs = { [NEW]: identities[1]?.certificate as string, [PUBLIC_KEY_ID]: publicKeyPlatform.spki }
    platform.signer = { ...(identities[1] as Identity) }
    await using({ certs }, async ({ instance }) => {
      await instance.chain('v3/x').post({ json: { name: sensitive(NAME) } })
      const { body, serial } = last()
      expect(serial).toBe(PUBLIC_KEY_ID)
      expect(Rsa.decrypt(body.name, publicKeyPlatform.privateKey)).toBe(NAME)
    })
  })

  it.each(['Wechatpay-Serial', 'wechatpay-serial', 'WECHATPAY-SERIAL'])(
    'a header %s chooses the key',
    async (name) => {
      await using({}, async ({ instance }) => {
        await instance.chain('v3/x').post({ json: { name: sensitive(NAME) }, headers: { [name]: OLD } })
        const { body, serial } = last()
        expect(serial).toBe(OLD)
        expect(platform.decrypt(body.name, OLD)).toBe(NAME)
      })
    },
  )

  it('in a query it is encrypted too', async () => {
    await using({}, async ({ instance }) => {
      await instance.chain('v3/x').get({ query: { id_card: sensitive(NAME), list: [sensitive('a')] } })
      const { target, serial } = last()
      const query = new URL(target, 'http://localhost').searchParams
      expect(serial).toBe(NEW)
      expect(platform.decrypt(query.get('id_card') ?? '', serial)).toBe(NAME)
      expect(platform.decrypt(query.get('list[0]') ?? '', serial)).toBe('a')
    })
  })

  it('leaves no header behind when nothing was sensitive', async () => {
    await using({}, async ({ instance }) => {
      await instance.chain('v3/x').post({ json: { name: NAME } })
      expect(last().serial).toBeUndefined()
    })
  })

  it('beside a bigint, which is written with all its digits', async () => {
    await using({}, async ({ instance }) => {
      await instance
        .chain('v3/x')
        .post({ json: { n: 9007199254740993n, name: sensitive(NAME), nothing: null } })
      expect(platform.arrived.at(-1)?.body).toContain('"n":9007199254740993,')
      expect(platform.decrypt(last().body.name, NEW)).toBe(NAME)
    })
  })

  it('for every text up to the limit of OAEP, and never twice the same', async () => {
    await using({}, async ({ instance }) => {
      const texts = fc
        .string({ unit: 'grapheme', maxLength: 60 })
        .filter((text) => Buffer.byteLength(text) <= 214)
      const seen = new Set<string>()
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          await instance.chain('v3/x').post({ json: { a: sensitive(text), b: sensitive(text) } })
          const { a, b } = last().body
          expect(platform.decrypt(a, NEW)).toBe(text)
          expect(platform.decrypt(b, NEW)).toBe(text)
          for (const ciphertext of [a, b]) {
            expect(seen.has(ciphertext)).toBe(false)
            seen.add(ciphertext)
          }
        }),
        { numRuns: 60, examples: [[''], ['x'.repeat(214)], ['张'.repeat(71)]] },
      )
    })
  })
})

describe('refused before anything is sent', () => {
  const refused = async (
    overrides: Partial<Config>,
    options: CallOptions,
    method = 'v3/x',
  ): Promise<RequestError> =>
    using(overrides, async ({ instance }) => {
      const error: unknown = await instance
        .chain(method)
        .post(options)
        .catch((reason: unknown) => reason)
      expect(platform.arrived.filter(({ target }) => !target.endsWith('certificates'))).toHaveLength(0)
      expect(error).toBeInstanceOf(RequestError)
      return error as RequestError
    })

  it('a value that is too long, by the name of its field', async () => {
    const options = { json: { list: [{ ok: 1 }, { name: sensitive('x'.repeat(215)) }] } }
    const error = await refused({}, options)
    expect(error).toMatchObject({ field: 'json.list.1.name' })
    expect(error.message).toMatch(/215 bytes.*at most 214/)
    for (const text of printed(error)) expect(text).not.toContain('xxxxx')
    const longer = await refused({}, { query: { name: sensitive('y'.repeat(300)) } })
    expect(longer.field).toBe('query.name')
  })

  it('an object that refers to itself, or twice to one value', async () => {
    const json: Record<string, unknown> = { name: sensitive('x'.repeat(500)) }
    json.self = json
    await refused({}, { json })
    const name = sensitive('x'.repeat(500))
    expect(await refused({}, { json: { a: { name }, b: { name } } })).toMatchObject({ field: 'json.a.name' })
  })

  it('a header that names no key', async () => {
    const error = await refused(
      {},
      { json: { name: sensitive(NAME) }, headers: { 'Wechatpay-Serial': 'ABC' } },
    )
    expect(error.field).toBe('headers.Wechatpay-Serial')
    expect(error.message).toContain(NEW)
  })

  it('a key that lives elsewhere cannot encrypt', async () => {
    const error = await refused({ certs: { X: { verify: () => true } } }, { json: { name: sensitive(NAME) } })
    expect(error.message).toContain('public key')
  })

  it('APIv2 has no such fields', async () => {
    const error = await refused({ secret: 's' }, { xml: { name: sensitive(NAME) } }, 'v2/x')
    expect(error.message).toContain('name')
    for (const text of printed(error)) expect(text).not.toContain(NAME)
  })

  it.each([1, null, undefined, {}, ['x'], Symbol('x')])('sensitive(%p)', (value) => {
    expect(() => sensitive(value as string)).toThrow(RequestError)
  })
})

test('nothing prints the value', () => {
  const value = sensitive(NAME)
  const holder = { list: [value], map: new Map([['k', value]]) }
  const texts = [
    inspect(holder, { depth: 9, showHidden: true }),
    inspect(value, { showProxy: true, customInspect: false }),
    JSON.stringify(holder),
    String(value),
    `${value}`,
    JSON.stringify(Object.getOwnPropertyDescriptors(value)),
    JSON.stringify(structuredClone({ ...value })),
  ]
  for (const text of texts) expect(text).not.toContain(NAME)
  expect(JSON.stringify(value)).toBe('"[sensitive]"')
})

describe('Builder.driver(instance).decrypt', () => {
  it("with the merchant's key, with another's, with a remote one", async () => {
    const ciphertext = Rsa.encrypt(NAME, merchant.publicKey)
    await using({}, async ({ driver }) => {
      expect(await driver.decrypt(ciphertext)).toBe(NAME)
      const other = Rsa.encrypt(NAME, publicKeyPlatform.publicKey)
      expect(await driver.decrypt(other, { key: publicKeyPlatform.privateKey })).toBe(NAME)
      await expect(driver.decrypt(other)).rejects.toMatchObject({ reason: 'decrypt' })
    })
    const remote = { sign: () => '', decrypt: async (text: string) => Rsa.decrypt(text, merchant.privateKey) }
    await using({ privateKey: remote }, async ({ driver }) =>
      expect(await driver.decrypt(ciphertext)).toBe(NAME),
    )
    await using({ privateKey: { sign: () => '' } }, async ({ driver }) =>
      expect(driver.decrypt(ciphertext)).rejects.toMatchObject({ name: 'ConfigError', field: 'privateKey' }),
    )
  })
})
