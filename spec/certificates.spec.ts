import { setTimeout as sleep } from 'node:timers/promises'
import { Builder, Certificates, type Config, MemoryStore, type Store, VerificationError } from '../lib/lite'
import { credentials, PUBLIC_KEY_ID, platform as publicKeyPlatform } from './support/keys'
import { leaks } from './support/leaks'
import { type Identity, identity, RotatingPlatform } from './support/rotating-platform'

const APIV3_KEY = 'a-key-that-nobody-else-could-kno'
const FIRST = '1A2B3C4D5E6F70819203A4B5C6D7E8F900000001'
const SECOND = '1A2B3C4D5E6F70819203A4B5C6D7E8F900000002'

let first: Identity
let second: Identity
let platform: RotatingPlatform
let base_uri: string
const drivers: { close(): Promise<void> }[] = []

beforeAll(() => {
  first = identity(FIRST)
  second = identity(SECOND)
})

beforeEach(async () => {
  platform = new RotatingPlatform(first, APIV3_KEY)
  base_uri = await platform.listen()
})

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
  await platform.close()
})

function client(overrides: Partial<Config> = {}) {
  const config: Config = {
    ...credentials,
    certs: { auto: true },
    apiv3Key: APIV3_KEY,
    base_uri,
    ...overrides,
  }
  const instance = Builder.factory(config)
  const driver = Builder.driver(instance)
  drivers.push(driver)
  return { instance, driver, call: () => instance.chain('v3/x').get() }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('nothing was refused')
    },
    (error: unknown) => error,
  )

describe('download', () => {
  it('happens when first needed, once for all who wait', async () => {
    platform.delay = 50
    const { call } = client()
    expect(platform.downloads).toBe(0)
    const answers = await Promise.all(Array.from({ length: 50 }, call))
    expect(answers.every(({ verified }) => verified)).toBe(true)
    expect(platform.downloads).toBe(1)
  })

  it('stands beside a configured public key, which is what requests ask for', async () => {
    const { call } = client({ certs: { auto: true, [PUBLIC_KEY_ID]: publicKeyPlatform.spki } })
    expect((await call()).verified).toBe(true)
    expect(platform.arrived[0]?.headers['wechatpay-serial']).toBe(PUBLIC_KEY_ID)
    platform.signer = { ...first, serial: PUBLIC_KEY_ID, privateKey: publicKeyPlatform.privateKey }
    expect((await call()).verified).toBe(true)
    expect(platform.downloads).toBe(1)
  })

  it('may itself be signed with the public key', async () => {
    const { driver } = client({ certs: { auto: true, [PUBLIC_KEY_ID]: publicKeyPlatform.spki } })
    platform.signer = { ...first, serial: PUBLIC_KEY_ID, privateKey: publicKeyPlatform.privateKey }
    await driver.certificates?.refresh()
    expect(driver.certificates?.known().map(({ id }) => id)).toEqual([PUBLIC_KEY_ID, FIRST])
  })

  it('reads the times from the answer, not from the certificate', async () => {
    platform.certificates = [{ ...first, expires: new Date(Date.now() - 1000) }]
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { call } = client()
    expect(await rejection(call())).toMatchObject({ name: 'VerificationError', reason: 'serial' })
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching('expired at'),
      expect.anything(),
      expect.anything(),
    )
    warn.mockRestore()
  })

  it('also tells a call for the certificates by hand', async () => {
    const { instance } = client()
    const { data, verified } = await instance.v3.certificates.get()
    expect(verified).toBe(true)
    expect(Certificates.decrypt(data, APIV3_KEY)).toEqual([
      {
        serial: FIRST,
        certificate: first.certificate,
        effective: first.effective.getTime(),
        expires: first.expires.getTime(),
      },
    ])
  })

  it('takes the newest of two APIv3 keys, or the oldest', async () => {
    const { call } = client({ apiv3Key: ['another-key-another-key-another-', APIV3_KEY] })
    expect((await call()).verified).toBe(true)
  })
})

describe('rotation', () => {
  it('under load: no request fails, one download', async () => {
    const { call } = client()
    await call()
    platform.certificates = [first, second]
    platform.signer = second
    platform.delay = 30
    const answers = await Promise.all(Array.from({ length: 100 }, call))
    expect(answers.every(({ verified }) => verified)).toBe(true)
    expect(platform.downloads).toBe(2)
  })

  it('asks once for a serial that stays unknown, then leaves it alone for a while', async () => {
    const { call } = client()
    await call()
    platform.signer = identity('1A2B3C4D5E6F70819203A4B5C6D7E8F900000009')
    for (let i = 0; i < 5; i++) {
      expect(await rejection(call())).toMatchObject({ reason: 'serial', delivery: 'delivered' })
    }
    expect(platform.downloads).toBe(2)
  })

  it('of the merchant: a new key and serial from the next call on', async () => {
    const { driver, call } = client()
    await call()
    const before = String(platform.arrived.at(-1)?.headers.authorization)
    driver.rotate({ serial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E2' })
    await call()
    const after = String(platform.arrived.at(-1)?.headers.authorization)
    expect(before).toContain(credentials.serial)
    expect(after).toContain('5157F09EFDC096DE15EBE81A47057A7232F1B8E2')
    expect(() => driver.rotate({ privateKey: 'no key' })).toThrow('privateKey')
    await call()
    expect(platform.arrived.at(-1)?.headers.authorization).toContain(
      '5157F09EFDC096DE15EBE81A47057A7232F1B8E2',
    )
  })

  it('of the public key: a second one beside the first', async () => {
    const { driver, call } = client({ certs: { [PUBLIC_KEY_ID]: publicKeyPlatform.spki } })
    expect(await rejection(call())).toMatchObject({ reason: 'serial' })
    driver.rotate({ certs: { [PUBLIC_KEY_ID]: publicKeyPlatform.spki, [FIRST]: first.certificate } })
    expect((await call()).verified).toBe(true)
  })
})

describe('refused', () => {
  it('a list that does not decrypt to the last entry', async () => {
    const stranger = new RotatingPlatform(second, 'another-key-another-key-another-')
    const [, forged] = [platform.listing(), stranger.listing()].map((text) => JSON.parse(text).data[0])
    const body = JSON.stringify({ data: [JSON.parse(platform.listing()).data[0], forged] })
    platform.answer = (response) => {
      platform.send(response, body)
      return true
    }
    const { call } = client()
    const error = await rejection(call())
    expect(error).toMatchObject({ name: 'VerificationError', reason: 'serial' })
    expect(leaks(error, APIV3_KEY)).toBe(false)
  })

  it('a list whose signature is not its own', async () => {
    platform.answer = (response) => {
      platform.send(response, platform.listing(), 200, { ...first, privateKey: second.privateKey })
      return true
    }
    const error = (await rejection(client().call())) as VerificationError
    expect(error).toMatchObject({ reason: 'serial' })
    expect(error.cause).toMatchObject({ reason: 'signature' })
  })

  it('a merchant without certificates learns of the public key', async () => {
    platform.answer = (response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' })
      response.end('{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}')
      return true
    }
    const { call, driver } = client()
    const error = (await rejection(call())) as VerificationError
    expect(String((error.cause as Error).message)).toMatch(
      /no platform certificates.*public key.*PUB_KEY_ID_/,
    )
    expect(platform.downloads).toBe(1)
    expect(await rejection(driver.certificates?.refresh() as Promise<void>)).toBeInstanceOf(VerificationError)
  })
})

describe('refused, and what was known stays', () => {
  const listing = (change: (entry: Record<string, unknown>) => unknown): string =>
    JSON.stringify({ data: JSON.parse(platform.listing()).data.map(change) })
  const sealed = (text: string): string => {
    const stranger = new RotatingPlatform({ ...first, certificate: text }, APIV3_KEY)
    return stranger.listing()
  }

  it.each<[string, () => string, string]>([
    ['an empty list', () => '{"data":[]}', 'serial'],
    ['no list', () => '{}', 'serial'],
    ['an entry that is none', () => listing(() => null), 'decrypt'],
    ['an entry without an end', () => listing(({ expire_time: _, ...rest }) => rest), 'decrypt'],
    ['an end that is no time', () => listing((entry) => ({ ...entry, expire_time: 'never' })), 'decrypt'],
    ['an entry without a serial', () => listing(({ serial_no: _, ...rest }) => rest), 'decrypt'],
    ['what decrypts to no certificate', () => sealed('no certificate'), 'decrypt'],
  ])('%s', async (_, body, reason) => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    const { call, driver } = client({ certs: { auto: true, [PUBLIC_KEY_ID]: publicKeyPlatform.spki } })
    await call()
    // Signed with another key than those in the list, so that it is the list that is judged.
    platform.answer = (response) => {
      platform.send(response, body(), 200, {
        ...first,
        serial: PUBLIC_KEY_ID,
        privateKey: publicKeyPlatform.privateKey,
      })
      return true
    }
    const error = await rejection(driver.certificates?.refresh() as Promise<void>)
    expect(error).toMatchObject({ name: 'VerificationError', reason })
    expect(driver.certificates?.known().map(({ id }) => id)).toEqual([PUBLIC_KEY_ID, FIRST])
    expect((await call()).verified).toBe(true)
    await sleep(0)
    process.removeListener('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('by decrypt() of a list by hand, too', () => {
    for (const entry of [null, 'x', {}, { ...JSON.parse(platform.listing()).data[0], effective_time: '' }]) {
      expect(() => Certificates.decrypt({ data: [entry] }, APIV3_KEY)).toThrow(VerificationError)
    }
  })
})

describe('a store that is of no use', () => {
  const NAME = `wechatpay:certificates:${credentials.mchid}`
  let warned: jest.SpyInstance
  beforeEach(() => {
    warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  })
  afterEach(() => warned.mockRestore())
  const announced = (): string[] => warned.mock.calls.map(([text]) => String(text))
  const holding = async (value: string): Promise<Store> => {
    const store = new MemoryStore()
    await store.set(NAME, value, { ttl: 1_000 })
    return store
  }
  const stored = (at = Date.now()): string => JSON.stringify({ at, answer: JSON.parse(platform.listing()) })
  const failing = (changes: Partial<Store>): Store => Object.assign(new MemoryStore(), changes)
  const down = async (): Promise<never> => {
    throw new Error('connect ECONNREFUSED')
  }

  it.each<[string, Partial<Store>]>([
    ['that cannot be read', { get: down }],
    ['that cannot be written', { set: down }],
    ['that throws', { get: () => JSON.parse('{') }],
  ])('%s costs a download, and is announced', async (_, changes) => {
    const { call, driver } = client({ store: failing(changes) })
    expect((await call()).verified).toBe(true)
    expect(platform.downloads).toBe(1)
    expect(announced()).toEqual([expect.stringMatching(/^the store that shares .* failed \(.+\): /)])
    await driver.certificates?.refresh()
  })

  it('that says nothing is not waited for', async () => {
    const { call } = client({ store: failing({ get: () => new Promise(() => {}) }), timeout: 5_000 })
    expect((await call()).verified).toBe(true)
    expect(announced()).toEqual([expect.stringContaining('no answer in 2000 ms')])
  })

  it.each<[string, () => string]>([
    ['something else', () => 'garbage-with-a-secret'],
    ['nothing in JSON', () => 'null'],
    ['no list', () => '{"at":1}'],
    ['an empty list', () => JSON.stringify({ at: Date.now(), answer: { data: [] } })],
    ['a list of unknown age', () => platform.listing()],
    ['a list that is eleven hours old', () => stored(Date.now() - 11 * 3_600_000)],
  ])('that holds %s costs a download', async (_, value) => {
    const store = await holding(value())
    expect((await client({ store }).call()).verified).toBe(true)
    expect(platform.downloads).toBe(1)
    expect(announced().join()).not.toContain('garbage')
    // It is replaced by what was downloaded.
    expect((await client({ store }).call()).verified).toBe(true)
    expect(platform.downloads).toBe(1)
  })

  it('that was filled before the platform changed its certificate: one download, no call fails', async () => {
    const store = await holding(stored())
    platform.certificates = [first, second]
    platform.signer = second
    platform.delay = 30
    const { call } = client({ store })
    const answers = await Promise.all(Array.from({ length: 20 }, call))
    expect(answers.every(({ verified }) => verified)).toBe(true)
    expect(platform.downloads).toBe(1)
    expect(announced()).toEqual([])
  })

  it('refresh() downloads, although a look into the store is under way', async () => {
    const held = await holding(stored())
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const store = failing({ get: (key) => gate.then(() => held.get(key)) })
    const { certificates } = client({ store }).driver
    const looking = certificates?.find(FIRST)
    const refreshed = certificates?.refresh()
    go()
    expect(await looking).toMatchObject({ id: FIRST })
    await refreshed
    expect(platform.downloads).toBe(1)
  })

  it('what it holds is renewed eleven hours after its download, not after it was read', async () => {
    const made = jest.spyOn(global, 'setTimeout')
    try {
      const { call } = client({ store: await holding(stored(Date.now() - 10 * 3_600_000)) })
      await call()
      expect(platform.downloads).toBe(0)
      const waits = made.mock.calls.map(([, wait = 0]) => wait)
      expect(Math.max(...waits)).toBeLessThanOrEqual(3_600_000)
      expect(Math.max(...waits)).toBeGreaterThan(3_500_000)
    } finally {
      made.mockRestore()
    }
  })
})

describe('the store', () => {
  it('is shared: the second process downloads nothing', async () => {
    const store = new MemoryStore()
    expect((await client({ store }).call()).verified).toBe(true)
    expect((await client({ store }).call()).verified).toBe(true)
    expect(platform.downloads).toBe(1)
  })

  it('holds nothing that could be believed if someone else wrote it', async () => {
    const written: string[] = []
    const inner = new MemoryStore()
    const store: Store = {
      get: (key) => inner.get(key),
      set(key, value, options) {
        written.push(value)
        return inner.set(key, value, options)
      },
      delete: (key) => inner.delete(key),
    }
    await client({ store }).call()
    expect(written).toHaveLength(1)
    expect(written[0]).not.toContain('BEGIN CERTIFICATE')
    const forged = new RotatingPlatform(second, 'another-key-another-key-another-')
    await inner.set(`wechatpay:certificates:${credentials.mchid}`, forged.listing(), { ttl: 60 })
    platform.signer = second
    expect(await rejection(client({ store }).call())).toMatchObject({ reason: 'serial' })
  })
})

describe('time', () => {
  it('an expiring certificate is announced once', async () => {
    platform.certificates = [{ ...first, expires: new Date(Date.now() + 10 * 86_400_000) }]
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    try {
      const { call, driver } = client()
      await call()
      await driver.certificates?.refresh()
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(new RegExp(`${FIRST} expires in \\d+ days`)),
          'WechatpayWarning',
          'WECHATPAY_CERTIFICATE_EXPIRES',
        ],
      ])
    } finally {
      warn.mockRestore()
    }
  })

  it('what fails in the background is tried again, less and less often', async () => {
    const made = jest.spyOn(global, 'setTimeout')
    try {
      const { driver } = client()
      platform.answer = (response) => {
        response.writeHead(404, { 'Content-Type': 'application/json' })
        response.end('{"code":"RESOURCE_NOT_EXISTS"}')
        return true
      }
      for (let i = 0; i < 8; i++) await rejection(driver.certificates?.refresh() as Promise<void>)
      const waits = made.mock.calls.map(([, wait = 0]) => wait / 1_000).filter((wait) => wait >= 60)
      expect(waits).toEqual([60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
      platform.answer = undefined
      await driver.certificates?.refresh()
      expect(made.mock.calls.map(([, wait]) => wait)).toContain(11 * 3_600_000)
    } finally {
      made.mockRestore()
    }
  })

  it('an hour before the twelfth they are renewed in the background', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] })
    try {
      const { call } = client()
      const made = jest.spyOn(global, 'setTimeout')
      await call()
      const waits = made.mock.calls.map(([, wait]) => wait)
      expect(waits).toContain(11 * 3_600_000)
      platform.certificates = [first, second]
      jest.advanceTimersByTime(11 * 3_600_000)
      jest.useRealTimers()
      for (let i = 0; i < 50 && platform.downloads < 2; i++) await sleep(20)
      expect(platform.downloads).toBe(2)
    } finally {
      jest.useRealTimers()
      jest.restoreAllMocks()
    }
  })
})

describe('several merchants', () => {
  it('share connections, and closing one leaves the other its own', async () => {
    const a = client()
    const b = client({ mchid: '1900000109' })
    await Promise.all([a.call(), b.call()])
    await a.driver.close()
    expect((await b.call()).verified).toBe(true)
    expect(await rejection(a.call())).toMatchObject({ code: 'ERR_REQUEST' })
  })
})
