import { blameClock, clockWarning, skewOf } from '../lib/clock'
import { type ApiError, Builder, type VerificationError } from '../lib/lite'
import { Simulator } from '../lib/simulator'
import { signed, unsigned } from './conformance/platform'
import { answers, scripted } from './support/scripted'
import { rejection } from './v2/server'

const NOW = Date.UTC(2026, 0, 1, 12)
const HOUR = 3_600
/** A `Date`, by so many seconds after now. */
const date = (seconds: number, now = NOW): string => new Date(now + seconds * 1_000).toUTCString()
const stamp = (seconds: number, now = NOW): number => Math.floor(now / 1_000) + seconds

describe('how far a clock is ahead', () => {
  test.each([
    [date(0), 0],
    [date(-90), 90],
    [date(90), -90],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 3_600],
    ['yesterday', undefined],
    ['', undefined],
    [undefined, undefined],
    [[date(0), date(0)], undefined],
  ])('%j: %s', (header, expected) => {
    expect(skewOf(header, NOW)).toBe(expected)
  })

  test.each<[number, RegExp | undefined]>([
    [-235, undefined],
    [235, undefined],
    [-245, /clock is 24[4-6] s ahead of WeChat Pay's/],
    [245, /clock is 24[4-6] s behind WeChat Pay's/],
    [86_400, /8(?:6399|6400|6401) s behind.*NTP/],
  ])('is worth a warning from four minutes on: %d', (seconds, expected) => {
    const found = clockWarning(date(seconds, Date.now()))
    expect(found).toEqual(
      expected && { text: expect.stringMatching(expected), skew: expect.any(Number) as number },
    )
    if (found) expect(Math.abs(found.skew + seconds)).toBeLessThanOrEqual(1)
  })

  test('there is no warning without a Date', () => {
    expect(clockWarning(undefined)).toBeUndefined()
    expect(clockWarning('x')).toBeUndefined()
  })
})

describe('whose clock is wrong', () => {
  test.each<[string, number, string | undefined, number | undefined, RegExp]>([
    [
      'ours is ahead: the Date is as old as the signature',
      -400,
      date(-400),
      400,
      /is 400 s ahead of WeChat Pay's.*NTP/,
    ],
    ['ours is behind', 400, date(400), -400, /is 400 s behind WeChat Pay's.*NTP/],
    ['ours, and the call took a while', -400, date(-397), 400, /is 400 s ahead/],
    ['ours, and the proxy on the way is a little off', -400, date(-380), 400, /is 400 s ahead/],
    [
      'nobody can be sure without a Date',
      -400,
      undefined,
      undefined,
      /either this machine's clock is 400 s ahead.*replayed.*no Date/,
    ],
    [
      'nor of one to come',
      400,
      undefined,
      undefined,
      /either this machine's clock is 400 s behind.*forged.*no Date/,
    ],
    ['nor with nonsense for a Date', -400, 'soon', undefined, /no Date/],
    ['the signature is old, the Date is ours', -400, date(0), undefined, /agrees with the Date.*replayed/],
    [
      'the signature is of a time to come, the Date is ours',
      400,
      date(1),
      undefined,
      /agrees with the Date.*not WeChat Pay's/,
    ],
    ['the Date is off the other way', -400, date(60), undefined, /agrees with the Date/],
  ])('%s', (_, seconds, header, skew, text) => {
    const found = blameClock(stamp(seconds), header, NOW)
    expect(found.skew).toBe(skew)
    expect(found.text).toMatch(text)
  })
})

describe('an answer that was signed at another time', () => {
  /** Of a platform whose signatures and whose `Date` are so many seconds from ours. */
  async function refused(signedAt: number, dated: number | undefined): Promise<VerificationError> {
    const { instance } = await scripted([
      (response) => {
        const { headers, body } = signed('{"a":1}', {
          'Wechatpay-Timestamp': String(stamp(signedAt, Date.now())),
        })
        if (dated === undefined) response.sendDate = false
        else response.setHeader('Date', date(dated, Date.now()))
        response.writeHead(200, headers as Record<string, string>).end(body)
      },
    ])
    return (await rejection(instance.v3.x.get())) as VerificationError
  }

  test.each([
    [-HOUR, 'ahead of'],
    [HOUR, 'behind'],
  ])(
    'by a platform whose clock says the same (%d): ours is wrong, and by how much',
    async (seconds, side) => {
      const error = await refused(seconds, seconds)
      expect(error).toMatchObject({ name: 'VerificationError', reason: 'clock', delivery: 'delivered' })
      expect(Math.abs((error.skew ?? 0) + seconds)).toBeLessThanOrEqual(2)
      expect(error.message).toMatch(new RegExp(`(?:3599|360[0-2]) s ${side} WeChat Pay's, as the Date`))
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ reason: 'clock', skew: error.skew })
    },
  )

  test('by one whose clock is ours: it is an old answer', async () => {
    const error = await refused(-HOUR, 0)
    expect(error).toMatchObject({ reason: 'clock' })
    expect(error).not.toHaveProperty('skew')
    expect(error.message).toMatch(/signed 360[0-2] s ago.*agrees with the Date.*replayed/)
  })

  test('by one that says no time', async () => {
    const error = await refused(-HOUR, undefined)
    expect(error).not.toHaveProperty('skew')
    expect(error.message).toMatch(/either this machine's clock is 360[0-2] s ahead/)
  })

  test('within five minutes is no matter', async () => {
    const { instance } = await scripted([
      answers(() =>
        signed('{}', {
          'Wechatpay-Timestamp': String(stamp(-295, Date.now())),
          Date: date(-295, Date.now()),
        }),
      ),
    ])
    await expect(instance.v3.x.get()).resolves.toMatchObject({ verified: true })
  })

  test('by the simulator, a while ago: its Date is ours', async () => {
    await using simulator = await Simulator.start()
    const instance = Builder.factory(simulator.credentials)
    simulator.fault({ kind: 'stale', seconds: -400, times: 1 })
    const query = { organization_id: 'Ofewewfwefweewf' }
    const error = await rejection(instance.v3.offlineface.faceCollections.get({ query }))
    expect(error).toMatchObject({ reason: 'clock', message: expect.stringMatching(/agrees with the Date/) })
    expect(error).not.toHaveProperty('skew')
    await Builder.driver(instance).close()
  })
})

describe('a request that was refused because of its time', () => {
  const refused = (dated: number, code = 'SIGN_ERROR', status = 401) =>
    answers(() =>
      unsigned(status, { Date: date(dated, Date.now()) }, JSON.stringify({ code, message: '签名错误' })),
    )
  const errorOf = async (...told: Parameters<typeof refused>): Promise<ApiError> => {
    const { instance } = await scripted([refused(...told)])
    return (await rejection(instance.v3.x.get())) as ApiError
  }

  test.each([
    [-HOUR, 'ahead of'],
    [HOUR, 'behind'],
  ])('is explained by the Date of the answer (%d)', async (dated, side) => {
    const error = await errorOf(dated)
    expect(error).toMatchObject({ name: 'ApiError', code: 'SIGN_ERROR' })
    expect(Math.abs((error.skew ?? 0) + dated)).toBeLessThanOrEqual(2)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ skew: error.skew })
    expect(error.message).toMatch(
      new RegExp(`this machine's clock is 3(?:600|601|599) s ${side} WeChat Pay's`, 'i'),
    )
  })

  test.each([
    [-HOUR, 'ahead of'],
    [HOUR, 'behind'],
  ])("is explained by the simulator's clock, and by nothing else (%d)", async (seconds, side) => {
    await using simulator = await Simulator.start({ now: () => Date.now() + seconds * 1_000 })
    await using driver = Builder.driver(Builder.factory(simulator.credentials))
    const { message } = (await rejection(driver.request('get', 'v3/certificates'))) as Error
    expect(message).toMatch(new RegExp(`this machine's clock is 3(?:600|601|599) s ${side} WeChat Pay's`))
    expect(message.match(/clock is|NTP/g)).toHaveLength(2)
  })

  test('but not by one that is near enough', async () => {
    const error = await errorOf(-200)
    expect(error.message).not.toMatch(/clock is/)
    expect(error).not.toHaveProperty('skew')
  })

  test('nor is anything but a 401', async () => {
    const error = await errorOf(-HOUR, 'PARAM_ERROR', 400)
    expect(error.message).not.toMatch(/clock/)
    expect(error).not.toHaveProperty('skew')
  })
})
