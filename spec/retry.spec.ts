import { ApiError, Builder, ConfigError, RequestError, TransportError, VerificationError } from '../lib/lite'
import { Response } from '../lib/response'
import {
  type CallRetryPolicy,
  callRetry,
  clientRetry,
  isHostFailure,
  isNetworkFailure,
  isWorthRepeating,
  type ResolvedRetry,
} from '../lib/retry'
import { config, Loopback } from './conformance/platform'
import { rejection } from './v2/server'

const refuse = (field: string, problem: string): Error => new ConfigError(field, problem)
const DEFAULTS: ResolvedRetry = {
  attempts: 4,
  delay: 100,
  maxDelay: 5_000,
  statuses: [202, 429, 500, 502, 503],
  budget: 0.2,
  writes: false,
}

/** Field, value, and what is said of it: for a client and for a call alike. */
const WRONG: readonly [string, unknown, RegExp][] = [
  ['retry', true, /a policy, or false/],
  ['retry', 3, /a policy, or false/],
  ['retry', 'no', /a policy, or false/],
  ['retry', [], /a policy, or false/],
  ['retry', new Map(), /a policy, or false/],
  ['retry', () => false, /a policy, or false/],
  ['retry.attempts', { attempts: 0 }, /1 to 100/],
  ['retry.attempts', { attempts: 101 }, /1 to 100/],
  ['retry.attempts', { attempts: 2.5 }, /1 to 100/],
  ['retry.attempts', { attempts: '3' }, /1 to 100/],
  ['retry.attempts', { attempts: null }, /1 to 100/],
  ['retry.attempts', { attempts: Number.POSITIVE_INFINITY }, /1 to 100/],
  ['retry.delay', { delay: -1 }, /milliseconds/],
  ['retry.delay', { delay: Number.NaN }, /milliseconds/],
  ['retry.delay', { delay: 2 ** 31 }, /milliseconds/],
  ['retry.maxDelay', { maxDelay: '5s' }, /milliseconds/],
  ['retry.statuses', { statuses: 500 }, /list of HTTP statuses/],
  ['retry.statuses', { statuses: [500, '502'] }, /list of HTTP statuses/],
  ['retry.statuses', { statuses: [600] }, /list of HTTP statuses/],
  ['retry.statuses', { statuses: [200] }, /of failures, or 202/],
  ['retry.atempts', { atempts: 3 }, /did you mean "attempts"/],
  ['retry.toString', { toString: 1 }, /no such rule/],
]

describe('the policy of a client', () => {
  test('is the usual one', () => {
    expect(clientRetry(undefined, refuse)).toEqual(DEFAULTS)
    expect(clientRetry(null, refuse)).toEqual(DEFAULTS)
    expect(clientRetry({}, refuse)).toEqual(DEFAULTS)
    expect(clientRetry({ attempts: undefined }, refuse)).toEqual(DEFAULTS)
  })

  test('says what it says, and the usual for the rest', () => {
    const given = Object.freeze({
      attempts: 100,
      delay: 0,
      maxDelay: 2 ** 31 - 1,
      statuses: [404],
      budget: 10,
    })
    expect(clientRetry(given, refuse)).toEqual({ ...given, writes: false })
    expect(clientRetry({ budget: 0, statuses: [] }, refuse)).toEqual({ ...DEFAULTS, budget: 0, statuses: [] })
    expect(clientRetry(Object.assign(Object.create(null), { delay: 7 }), refuse)).toEqual({
      ...DEFAULTS,
      delay: 7,
    })
  })

  test('is one attempt with false', () => {
    expect(clientRetry(false, refuse)).toEqual({ ...DEFAULTS, attempts: 1 })
  })

  test('is not changed by what becomes of the object it was given as', () => {
    const given = { statuses: [503] }
    const policy = clientRetry(given, refuse)
    given.statuses.push(400)
    expect(policy.statuses).toEqual([503])
  })

  test.each<[string, unknown, RegExp]>([
    ...WRONG,
    ['retry.budget', { budget: -1 }, /0 to 10/],
    ['retry.budget', { budget: 11 }, /0 to 10/],
    ['retry.budget', { budget: Number.NaN }, /0 to 10/],
    ['retry.writes', { writes: true }, /with a call/],
    ['retry.writes', { writes: false }, /with a call/],
  ])('%s: %j is refused by the factory', (field, retry, problem) => {
    const make = () => Builder.factory({ ...config, retry: retry as never })
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError', field, delivery: 'not-sent' }))
    expect(make).toThrow(problem)
  })
})

describe('the policy of a call', () => {
  const client = clientRetry({ attempts: 7, delay: 3, statuses: [500], budget: 1 }, refuse)
  const of = (given: unknown, base = client) => callRetry(given, base, refuse)

  test("is the client's", () => {
    expect(of(undefined)).toBe(client)
  })

  test("is what it says itself, and the client's for the rest", () => {
    expect(of({ attempts: 2 })).toEqual({ ...client, attempts: 2 })
    expect(of({ writes: true })).toEqual({ ...client, writes: true })
    expect(of({ writes: undefined })).toEqual(client)
  })

  test('is one attempt with false, whatever the client says', () => {
    expect(of(false)).toEqual({ ...client, attempts: 1 })
  })

  test('begins anew where the client never tries again, with all else that this says', () => {
    const never = clientRetry(false, refuse)
    expect(of({ writes: true }, never)).toEqual({ ...DEFAULTS, writes: true })
    expect(of({ attempts: 2 }, never)).toEqual({ ...DEFAULTS, attempts: 2 })
    const once = clientRetry({ attempts: 1, delay: 9, statuses: [503], budget: 3 }, refuse)
    expect(of({ statuses: [500] }, once)).toEqual({
      ...DEFAULTS,
      delay: 9,
      statuses: [500],
      budget: 3,
    })
    expect(of(undefined, never).attempts).toBe(1)
    expect(of(false, never).attempts).toBe(1)
  })

  test.each<[string, unknown, RegExp]>([
    ...WRONG,
    ['retry.budget', { budget: 1 }, /Builder\.factory/],
    ['retry.writes', { writes: 'yes' }, /true or false/],
    ['retry.writes', { writes: 1 }, /true or false/],
  ])('%s: %j is refused before anything is sent', async (field, retry, problem) => {
    const loopback = await Loopback.start()
    const { v3 } = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    const error = (await rejection(v3.x.post({ retry: retry as CallRetryPolicy }))) as RequestError
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ field, delivery: 'not-sent' })
    expect(error.message).toMatch(problem)
    expect(loopback.dispatched).toBe(0)
    await loopback.close()
  })

  test('is left out with null, as every option', async () => {
    const loopback = await Loopback.start()
    const { v3 } = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    await expect(v3.x.get({ retry: null as never })).resolves.toMatchObject({ status: 200 })
    await loopback.close()
  })
})

describe('which failures are worth another attempt', () => {
  const transport = (code: string, delivery: 'not-sent' | 'unknown' | 'delivered', cause?: unknown) =>
    new TransportError('x', { code, delivery, cause })
  const api = (status: number, code = `HTTP_${status}`) =>
    new ApiError('x', code, new Response(status, {}, Buffer.alloc(0), false))
  const proxy = (status: number) =>
    transport(
      'UND_ERR_ABORTED',
      'not-sent',
      new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`),
    )

  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
    'EPIPE',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'HPE_INVALID_CONSTANT',
    'ERR_UNREACHED',
  ])('%s: reads, and writes that were not sent', (code) => {
    expect(isWorthRepeating(transport(code, 'unknown'), true, DEFAULTS)).toBe(true)
    expect(isWorthRepeating(transport(code, 'unknown'), false, DEFAULTS)).toBe(false)
    expect(isWorthRepeating(transport(code, 'not-sent'), false, DEFAULTS)).toBe(true)
  })

  test.each([
    'ERR_TIMEOUT',
    'ERR_ABORTED',
    'ERR_SIGNER',
    'ERR_SINK',
    'ERR_TOO_LARGE',
    'ERR_MEDIA_CHANGED',
    'UND_ERR_INVALID_ARG',
    'UND_ERR_CLOSED',
    'UND_ERR_ABORTED',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('%s: nothing, for it would be no better', (code) => {
    expect(isWorthRepeating(transport(code, 'not-sent'), true, DEFAULTS)).toBe(false)
  })

  test('a failure without a name: reads only', () => {
    expect(isWorthRepeating(transport('ERR_NETWORK', 'unknown'), true, DEFAULTS)).toBe(true)
    expect(isWorthRepeating(transport('ERR_NETWORK', 'not-sent'), false, DEFAULTS)).toBe(false)
    expect(isHostFailure(transport('ERR_NETWORK', 'not-sent'))).toBe(false)
  })

  test('a proxy that did not reach the host: as if there had been none; one that refuses us will refuse us again', () => {
    for (const status of [502, 503, 504]) {
      expect(isWorthRepeating(proxy(status), false, DEFAULTS)).toBe(true)
      expect(isHostFailure(proxy(status))).toBe(true)
    }
    for (const status of [403, 407, 500]) expect(isWorthRepeating(proxy(status), true, DEFAULTS)).toBe(false)
  })

  test('answers: of reads, those that the policy names', () => {
    for (const status of DEFAULTS.statuses) {
      expect(isWorthRepeating(api(status), true, DEFAULTS)).toBe(true)
      expect(isWorthRepeating(api(status), false, DEFAULTS)).toBe(false)
    }
    for (const status of [302, 400, 401, 404, 504])
      expect(isWorthRepeating(api(status), true, DEFAULTS)).toBe(false)
    expect(isWorthRepeating(api(404), true, { ...DEFAULTS, statuses: [404] })).toBe(true)
    expect(isWorthRepeating(api(200, 'SYSTEMERROR'), true, DEFAULTS)).toBe(true)
    expect(isWorthRepeating(api(200, 'SYSTEMERROR'), true, { ...DEFAULTS, statuses: [] })).toBe(false)
    expect(isWorthRepeating(api(200, 'SYSTEMERROR'), false, DEFAULTS)).toBe(false)
  })

  test('nothing else', () => {
    const others = [
      new VerificationError('signature', 'x'),
      new RequestError('a', 'b'),
      new Error('x'),
      undefined,
    ]
    for (const error of others) {
      expect(isWorthRepeating(error, true, DEFAULTS)).toBe(false)
      expect(isNetworkFailure(error)).toBe(false)
    }
  })

  test('a host is missing when there was no connection to it, or no word from it', () => {
    expect(isHostFailure(transport('ECONNREFUSED', 'not-sent'))).toBe(true)
    expect(isHostFailure(transport('ERR_UNREACHED', 'not-sent'))).toBe(true)
    expect(isHostFailure(transport('UND_ERR_HEADERS_TIMEOUT', 'unknown'))).toBe(true)
    expect(isHostFailure(transport('ECONNRESET', 'unknown'))).toBe(false)
    expect(isHostFailure(transport('ERR_SIGNER', 'not-sent'))).toBe(false)
    expect(isHostFailure(api(503))).toBe(false)
  })
})
