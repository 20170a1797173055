import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import {
  type Callback,
  type CallbackHandler,
  Claims,
  Notifications,
  type RedisClient,
  redisStore,
} from '../lib'
import type { Task } from './support/callback-worker'
import { config } from './support/callbacks'
import { runProcess } from './support/process'
import { describeWithRedis, testWithRedisServer } from './support/redis'
import { type Delivery, signedCallback } from './support/signed-callback'

const WORKER = resolve(__dirname, 'support/callback-worker.ts')
const PROCESSES = 10
const CALLBACKS = 1_000

/** A callback is delivered to this process. */
async function delivered(
  notifications: Notifications,
  { body, headers }: Delivery,
  handler: CallbackHandler<Callback> = () => {},
): Promise<number> {
  return (await notifications.handle(Buffer.from(body), headers, handler)).status
}

describeWithRedis('several processes on one Redis', (url) => {
  const task = (changes: Partial<Task>): Task => ({
    url: url(),
    prefix: `${randomUUID()}:`,
    client: 'ioredis',
    processing: 60,
    processes: 1,
    config,
    deliveries: [],
    ...changes,
  })
  let client: Redis
  beforeAll(() => {
    client = new Redis(url())
  })
  afterAll(() => client.quit())

  test(`${PROCESSES} of them, the same ${CALLBACKS} callbacks: each is handled once`, async () => {
    const ids = Array.from({ length: CALLBACKS }, () => randomUUID())
    const shared = task({ processes: PROCESSES, deliveries: ids.map((id) => signedCallback({ id })) })
    const ended = await Promise.all(
      Array.from({ length: PROCESSES }, (_, i) =>
        runProcess(WORKER, {
          input: JSON.stringify({ ...shared, client: i % 2 ? 'redis' : 'ioredis' }),
          limit: 100_000,
        }),
      ),
    )
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array(PROCESSES).fill({ code: 0, stderr: '' }),
    )
    const outcomes = ended.map(({ stdout }) => JSON.parse(stdout) as { handled: string[]; errors: string[] })
    expect(outcomes.flatMap(({ errors }) => errors)).toEqual([])
    expect(outcomes.flatMap(({ handled }) => handled).sort()).toEqual([...ids].sort())
    // It was a race, and not won by one alone.
    expect(outcomes.filter(({ handled }) => handled.length > 0).length).toBeGreaterThan(1)
  }, 150_000)

  test('one is killed in the middle: the callback is handled by another, once its claim has lapsed', async () => {
    const delivery = signedCallback()
    const shared = task({ processing: 2, deliveries: [delivery] })
    const child = spawn(process.execPath, ['--import', 'tsx', WORKER, 'hang'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end(JSON.stringify(shared))
    await once(child.stdout, 'data')
    const claimed = performance.now()

    const seen = new Claims(redisStore(client, { prefix: shared.prefix }), { processing: 2 })
    const handler = jest.fn()
    const notifications = new Notifications(config, { seen })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await delivered(notifications, delivery, handler)).toBe(503)
    expect(handler).not.toHaveBeenCalled()
    await sleep(claimed + 2_100 - performance.now())
    expect(await delivered(notifications, delivery, handler)).toBe(204)
    expect(await delivered(notifications, delivery, handler)).toBe(204)
    expect(handler).toHaveBeenCalledTimes(1)
  }, 60_000)

  test("one's handler throws: another's next delivery is handled", async () => {
    const prefix = `${randomUUID()}:`
    const onError = jest.fn()
    const [one, another] = [0, 1].map(
      () => new Notifications(config, { seen: redisStore(client, { prefix }), onError }),
    ) as [Notifications, Notifications]
    const delivery = signedCallback()
    const handler = jest.fn(() => {
      throw new Error('the database is away')
    })
    expect(await delivered(one, delivery, handler)).toBe(500)
    expect(onError).toHaveBeenCalledTimes(1)
    const second = jest.fn()
    expect(await delivered(another, delivery, second)).toBe(204)
    expect(await delivered(one, delivery, handler)).toBe(204)
    expect(handler).toHaveBeenCalledTimes(1)
    expect(second).toHaveBeenCalledTimes(1)
  })
})

/** A connected client, whose server may go away. */
const clients: Readonly<Record<string, (url: string) => Promise<RedisClient & { destroy(): void }>>> = {
  async 'node-redis'(url) {
    const client = createClient({ url, socket: { reconnectStrategy: 100 } })
    client.on('error', () => {})
    await client.connect()
    return client
  },
  async ioredis(url) {
    const client = new Redis(url, { retryStrategy: () => 100, maxRetriesPerRequest: null })
    client.on('error', () => {})
    return Object.assign(client, { destroy: () => client.disconnect() })
  },
}

describe.each(Object.keys(clients))('%s, without its server', (name) => {
  let client: RedisClient & { destroy(): void }
  afterEach(() => client?.destroy())

  testWithRedisServer(
    'callbacks are answered 500 in time, not handled, and handled when it is back',
    async (start) => {
      const server = await start()
      client = await (clients[name] as (typeof clients)[string])(server.url)
      const onError = jest.fn()
      const handler = jest.fn()
      const seen = new Claims(redisStore(client), { processing: 2 })
      const notifications = new Notifications(config, { seen, onError })
      expect(await delivered(notifications, signedCallback(), handler)).toBe(204)
      await server.stop()

      const delivery = signedCallback()
      const started = performance.now()
      expect(await delivered(notifications, delivery, handler)).toBe(500)
      expect(performance.now() - started).toBeLessThan(4_000)
      expect(handler).toHaveBeenCalledTimes(1)
      expect(onError.mock.calls).toEqual([
        [
          expect.objectContaining({ code: 'ERR_STORE' }),
          expect.objectContaining({ resource_type: 'encrypt-resource' }),
        ],
      ])

      await start(server.port)
      // What the client asked meanwhile may be done now: such a claim lapses.
      let status: number
      do {
        await sleep(100)
        status = await delivered(notifications, delivery, handler)
      } while (status !== 204)
      expect(handler).toHaveBeenCalledTimes(2)
    },
  )
})
