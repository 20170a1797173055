import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { ConfigError, type RedisClient, redisStore, type Store } from '../lib'
import { describeWithRedis } from './support/redis'

/** A client and how to end it. */
interface Connected {
  readonly client: RedisClient
  close(): Promise<unknown>
}

const clients: Readonly<Record<string, (url: string) => Promise<Connected>>> = {
  async 'node-redis'(url) {
    const client = createClient({ url })
    await client.connect()
    return { client, close: () => client.close() }
  },
  async ioredis(url) {
    const client = new Redis(url)
    return { client, close: () => client.quit() }
  },
}

describeWithRedis('on a real server', (url) => {
  describe.each(Object.keys(clients))('%s', (name) => {
    let connected: Connected
    let store: Store
    let raw: Redis
    const prefix = `${randomUUID()}:`

    beforeAll(async () => {
      connected = await (clients[name] as (url: string) => Promise<Connected>)(url())
      raw = new Redis(url())
      store = redisStore(connected.client, { prefix })
    })
    afterAll(() => Promise.all([connected.close(), raw.quit()]))

    test('sets what is absent once, however many ask at once', async () => {
      const asked = Array.from({ length: 50 }, (_, i) =>
        store.set('once', `value ${i}`, { ttl: 60, absent: true }),
      )
      expect(await Promise.all(asked)).toEqual([true, ...Array<boolean>(49).fill(false)])
      expect(await store.get('once')).toBe('value 0')
      expect(await raw.ttl(`${prefix}once`)).toBeGreaterThan(50)
    })

    test('sets what is there, without a condition', async () => {
      expect(await store.set('again', 'one', { ttl: 60 })).toBe(true)
      expect(await store.set('again', '二 "two"\n', { ttl: 600 })).toBe(true)
      expect(await store.get('again')).toBe('二 "two"\n')
      expect(await raw.ttl(`${prefix}again`)).toBeGreaterThan(60)
    })

    test('deletes, and knows nothing of what never was', async () => {
      await store.set('gone', 'value', { ttl: 60 })
      await store.delete('gone')
      expect(await store.get('gone')).toBeUndefined()
      expect(await store.set('gone', 'value', { ttl: 60, absent: true })).toBe(true)
    })

    test('forgets in time; parts of a second are a second', async () => {
      await store.set('short', 'value', { ttl: 0.2, absent: true })
      expect(await store.get('short')).toBe('value')
      await sleep(1_100)
      expect(await store.get('short')).toBeUndefined()
    })

    test('leaves nothing behind of its trying', async () => {
      expect(await raw.keys(`${prefix}wechatpay:probe:*`)).toEqual([])
    })

    test('two prefixes are two stores', async () => {
      const other = redisStore(connected.client, { prefix: `${prefix}other:` })
      await store.set('shared', 'value', { ttl: 60 })
      expect(await other.get('shared')).toBeUndefined()
    })
  })
})

/** A client with a `set` as given, and nothing else of use. */
const withSet = (set: (...given: unknown[]) => unknown): RedisClient =>
  ({ set, get: async () => null, del: async () => 0 }) as RedisClient

test('a client that does not heed NX is refused', async () => {
  const store = redisStore(withSet(async () => 'OK'))
  const error = await store.set('key', 'value', { ttl: 1, absent: true }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ field: 'client', message: expect.stringContaining('(NX)') })
})

test('a client that fails rejects with its own error, and is asked again the next time', async () => {
  let down = true
  const kept = new Map<unknown, unknown>()
  const store = redisStore(
    withSet(async (key, value) => {
      if (down) throw new Error('connect ECONNREFUSED')
      if (kept.has(key)) return null
      kept.set(key, value)
      return 'OK'
    }),
  )
  await expect(store.set('key', 'value', { ttl: 1 })).rejects.toThrow('ECONNREFUSED')
  down = false
  expect(await store.set('key', 'value', { ttl: 1, absent: true })).toBe(true)
})

test.each<unknown>([undefined, null, 'redis://localhost', {}, { get() {}, set() {} }])(
  '%p is no client',
  (client) => {
    expect(() => redisStore(client as RedisClient)).toThrow(ConfigError)
  },
)
