import { type Channel, channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Agent } from 'undici'
import { resolveConfig } from '../lib/config'
import { Exchange } from '../lib/exchange'
import { backupOf, Failover, type Waiting } from '../lib/failover'
import type { Controller } from '../lib/handler'
import { Builder, type CallOptions, type Config, type WechatpayError } from '../lib/lite'
import { prepare } from '../lib/request'
import { config, signed } from './conformance/platform'
import { rejection } from './v2/server'

const API = 'https://api.mch.weixin.qq.com'
const API2 = 'https://api2.mch.weixin.qq.com'
const APIHK = 'https://apihk.mch.weixin.qq.com'
const CN = 'https://api.wechatpay.cn'
const CN2 = 'https://api2.wechatpay.cn'

describe('who stands in for whom', () => {
  test.each<[string, string, string | undefined]>([
    [API, '/v3/pay/transactions/native', API2],
    [API, '/pay/unifiedorder', API2],
    [API2, '/v3/x', API],
    [CN, '/v3/x', CN2],
    [CN2, '/v3/x', CN],
    [API, '/v3/global/transactions/native', APIHK],
    [API, '/hk/v3/transactions/native', APIHK],
    [APIHK, '/v3/global/transactions/native', API],
    [APIHK, '/global/v3/customs/orders', API],
    [APIHK, '/v3/x', API],
    [API, '/global/v3/customs/orders', APIHK],
    [API, '/v3/globally', API2],
    [API, '/v3/x?y=/v3/global/z', API2],
    [API2, '/v3/global/x', undefined],
    [CN, '/v3/global/x', undefined],
    ['https://payapp.weixin.qq.com', '/appauth/authindex', undefined],
    ['https://fraud.mch.weixin.qq.com', '/risk/getpublickey', undefined],
    ['http://api.mch.weixin.qq.com', '/v3/x', undefined],
    ['https://api.mch.weixin.qq.com:8443', '/v3/x', undefined],
    ['http://127.0.0.1:8080', '/v3/x', undefined],
  ])('%s%s: %s', (origin, path, expected) => {
    expect(backupOf(origin, path)).toBe(expected)
  })
})

describe('which host is asked', () => {
  let failover: Failover
  const route = (repeatable = true, origin = API, path = '/v3/x') => failover.route(origin, path, repeatable)
  const pass = (seconds: number): void => void jest.advanceTimersByTime(seconds * 1_000)

  beforeEach(() => {
    jest.useFakeTimers()
    failover = new Failover()
  })
  afterEach(() => jest.useRealTimers())

  test('the one that is meant', () => {
    expect([route(), route(true, APIHK), route(true, 'http://127.0.0.1')]).toEqual([
      API,
      APIHK,
      'http://127.0.0.1',
    ])
  })

  test('the other, while it is missing; of the same calls that were meant for it', () => {
    failover.missed(API, '/v3/x', false)
    expect([route(), route(false)]).toEqual([API2, API2])
    expect(route(true, API, '/v3/global/x')).toBe(APIHK)
    expect([route(true, CN), route(true, API2)]).toEqual([CN, API2])
    failover.answered(API2)
    expect(route()).toBe(API2)
    failover.answered(API)
    expect(route()).toBe(API)
  })

  test('it again, by one call, after five seconds, then after twice as long, up to a minute', () => {
    failover.missed(API, '/v3/x', false)
    const tries: number[] = []
    for (let second = 1; second <= 300; second++) {
      pass(1)
      // Of all the calls of this second.
      const asked = [route(), route(), route()].filter((host) => host === API).length
      if (asked === 0) continue
      expect(asked).toBe(1)
      failover.missed(API, '/v3/x', false)
      tries.push(second)
    }
    expect(tries).toEqual([5, 15, 35, 75, 135, 195, 255])
  })

  test('it again, by any, once one of them was answered; then everything begins anew', () => {
    failover.missed(API, '/v3/x', false)
    pass(5)
    expect([route(), route()]).toEqual([API, API2])
    failover.answered(API)
    expect([route(), route()]).toEqual([API, API])
    failover.missed(API, '/v3/x', false)
    pass(4)
    expect(route()).toBe(API2)
    pass(1)
    expect(route()).toBe(API)
  })

  test('it, when both are missing, for there is nowhere else to go', () => {
    failover.missed(API, '/v3/x', false)
    failover.missed(API2, '/v3/x', false)
    expect([route(), route(), route(true, API2)]).toEqual([API, API, API2])
  })

  test('the other is believed to be back after a while, too', () => {
    failover.missed(API2, '/v3/x', false)
    failover.missed(API, '/v3/x', false)
    failover.answered(API)
    pass(6)
    // Nobody has asked the other since.
    failover.missed(API, '/v3/x', false)
    expect(route()).toBe(API2)
  })

  test('of one that took calls and was silent, a call that cannot be repeated is not the first to try', () => {
    failover.missed(API, '/v3/x', true)
    pass(5)
    expect([route(false), route(true), route(true)]).toEqual([API2, API, API2])
    pass(10)
    expect(route(false)).toBe(API2)
    pass(60)
    // Nobody else has tried for a minute.
    expect(route(false)).toBe(API)
  })

  test('a host without another is never missing', () => {
    failover.missed('http://127.0.0.1:1', '/v3/x', false)
    expect(route(true, 'http://127.0.0.1:1')).toBe('http://127.0.0.1:1')
    failover.missed(API2, '/v3/global/x', false)
    expect(route(true, API2, '/v3/x')).toBe(API2)
  })

  test('this machine may set its clock without a host being missing for ever', () => {
    jest.setSystemTime(new Date('2030-01-01'))
    failover.missed(API, '/v3/x', false)
    jest.setSystemTime(new Date('2020-01-01'))
    pass(5)
    expect(route()).toBe(API)
  })

  describe('calls that wait for a connection', () => {
    const waiting = () => ({ place: -1, divert: jest.fn(), look: jest.fn() }) satisfies Waiting

    test('are told when their host is missing, once', () => {
      const [one, other, gone] = [waiting(), waiting(), waiting()]
      for (const call of [one, other, gone]) failover.enter(call)
      failover.leave(gone)
      failover.missed(API, '/v3/x', false)
      failover.missed(API, '/v3/x', true)
      for (const call of [one, other]) expect(call.divert.mock.calls).toEqual([[API]])
      expect(gone.divert).not.toHaveBeenCalled()
    })

    test('are left where they are when the other is missing, too', () => {
      const call = waiting()
      failover.missed(API2, '/v3/x', false)
      failover.enter(call)
      failover.missed(API, '/v3/x', false)
      expect(call.divert).not.toHaveBeenCalled()
    })

    test('are looked at every second, as long as there are any', () => {
      const call = waiting()
      failover.enter(call)
      failover.enter(waiting())
      expect(jest.getTimerCount()).toBe(1)
      pass(3)
      expect(call.look).toHaveBeenCalledTimes(3)
      expect(call.look).toHaveBeenLastCalledWith(performance.now())
      failover.leave(call)
      pass(1)
      expect(call.look).toHaveBeenCalledTimes(3)
    })

    test('leave no timer behind', () => {
      const call = waiting()
      failover.enter(call)
      failover.leave(call)
      pass(1)
      expect(jest.getTimerCount()).toBe(0)
    })
  })
})

describe('a call that waits for a connection to a host that is missing', () => {
  const request = prepare('GET', 'v3/x', { timeout: 0 }, resolveConfig(config))
  const exchangeOf = (foreign: boolean): Exchange => {
    const exchange = new Exchange(request, API, 0, foreign)
    exchange.handOver()
    return exchange
  }
  const goesOn = (exchange: Exchange): Promise<boolean> =>
    Promise.race([
      exchange.response.then(
        () => false,
        () => false,
      ),
      new Promise<boolean>((resolve) => setImmediate(resolve, true)),
    ])

  test.each([true, false])('gives it up: nothing was sent (may be repeated: %s)', async (repeatable) => {
    const exchange = exchangeOf(false)
    exchange.divert(repeatable)
    expect(await rejection(exchange.response)).toMatchObject({ code: 'ERR_UNREACHED', delivery: 'not-sent' })
    // Should its turn come all the same, it is not sent.
    const abort = jest.fn()
    exchange.onRequestStart({ abort } as unknown as Controller)
    expect(abort).toHaveBeenCalledTimes(1)
  })

  test('goes on once it is sent', async () => {
    const exchange = exchangeOf(false)
    exchange.onRequestStart({ abort: jest.fn() } as unknown as Controller)
    exchange.divert(true)
    expect(await goesOn(exchange)).toBe(true)
  })

  test("of a dispatcher of the caller's, only if it may be repeated: it may have been sent", async () => {
    const exchange = exchangeOf(true)
    exchange.divert(false)
    expect(await goesOn(exchange)).toBe(true)
    exchange.divert(true)
    expect(await rejection(exchange.response)).toMatchObject({ code: 'ERR_UNREACHED', delivery: 'unknown' })
  })
})

/** A host: what it has carried out, and how it treats who comes. */
class Host {
  readonly server: Server
  readonly sockets = new Set<Socket>()
  /** Numbers of the orders it has taken. */
  readonly orders: string[] = []
  reads = 0
  silent = false
  /** Resets the connection of the next one. */
  breaks = false
  #port = 0

  constructor() {
    this.server = createServer((request, response) => void this.#serve(request, response))
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
  }

  get port(): number {
    return this.#port
  }

  async listen(): Promise<void> {
    this.server.listen(this.#port, '127.0.0.1')
    await once(this.server, 'listening')
    this.#port = (this.server.address() as AddressInfo).port
  }

  /** Cuts every connection, and takes no other. */
  kill(): void {
    this.server.close()
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request).catch(() => Buffer.alloc(0))
    if (this.silent) return
    if (this.breaks) {
      this.breaks = false
      request.socket.resetAndDestroy()
      return
    }
    if (request.method === 'GET') this.reads++
    else this.orders.push((JSON.parse(body.toString()) as { out_trade_no: string }).out_trade_no)
    const answer = signed(JSON.stringify({ port: this.#port }))
    response.writeHead(200, answer.headers as Record<string, string>)
    setTimeout(() => response.end(answer.body), 5)
  }
}

/** Two hosts, and a client that takes them for the platform's: https, but with plain sockets. */
class Stage implements AsyncDisposable {
  readonly first = new Host()
  readonly second = new Host()
  readonly events: object[] = []
  readonly #channel: Channel = channel('wechatpay-chain:failover')
  readonly #listener = (event: unknown): void => void this.events.push(event as object)
  readonly #agent: Agent
  readonly root

  private constructor(changes: Partial<Config>, names: readonly [string, string], connections?: number) {
    this.#agent = new Agent({
      ...(connections !== undefined && { connections }),
      connect: ({ hostname }, callback) => {
        const { port } = hostname === new URL(names[0]).hostname ? this.first : this.second
        const socket = connectTo(port, '127.0.0.1')
        socket.once('connect', () => callback(null, socket)).once('error', (error) => callback(error, null))
      },
    })
    this.root = Builder.factory({ ...config, dispatcher: this.#agent, retry: { delay: 5 }, ...changes })
    this.#channel.subscribe(this.#listener)
  }

  static async start({
    names = [API, API2] as readonly [string, string],
    connections,
    ...changes
  }: Partial<Config> & { names?: readonly [string, string]; connections?: number } = {}): Promise<Stage> {
    const stage = new Stage(changes, names, connections)
    await Promise.all([stage.first.listen(), stage.second.listen()])
    return stage
  }

  read(options: CallOptions = {}): Promise<unknown> {
    return this.root.v3.orders.get(options)
  }

  write(out_trade_no: string, options: CallOptions = {}): Promise<unknown> {
    return this.root.v3.orders.post({ json: { out_trade_no }, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.unsubscribe(this.#listener)
    await this.#agent.destroy()
    for (const { server } of [this.first, this.second]) {
      server.closeAllConnections()
      server.close()
    }
  }
}

describe('when the first host', () => {
  test('is down, calls go to the other, reads and writes; afterwards at once', async () => {
    await using stage = await Stage.start()
    stage.first.kill()
    await stage.read()
    await stage.write('A1')
    expect([stage.first.reads, stage.second.reads]).toEqual([0, 1])
    expect([stage.first.orders, stage.second.orders]).toEqual([[], ['A1']])
    expect(stage.events).toEqual([{ from: API, to: API2 }])
  })

  test('is down, a write that may be tried once fails, and the next one goes to the other', async () => {
    await using stage = await Stage.start()
    stage.first.kill()
    await expect(stage.write('A1', { retry: false })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      delivery: 'not-sent',
    })
    await stage.write('A2', { retry: false })
    expect(stage.second.orders).toEqual(['A2'])
  })

  test('is back, calls go there again', async () => {
    await using stage = await Stage.start()
    stage.first.kill()
    await stage.read()
    const { now } = performance
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 5_000)
    try {
      // Still down: the call that tries it is not lost.
      await stage.write('A1')
      later.mockImplementation(() => now.call(performance) + 15_001)
      await stage.first.listen()
      await stage.write('A2')
      await stage.write('A3')
    } finally {
      later.mockRestore()
    }
    expect(stage.second.orders).toEqual(['A1'])
    expect(stage.first.orders).toEqual(['A2', 'A3'])
    expect(stage.events).toEqual([
      { from: API, to: API2 },
      { from: undefined, to: API },
    ])
  })

  test('and the other are down, the call says so, without running to and fro', async () => {
    await using stage = await Stage.start({ retry: { delay: 60, attempts: 4 } })
    stage.first.kill()
    stage.second.kill()
    const began = performance.now()
    const error = await rejection(stage.write('A1'))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', delivery: 'not-sent', attempts: 4 })
    // One move at once, then the usual waits: of 120 and 240 ms, half of them at least.
    expect(performance.now() - began).toBeGreaterThanOrEqual(175)
    await Promise.all([stage.first.listen(), stage.second.listen()])
    await stage.write('A2')
    expect(stage.first.orders).toEqual(['A2'])
  })

  test('breaks a connection, reads go to the other at once, and it is not taken for missing', async () => {
    await using stage = await Stage.start()
    stage.first.breaks = true
    await stage.read()
    expect([stage.first.reads, stage.second.reads]).toEqual([0, 1])
    await stage.read()
    expect(stage.first.reads).toBe(1)
    expect(stage.events).toEqual([])
  })

  test('is overseas, the other overseas one stands in', async () => {
    await using stage = await Stage.start({ base_uri: APIHK, names: [APIHK, API] })
    stage.first.kill()
    await stage.root.chain('v3/global/transactions').post({ json: { out_trade_no: 'A1' } })
    expect(stage.second.orders).toEqual(['A1'])
    expect(stage.events).toEqual([{ from: APIHK, to: API }])
  })

  test('is one of its own, there is no other', async () => {
    await using stage = await Stage.start({ base_uri: 'https://gateway.example' })
    stage.second.kill()
    await expect(stage.read()).rejects.toMatchObject({ code: 'ECONNREFUSED', attempts: 4 })
    expect([stage.first.reads, stage.events]).toEqual([0, []])
  })
})

interface Outcome {
  readonly number: string
  readonly error: WechatpayError | undefined
}

/** Reads and writes, so many at a time, for as long as there are numbers. */
async function load(stage: Stage, calls: number, atOnce: number, during: (done: number) => void) {
  const writes: Outcome[] = []
  const lost: unknown[] = []
  let next = 0
  let done = 0
  const work = async (): Promise<void> => {
    for (let n = next++; n < calls; n = next++) {
      if (n % 2 === 0) await stage.read().catch((error: unknown) => lost.push(error))
      else {
        const number = `W${n}`
        const error = await stage.write(number).then(
          () => undefined,
          (reason: WechatpayError) => reason,
        )
        writes.push({ number, error })
      }
      during(++done)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { writes, lost }
}

/** What the hosts have carried out, and what the client knows of it, have to agree. */
function settle({ first, second }: Stage, writes: readonly Outcome[]): { readonly unknown: number } {
  const done = [...first.orders, ...second.orders]
  expect(new Set(done).size).toBe(done.length)
  const known = new Set(done)
  for (const { number, error } of writes) {
    if (error === undefined) expect(known.has(number)).toBe(true)
    else if (error.delivery === 'not-sent') expect(known.has(number)).toBe(false)
    else expect(error.delivery).toBe('unknown')
  }
  return { unknown: writes.filter(({ error }) => error?.delivery === 'unknown').length }
}

describe('in the middle of 64 calls at a time', () => {
  test('the first host is killed: no read is lost, no write is done twice', async () => {
    await using stage = await Stage.start()
    const { writes, lost } = await load(stage, 1_000, 64, (done) => {
      if (done === 300) stage.first.kill()
    })
    expect(lost).toEqual([])
    expect(writes).toHaveLength(500)
    const { unknown } = settle(stage, writes)
    // At most those that were on their way when it died.
    expect(unknown).toBeLessThanOrEqual(64)
    expect(writes.filter(({ error }) => error !== undefined)).toHaveLength(unknown)
    expect(stage.second.orders.length).toBeGreaterThan(200)
    expect(stage.second.reads).toBeGreaterThan(200)
    expect(stage.events).toEqual([{ from: API, to: API2 }])
  }, 30_000)

  test('the first host falls silent: no read is lost, no write is done twice', async () => {
    await using stage = await Stage.start({ timeout: { headers: 300, total: 2_500 } })
    const { writes, lost } = await load(stage, 600, 64, (done) => {
      if (done === 200) stage.first.silent = true
    })
    expect(lost).toEqual([])
    const { unknown } = settle(stage, writes)
    expect(unknown).toBeLessThanOrEqual(64)
    expect(stage.second.orders.length).toBeGreaterThan(50)
    expect(stage.events).toEqual([{ from: API, to: API2 }])
  }, 30_000)

  test('more calls than connections wait for a host that is silent: the reads among them go elsewhere', async () => {
    await using stage = await Stage.start({ connections: 4, timeout: { headers: 300, total: 2_500 } })
    stage.first.silent = true
    // All connections are taken, and by writes, which nobody may repeat.
    const stuck = Array.from({ length: 4 }, (_, n) => rejection(stage.write(`S${n}`)))
    const reads = Array.from({ length: 20 }, () => stage.read())
    await expect(Promise.all(reads)).resolves.toHaveLength(20)
    expect(stage.second.reads).toBe(20)
    for (const error of await Promise.all(stuck)) expect(error).toMatchObject({ delivery: 'unknown' })
    expect([...stage.first.orders, ...stage.second.orders]).toEqual([])
  })

  test('that costs them nothing, however many they are', async () => {
    await using stage = await Stage.start({
      connections: 4,
      timeout: { headers: 300, total: 2_500 },
      retry: { delay: 5, budget: 0 },
    })
    stage.first.silent = true
    const stuck = Array.from({ length: 4 }, (_, n) => rejection(stage.write(`S${n}`)))
    // More than the reserve for repetitions.
    const reads = Array.from({ length: 150 }, () => stage.read())
    await expect(Promise.all(reads)).resolves.toHaveLength(150)
    await Promise.all(stuck)
  })
})
