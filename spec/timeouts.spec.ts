import { Builder, type Config, ConfigError, type RequestError } from '../lib/lite'
import { DEFAULT_TIMEOUTS, resolveTimeouts } from '../lib/timeouts'
import { config, Loopback } from './conformance/platform'
import { rejection } from './v2/server'

const refuse = (field: string, problem: string): Error => new ConfigError(field, problem)
const resolved = (given: unknown, base = DEFAULT_TIMEOUTS) => resolveTimeouts(given, base, refuse)
const LONGEST = 2 ** 31 - 1

describe('what comes of them', () => {
  test.each<[unknown, object]>([
    [undefined, {}],
    [null, {}],
    [5_000, { total: 5_000, body: 5_000 }],
    [0, { total: 0, body: 0 }],
    [0.5, { total: 0.5, body: 0.5 }],
    [LONGEST, { total: LONGEST, body: LONGEST }],
    [{ total: 60_000 }, { total: 60_000, body: 60_000 }],
    [
      { total: 60_000, body: 1_000 },
      { total: 60_000, body: 1_000 },
    ],
    [{ total: 0 }, { total: 0, body: 0 }],
    [{ body: 0 }, { body: 0 }],
    [{ connect: 1_000 }, { connect: 1_000 }],
    [
      { headers: 0, connect: 0 },
      { headers: 0, connect: 0 },
    ],
    [{ total: undefined, headers: 1 }, { headers: 1 }],
  ])('%j', (given, changes) => {
    expect(resolved(given)).toEqual({
      total: 30_000,
      connect: 5_000,
      headers: 10_000,
      body: 30_000,
      ...changes,
    })
  })

  test("of a call: what it says, and the client's for the rest", () => {
    const client = { total: 1, connect: 2, headers: 3, body: 4 }
    expect(resolved({ headers: 30 }, client)).toEqual({ ...client, headers: 30 })
    expect(resolved({ total: 10 }, client)).toEqual({ ...client, total: 10, body: 10 })
    expect(resolved(10, client)).toEqual({ ...client, total: 10, body: 10 })
    expect(resolved(undefined, client)).toBe(client)
  })
})

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['timeout', -1, /milliseconds from 0/],
  ['timeout', Number.NaN, /milliseconds from 0/],
  ['timeout', 2 ** 31, /milliseconds from 0/],
  ['timeout', Number.POSITIVE_INFINITY, /milliseconds from 0/],
  ['timeout', '5000', /milliseconds from 0/],
  ['timeout', true, /milliseconds from 0/],
  ['timeout', [], /total, connect, headers, body/],
  ['timeout', {}, /total, connect, headers, body/],
  ['timeout', new Date(), /total, connect, headers, body/],
  ['timeout.total', { total: -1 }, /milliseconds from 0/],
  ['timeout.headers', { headers: '1s' }, /milliseconds from 0/],
  ['timeout.body', { body: null }, /milliseconds from 0/],
  ['timeout.totl', { totl: 5 }, /did you mean "total"/],
  ['timeout.constructor', { constructor: 5 }, /no such limit/],
]

test.each([...WRONG, ['timeout.connect', { connect: Number.NaN }, /milliseconds from 0/] as const])(
  'the factory refuses %s: %j',
  (field, timeout, problem) => {
    const make = () => Builder.factory({ ...config, timeout: timeout as Config['timeout'] })
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError', field }))
    expect(make).toThrow(problem)
  },
)

test.each([
  ...WRONG,
  ['timeout.connect', { connect: 1_000 }, /Builder\.factory/] as const,
  ['timeout.connect', { connect: 0, total: 5 }, /Builder\.factory/] as const,
])('a call refuses %s: %j before anything is sent', async (field, timeout, problem) => {
  const loopback = await Loopback.start()
  const { v3 } = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
  const error = (await rejection(v3.x.get({ timeout: timeout as number }))) as RequestError
  expect(error).toMatchObject({ name: 'RequestError', field, delivery: 'not-sent' })
  expect(error.message).toMatch(problem)
  expect(loopback.dispatched).toBe(0)
  await loopback.close()
})
