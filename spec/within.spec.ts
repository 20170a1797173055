import { getEventListeners } from 'node:events'
import { Builder, type Config, Rsa, sensitive } from '../lib/lite'
import { credentials } from './support/keys'
import { type Identity, identity, RotatingPlatform } from './support/rotating-platform'
import { rejection } from './v2/server'

const APIV3_KEY = 'a-key-that-nobody-else-could-kno'
let signer: Identity
let platform: RotatingPlatform
let base_uri: string

beforeAll(() => {
  signer = identity('1A2B3C4D5E6F70819203A4B5C6D7E8F900000001')
})
beforeEach(async () => {
  platform = new RotatingPlatform(signer, APIV3_KEY)
  base_uri = await platform.listen()
})
afterEach(() => platform.close())

function client(changes: Partial<Config> = {}) {
  const instance = Builder.factory({
    ...credentials,
    certs: { auto: true },
    apiv3Key: APIV3_KEY,
    base_uri,
    ...changes,
  })
  return { call: instance.chain('v3/x'), driver: Builder.driver(instance) }
}

/** Milliseconds that something took. */
async function time(work: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work
  return performance.now() - began
}

describe('a call that waits for a certificate to encrypt with', () => {
  const json = { name: sensitive('张三') }

  test('has the time of the call, and no more', async () => {
    platform.delay = 400
    const { call, driver } = client()
    const sent = rejection(call.post({ json, timeout: 50 }))
    expect(await time(sent)).toBeLessThan(300)
    expect(await sent).toMatchObject({
      code: 'ERR_TIMEOUT',
      delivery: 'not-sent',
      message: 'POST v3/x: no key to encrypt with within 50 ms; nothing was sent',
    })
    await driver.close()
    expect(platform.arrived.filter(({ target }) => target === '/v3/x')).toEqual([])
  })

  test('has that time for all it does', async () => {
    platform.delay = 200
    const { privateKey } = credentials
    // Signs what asks for the certificate, and nothing else.
    const sign = (message: string) =>
      message.startsWith('GET') ? Rsa.sign(message, privateKey) : new Promise<string>(() => {})
    const { call } = client({ privateKey: { sign } })
    const sent = rejection(call.post({ json, timeout: 400 }))
    expect(await time(sent)).toBeLessThan(550)
    expect(await sent).toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
    expect(platform.downloads).toBe(1)
  })

  test.each([
    ['before', () => AbortSignal.abort(new Error('gone'))],
    ['meanwhile', () => AbortSignal.timeout(50)],
  ])('can be aborted %s', async (_, make) => {
    platform.delay = 400
    const { call, driver } = client()
    const signal = make()
    const sent = Array.from({ length: 3 }, () => rejection(call.post({ json, signal })))
    expect(await time(Promise.all(sent))).toBeLessThan(300)
    for (const error of await Promise.all(sent)) {
      expect(error).toMatchObject({ code: 'ERR_ABORTED', delivery: 'not-sent' })
      expect((error as Error).cause).toBe(signal.reason)
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await driver.close()
  })

  test('goes on when it comes, and leaves nothing behind', async () => {
    platform.delay = 50
    const { call, driver } = client()
    const { signal } = new AbortController()
    await expect(call.post({ json, signal, timeout: 5_000 })).resolves.toMatchObject({ verified: true })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await driver.close()
  })
})

describe('closing a client', () => {
  test('waits for the certificates that the answer of a call is verified with', async () => {
    platform.delay = 50
    const { call, driver } = client()
    const sent = call.post({ json: {} })
    await driver.close()
    await expect(sent).resolves.toMatchObject({ status: 200, verified: true })
    await expect(call.get()).rejects.toMatchObject({ message: 'GET v3/x: the client is closed' })
  })

  test('ends downloads for everyone else', async () => {
    const { call, driver } = client()
    await call.get()
    platform.downloads = 0
    // Its connections are someone else's, too.
    await client().call.get()
    await driver.close()
    await expect(driver.certificates?.refresh()).rejects.toThrow('the client is closed')
    expect(platform.downloads).toBe(1)
  })
})
