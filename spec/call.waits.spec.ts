import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { Response } from '../lib/response'
import { type ResolvedRetry, RetryBudget, waitAfter } from '../lib/retry'
import { config, signed, unsigned } from './conformance/platform'
import { runProcess } from './support/process'
import type { Retrying } from './support/retrying'
import { type Act, answers, client, freePort, hangs, resets, scripted, stalls } from './support/scripted'
import { rejection } from './v2/server'

const fails = (status: number, headers: Record<string, string> = {}): Act =>
  answers(unsigned(status, headers))
const good: Act = answers(() => signed('{"a":1}'))
const write = { json: { out_trade_no: 'A1' }, retry: { writes: true, delay: 10_000, maxDelay: 10_000 } }

/** Milliseconds that something took. */
async function time(work: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work
  return performance.now() - began
}

describe('the wait before an attempt', () => {
  const policy: ResolvedRetry = {
    attempts: 100,
    delay: 100,
    maxDelay: 5_000,
    statuses: [],
    budget: 0,
    writes: false,
  }
  afterEach(() => jest.restoreAllMocks())

  test('doubles up to a limit, and up to half of it is left to chance', () => {
    const whole = fc.integer({ min: 0, max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), whole, whole, (attempt, delay, maxDelay) => {
        const full = Math.min(maxDelay, delay * 2 ** (attempt - 1))
        const wait = waitAfter(attempt, undefined, { ...policy, delay, maxDelay }) as number
        expect(wait).toBeGreaterThanOrEqual(full / 2)
        expect(wait).toBeLessThanOrEqual(full)
      }),
    )
    const waits = Array.from({ length: 200 }, () => waitAfter(1, undefined, policy) as number)
    expect(Math.min(...waits)).toBeLessThan(65)
    expect(Math.max(...waits)).toBeGreaterThan(85)
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const attempts = [1, 2, 3, 6, 7, 8, 100]
    expect(attempts.map((attempt) => waitAfter(attempt, undefined, policy))).toEqual([
      100, 200, 400, 3_200, 5_000, 5_000, 5_000,
    ])
  })

  test.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['less than the wait', { 'retry-after': '0' }, 100],
    [
      "a date, by the platform's clock",
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      30_000,
    ],
    ['a date that has gone by', { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT' }, 100],
    ['longer than any timer', { 'retry-after': '99999999' }, undefined],
    ['for ever', { 'retry-after': '9'.repeat(400) }, undefined],
    ['nonsense', { 'retry-after': 'soon' }, 100],
    ['nothing', { 'retry-after': '' }, 100],
    ['a date without a clock', { 'retry-after': new Date(0).toUTCString(), date: 'today' }, 100],
  ])('heeds Retry-After: %s', (_, headers, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const answer = new Response(503, headers, Buffer.alloc(0), false)
    expect(waitAfter(1, answer, policy)).toBe(expected)
  })

  test('a date is taken by this clock where the answer has none', () => {
    const headers = { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }
    const wait = waitAfter(1, new Response(503, headers, Buffer.alloc(0), false), policy)
    expect(wait).toBeGreaterThan(58_000)
    expect(wait).toBeLessThanOrEqual(60_000)
  })
})

describe('Retry-After', () => {
  test('is waited for', async () => {
    const { instance, visits } = await scripted([fails(429, { 'Retry-After': '1' }), good])
    await instance.v3.x.get()
    const [first = 0, second = 0] = visits.map(({ at }) => at)
    expect(second - first).toBeGreaterThanOrEqual(990)
    expect(second - first).toBeLessThan(3_000)
  })

  test.each([
    ['beyond the time of the call', '60', {}],
    ['of a year, for a call without a limit', '31536000', { timeout: 0 }],
  ])('%s ends it at once', async (_, seconds, options) => {
    const { instance, visits } = await scripted([fails(503, { 'Retry-After': seconds }), good])
    const sent = rejection(instance.v3.x.get(options))
    expect(await time(sent)).toBeLessThan(1_000)
    expect(await sent).toMatchObject({ status: 503 })
    expect(visits).toHaveLength(1)
  })
})

describe('the time of a call', () => {
  test('is one for all attempts', async () => {
    const { instance, visits } = await scripted([resets], {
      retry: { attempts: 100, delay: 40, maxDelay: 40 },
    })
    const sent = rejection(instance.v3.x.get({ timeout: 300 }))
    expect(await time(sent)).toBeLessThan(1_000)
    const { attempts } = (await sent) as { attempts: number }
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(20)
    // Time may have been up before the last one arrived.
    expect([attempts, attempts - 1]).toContain(visits.length)
  })

  test('ends in the middle of a later one', async () => {
    const { instance } = await scripted([resets, hangs])
    const sent = rejection(instance.v3.x.get({ timeout: 150 }))
    expect(await time(sent)).toBeLessThan(1_000)
    expect(await sent).toMatchObject({ code: 'ERR_TIMEOUT', attempts: 2 })
    // The limit that was given, not what was left of it.
    expect(((await sent) as Error).message).toContain('within 150 ms')
  })

  test('is not filled with an attempt that would begin too late', async () => {
    const { instance, visits } = await scripted([fails(503), good], {
      retry: { delay: 10_000, maxDelay: 10_000 },
    })
    const sent = rejection(instance.v3.x.get({ timeout: 2_000 }))
    expect(await time(sent)).toBeLessThan(1_000)
    expect(await sent).toMatchObject({ status: 503 })
    expect(visits).toHaveLength(1)
  })

  test('of a silent platform is shared out', async () => {
    const { instance, visits } = await scripted([hangs], { retry: { attempts: 2, delay: 1 } })
    // undici tells such a limit to within a second.
    const sent = rejection(instance.v3.x.get({ timeout: { total: 1_500, headers: 100 } }))
    const took = await time(sent)
    expect(took).toBeGreaterThan(1_490)
    expect(took).toBeLessThan(2_200)
    expect(await sent).toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'unknown', attempts: 2 })
    expect(visits).toHaveLength(2)
  })

  test('is not spent on a body that does not come', async () => {
    const { instance, visits } = await scripted([stalls, good], { timeout: { headers: 200 } })
    const sent = instance.v3.x.get()
    expect(await time(sent)).toBeLessThan(3_000)
    expect(await sent).toMatchObject({ status: 200 })
    expect(visits).toHaveLength(2)
  })
})

describe('an AbortSignal', () => {
  test.each<[string, Act, object, object]>([
    ['of a write that was cut off', resets, write, { delivery: 'unknown' }],
    ['of a write that was accepted', answers(() => signed('', {}, 202)), write, { delivery: 'unknown' }],
    ['of a read that was cut off', resets, { retry: write.retry }, { delivery: 'unknown' }],
    ['of a read that was refused', fails(503), { retry: write.retry }, { delivery: 'delivered' }],
    ['of a read that was accepted', fails(202), { retry: write.retry }, { delivery: 'delivered' }],
  ])('ends the wait for the next attempt at once, %s', async (_, act, options, expected) => {
    const { instance, visits } = await scripted([act, good])
    const controller = new AbortController()
    const verb = 'json' in options ? 'post' : 'get'
    const sent = rejection(instance.v3.x[verb]({ ...options, signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('gone')), 100)
    expect(await time(sent)).toBeLessThan(2_000)
    expect(await sent).toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'gone' }, ...expected })
    expect(((await sent) as Error).message).toContain('before attempt 2')
    expect(visits).toHaveLength(1)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('of a call that has found no connection: nothing was sent', async () => {
    const { instance } = client({ base_uri: `http://127.0.0.1:${await freePort()}/` })
    const signal = AbortSignal.timeout(100)
    const sent = rejection(instance.v3.x.post({ ...write, signal }))
    expect(await sent).toMatchObject({ code: 'ERR_ABORTED', delivery: 'not-sent' })
  })

  test('before the call sends nothing', async () => {
    const { instance, visits } = await scripted([good])
    const error = await rejection(instance.v3.x.post({ ...write, signal: AbortSignal.abort() }))
    expect(error).toMatchObject({ code: 'ERR_ABORTED', delivery: 'not-sent' })
    expect(error).not.toHaveProperty('attempts')
    expect(visits).toEqual([])
  })

  test('in the middle of a later attempt', async () => {
    const controller = new AbortController()
    const { instance } = await scripted([resets, () => controller.abort()])
    const sent = rejection(
      instance.v3.x.post({ ...write, retry: { writes: true }, signal: controller.signal }),
    )
    expect(await sent).toMatchObject({ code: 'ERR_ABORTED', delivery: 'unknown', attempts: 2 })
  })

  test('is no longer listened to once the call is settled, however often it was tried', async () => {
    const { instance } = await scripted([resets, fails(500), good])
    const { signal } = new AbortController()
    await instance.v3.x.get({ signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test("of the caller's own making ends the wait, too", async () => {
    const { instance } = await scripted([resets, good])
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      reason: 'gone',
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    }
    const sent = rejection(instance.v3.x.post({ ...write, signal: signal as unknown as AbortSignal }))
    setTimeout(() => {
      signal.aborted = true
      for (const listener of listeners) listener()
    }, 80)
    expect(await sent).toMatchObject({ code: 'ERR_ABORTED', delivery: 'unknown' })
    expect(listeners.size).toBe(0)
  })
})

describe('the budget', () => {
  const READS = 130
  const all = (root: Awaited<ReturnType<typeof scripted>>['instance']) =>
    Promise.allSettled(Array.from({ length: READS }, () => root.v3.x.get()))

  test('ends repetitions when everything fails', async () => {
    const { instance, visits } = await scripted([fails(503)], { retry: { attempts: 2, delay: 0, budget: 0 } })
    await all(instance)
    expect(visits).toHaveLength(READS + 100)
    await all(instance)
    expect(visits).toHaveLength(2 * READS + 100)
  })

  test('is earned by calls', async () => {
    const { instance, visits } = await scripted([fails(503)], {
      retry: { attempts: 2, delay: 0, budget: 0.5 },
    })
    await all(instance)
    await all(instance)
    // 260 calls, the first of them with a full purse.
    expect(visits.length).toBeGreaterThanOrEqual(2 * READS + 100 + 60)
    expect(visits.length).toBeLessThanOrEqual(2 * READS + 100 + READS)
  })

  test('is not spent on what was never sent', async () => {
    const { instance } = client({
      base_uri: `http://127.0.0.1:${await freePort()}/`,
      retry: { attempts: 3, delay: 0, budget: 0 },
    })
    const outcomes = await all(instance)
    const attempts = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.attempts)
    expect(new Set(attempts)).toEqual(new Set([3]))
  })

  test('holds a reserve, and no more', () => {
    const budget = new RetryBudget()
    for (let n = 0; n < 1_000; n++) budget.earn({ budget: 1 } as ResolvedRetry)
    const spent = () => Array.from({ length: 200 }, () => budget.spend()).filter(Boolean).length
    expect(spent()).toBe(100)
    for (let n = 0; n < 10; n++) budget.earn({ budget: 0.25 } as ResolvedRetry)
    expect(spent()).toBe(2)
  })
})

describe('closing a client while a call waits for its next attempt', () => {
  test('waits for it, and lets nothing else in', async () => {
    const { instance, driver, visits } = await scripted([resets, good], { retry: { delay: 200 } })
    const sent = instance.v3.x.get()
    await new Promise((resolve) => setTimeout(resolve, 50))
    let closed = false
    const closing = driver.close().then(() => {
      closed = true
    })
    await expect(instance.v3.x.get()).rejects.toMatchObject({ name: 'RequestError', delivery: 'not-sent' })
    expect(closed).toBe(false)
    await expect(sent).resolves.toMatchObject({ status: 200 })
    await closing
    expect(visits).toHaveLength(2)
  })

  test('ends when the call is given up', async () => {
    const { instance, driver } = await scripted([fails(503)], { retry: { delay: 10_000, maxDelay: 10_000 } })
    const sent = rejection(instance.v3.x.get({ signal: AbortSignal.timeout(100) }))
    expect(await time(driver.close())).toBeLessThan(2_000)
    expect(await sent).toMatchObject({ code: 'ERR_ABORTED' })
  })
})

test('nothing is left of calls of every kind: no rejection that nobody handles, nothing that keeps the process alive', async () => {
  const { base_uri } = await scripted([resets, hangs, fails(503), fails(202), good, stalls])
  const told: Retrying = { config, base_uri, refused: `http://127.0.0.1:${await freePort()}/` }
  const input = JSON.stringify(told)
  const ended = await runProcess(require.resolve('./support/retrying'), { input, limit: 15_000 })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toMatchObject({ settled: 80, listeners: 0 })
  expect(ended.lingered).toBeLessThan(1_500)
})
