import { type Channel, channel } from 'node:diagnostics_channel'
import { operations } from '../lib/catalogue'
import { type KeysEvent, keysAsked, Trace } from '../lib/diagnostics'
import { VOCABULARY } from '../lib/vocabulary'
import { answered, SECRET } from './conformance/apiv2'
import { config, REQUEST_ID, signed, unsigned } from './conformance/platform'
import type { Debugging } from './support/debugging'
import { type Ended, type ProcessOptions, runProcess } from './support/process'
import { type Act, answers, client, freePort, resets, scripted } from './support/scripted'
import type { ThrowingListeners } from './support/throwing-listeners'
import { MCH_ID, rejection } from './v2/server'

const NAMES = ['request', 'answer', 'retry', 'failover', 'keys'] as const
type Name = (typeof NAMES)[number]
type Event = Readonly<Record<string, unknown>> & { readonly channel: Name }

const channels = Object.fromEntries(
  NAMES.map((name) => [name, channel(`wechatpay-chain:${name}`)]),
) as Record<Name, Channel>

/** What was told, in its order. */
let events: Event[]
let unsubscribe: (() => void)[]

function listen(...names: readonly Name[]): void {
  for (const name of names) {
    const listener = (event: unknown): void => void events.push({ channel: name, ...(event as object) })
    channels[name].subscribe(listener)
    unsubscribe.push(() => channels[name].unsubscribe(listener))
  }
}

beforeEach(() => {
  events = []
  unsubscribe = []
})
afterEach(() => {
  for (const end of unsubscribe) end()
})

const fails = (status: number, body = '', headers: Record<string, string> = {}): Act =>
  answers(unsigned(status, headers, body))
const good: Act = answers(() => signed('{"a":1}'))

describe('what is told of a call', () => {
  test('that is answered', async () => {
    listen(...NAMES)
    const { instance, base_uri } = await scripted([good])
    const began = performance.now()
    await instance.v3.pay.transactions.id._transaction_id_.get({
      transaction_id: '4200',
      query: { mchid: MCH_ID },
    })
    const took = performance.now() - began
    const call = {
      id: expect.any(Number),
      label: 'GET v3/pay/transactions/id/{transaction_id}',
      protocol: 'v3',
      origin: base_uri.slice(0, -1),
      attempt: 1,
    }
    expect(events).toEqual([
      { channel: 'request', ...call },
      {
        channel: 'answer',
        ...call,
        duration: expect.any(Number),
        status: 200,
        requestId: REQUEST_ID,
        verified: true,
        code: undefined,
        delivery: undefined,
      },
    ])
    expect(events[1]?.duration).toBeGreaterThan(0)
    expect(events[1]?.duration).toBeLessThanOrEqual(took)
  })

  test('that is refused', async () => {
    listen('answer')
    const { instance } = await scripted([fails(404, '{"code":"ORDER_NOT_EXIST"}', { 'Request-ID': 'R-1' })])
    await rejection(instance.v3.pay.transactions.native.post({ json: {} }))
    expect(events).toMatchObject([
      { status: 404, requestId: 'R-1', verified: false, code: 'ORDER_NOT_EXIST', delivery: 'delivered' },
    ])
  })

  test('of APIv2', async () => {
    listen('answer')
    const { instance } = await scripted([
      answers(() => answered({ result_code: 'FAIL', err_code: 'USERPAYING' })),
    ])
    await rejection(instance.v2.pay.micropay.post({ xml: { mch_id: MCH_ID } }))
    expect(events).toMatchObject([
      { label: 'POST v2/pay/micropay', protocol: 'v2', status: 200, code: 'USERPAYING', delivery: 'unknown' },
    ])
  })

  test('that is not believed', async () => {
    listen('answer')
    const { instance } = await scripted([fails(200, '{}')])
    await rejection(instance.v3.bill.tradebill.get())
    expect(events).toMatchObject([{ status: 200, verified: false, code: 'ERR_VERIFICATION_HEADERS' }])
  })

  test('that is tried again: its attempts, by one number, and the waits between', async () => {
    listen(...NAMES)
    const { instance } = await scripted([resets, fails(503), answers(() => signed('', {}, 202)), good], {
      retry: { delay: 8 },
    })
    await instance.v3.certificates.get()
    expect(events.map(({ channel, attempt, code }) => [channel, attempt, code])).toEqual([
      ['request', 1, undefined],
      ['answer', 1, expect.stringMatching(/^(?:ECONNRESET|UND_ERR_SOCKET)$/)],
      ['retry', 1, expect.stringMatching(/^(?:ECONNRESET|UND_ERR_SOCKET)$/)],
      ['request', 2, undefined],
      ['answer', 2, 'HTTP_503'],
      ['retry', 2, 'HTTP_503'],
      ['request', 3, undefined],
      ['answer', 3, undefined],
      ['retry', 3, 'HTTP_202'],
      ['request', 4, undefined],
      ['answer', 4, undefined],
    ])
    expect(new Set(events.map(({ id }) => id)).size).toBe(1)
    const waits = events.filter(({ channel }) => channel === 'retry').map(({ wait }) => wait as number)
    for (const [n, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(4 * 2 ** n)
      expect(wait).toBeLessThanOrEqual(8 * 2 ** n)
    }
  })

  test('that is one of many: each has a number of its own', async () => {
    listen('request', 'answer')
    const { instance } = await scripted([good])
    await Promise.all(Array.from({ length: 10 }, () => instance.v3.certificates.get()))
    const numbers = new Set(events.map(({ id }) => id))
    expect(numbers.size).toBe(10)
    for (const number of numbers) expect(events.filter(({ id }) => id === number)).toHaveLength(2)
  })

  test('that cannot be dispatched', async () => {
    listen('request', 'answer')
    const before = process.env.HTTPS_PROXY
    process.env.HTTPS_PROXY = 'ftp://nowhere'
    const { instance } = client({ timeout: { connect: 1 } })
    await rejection(instance.v3.certificates.get())
    if (before === undefined) delete process.env.HTTPS_PROXY
    else process.env.HTTPS_PROXY = before
    expect(events).toMatchObject([
      { channel: 'request', attempt: 1 },
      { channel: 'answer', attempt: 1, code: 'ERR_CONFIG', delivery: 'not-sent' },
    ])
  })

  test('when its host is missing, and when it is back', async () => {
    listen('failover')
    const { Failover } = jest.requireActual<typeof import('../lib/failover')>('../lib/failover')
    const failover = new Failover()
    failover.missed('https://api.mch.weixin.qq.com', '/v3/x', false)
    failover.missed('https://api.mch.weixin.qq.com', '/v3/x', false)
    failover.answered('https://api.mch.weixin.qq.com')
    failover.answered('https://api.mch.weixin.qq.com')
    expect(events).toEqual([
      { channel: 'failover', from: 'https://api.mch.weixin.qq.com', to: 'https://api2.mch.weixin.qq.com' },
      { channel: 'failover', from: undefined, to: 'https://api.mch.weixin.qq.com' },
    ])
  })

  test('when the platform certificates were asked for', () => {
    const event: KeysEvent = { duration: 12, serials: ['A1', 'B2'], code: undefined }
    keysAsked(event)
    listen('keys')
    keysAsked(event)
    expect(events).toEqual([{ channel: 'keys', ...event }])
  })
})

describe('what is never told', () => {
  const PERSONAL = {
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    phone: '13800138000',
    pinyin: 'zhangsan',
    hyphens: 'zhang-san-feng',
    underscores: 'li_si',
    Chinese: '张三',
    encoded: encodeURIComponent('张三'),
    mail: 'a@example.com',
    order: 'A1',
    digits: '7',
    capital: 'ZHANG',
    'one letter': 'x',
    'a word that is none of its own': 'constructor',
  } as const
  const values = Object.entries(PERSONAL)

  test.each(values)('a value that was written into the path: %s', async (_, value) => {
    listen(...NAMES)
    const { instance } = await scripted([fails(503), good], { retry: { delay: 1 } })
    await instance.chain(`v3/payscore/users/${value}/permissions?openid=${value}`).get()
    expect(events).toHaveLength(5)
    for (const { label } of events) expect(label).toBe('GET v3/payscore/users/*/permissions')
    expect(JSON.stringify(events)).not.toContain(`/${value}`)
  })

  test.each(values)(
    'or given as a variable, in the query, in the body or in a header: %s',
    async (_, value) => {
      listen(...NAMES)
      const { instance } = await scripted([good])
      const name = `${value}-${value}`
      await instance.v3.payscore.users._openid_.permissions.post({
        openid: name,
        query: { name },
        json: { name },
        headers: { 'X-Name': encodeURIComponent(name) },
      })
      expect(events).toHaveLength(2)
      expect(events[0]?.label).toBe('POST v3/payscore/users/{openid}/permissions')
      for (const text of [name, encodeURIComponent(name)]) expect(JSON.stringify(events)).not.toContain(text)
    },
  )

  test('what stands in an address that is downloaded', async () => {
    listen(...NAMES)
    const { driver, base_uri } = await scripted([(response) => void response.end('x')])
    const { data } = await driver.download(`${base_uri}v3/billdownload/file/zhangsan?token=secret`)
    data.resume()
    expect(events[0]?.label).toBe('GET /v3/billdownload/file/*')
    expect(JSON.stringify(events)).not.toMatch(/zhangsan|secret/)
  })

  test('an Authorization, a nonce, a signature', async () => {
    listen(...NAMES)
    const { instance, visits } = await scripted([resets, good], { retry: { delay: 1 } })
    await instance.v3.certificates.get()
    const told = JSON.stringify(events)
    expect(told).not.toMatch(/WECHATPAY2|signature|nonce/i)
    for (const { headers } of visits) {
      for (const [, part = ''] of String(headers.authorization).matchAll(/="([^"]+)"/g))
        expect(told).not.toContain(part)
    }
  })

  test.each([
    ['张三@example.com', '*'],
    ['张三 lives at\nnumber 7', 'HTTP_503'],
  ])('what a gateway makes of a code: %j', async (code, told) => {
    listen('answer', 'retry')
    const { instance } = await scripted([fails(503, JSON.stringify({ code })), good], { retry: { delay: 1 } })
    await instance.v3.certificates.get()
    expect(events.map((event) => event.code)).toEqual([told, told, undefined])
  })
})

test('the words that are told are those of the documentation, all of them', () => {
  const documented = operations().flatMap(({ uri, path = '', host }) => [uri, path, host?.basePath ?? ''])
  const segments = documented.flatMap((text) => text.split('/')).filter((text) => text && !text.includes('{'))
  expect([...VOCABULARY].sort()).toEqual([...new Set(segments)].sort())
})

describe('while nobody listens', () => {
  test('nothing is built', async () => {
    expect(Trace.of('GET v3/x', 'v3')).toBeUndefined()
    const publish = NAMES.map((name) => jest.spyOn(channels[name], 'publish'))
    const { instance } = await scripted([resets, good], { retry: { delay: 1 } })
    await instance.v3.certificates.get()
    for (const spy of publish) expect(spy).not.toHaveBeenCalled()
    jest.restoreAllMocks()
  })

  test('to calls, but to hosts, nothing is built of calls', () => {
    listen('failover', 'keys')
    expect(Trace.of('GET v3/x', 'v3')).toBeUndefined()
  })

  test.each(['request', 'answer', 'retry'] as const)('but to %s, it is', (name) => {
    listen(name)
    expect(Trace.of('GET v3/x', 'v3')).toBeDefined()
  })
})

/** Runs a process of its own, of which the environment says this. */
async function debugged(NODE_DEBUG: string, file: string, options: ProcessOptions): Promise<Ended> {
  const before = process.env.NODE_DEBUG
  process.env.NODE_DEBUG = NODE_DEBUG
  try {
    return await runProcess(require.resolve(file), options)
  } finally {
    if (before === undefined) delete process.env.NODE_DEBUG
    else process.env.NODE_DEBUG = before
  }
}

describe('NODE_DEBUG', () => {
  const run = async (NODE_DEBUG: string) => {
    const { base_uri } = await scripted([resets, good])
    const told: Debugging = {
      config: { ...config, secret: SECRET, apiv3Key: 'k'.repeat(32) },
      base_uri,
      refused: `http://127.0.0.1:${await freePort()}/`,
    }
    const input = JSON.stringify(told)
    return debugged(NODE_DEBUG, './support/debugging', { input, limit: 15_000 })
  }

  test('=wechatpay prints what happens to standard error, and nothing else', async () => {
    const { code, stdout, stderr } = await run('wechatpay')
    expect(code).toBe(0)
    const { secrets } = JSON.parse(stdout) as { secrets: string[] }
    const lines = stderr.trim().split('\n')
    for (const line of lines) expect(line).toMatch(/^WECHATPAY \d+: (?:request|answer|retry|failover) \S/)
    const text = lines.map((line) => line.replace(/^WECHATPAY \d+: /, ''))
    expect(text[0]).toMatch(
      /^request id=1 label=POST v3\/payscore\/users\/\*\/permissions protocol=v3 origin=http:\S+ attempt=1$/,
    )
    expect(text[1]).toMatch(/^answer id=1 .* duration=[\d.]+ code=\w+ delivery=unknown$/)
    expect(text[2]).toMatch(/^retry id=1 .* wait=[\d.]+ code=\w+$/)
    expect(text[4]).toMatch(new RegExp(`^answer id=1 .* status=200 requestId=${REQUEST_ID} verified=true$`))
    expect(text.filter((line) => line.startsWith('answer id=2 '))).toHaveLength(2)
    expect(secrets.length).toBeGreaterThan(5)
    for (const secret of secrets) expect(stderr).not.toContain(secret)
  })

  test('=anything else prints nothing', async () => {
    const { code, stderr } = await run('other')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('a listener that throws', () => {
  const run = async (NODE_DEBUG: string, ...args: readonly string[]): Promise<Ended> => {
    const { base_uri } = await scripted([fails(503), good])
    const refused = `http://127.0.0.1:${await freePort()}/`
    const input = JSON.stringify({ config, base_uri, refused } satisfies ThrowingListeners)
    return debugged(NODE_DEBUG, './support/throwing-listeners', { args, input, limit: 15_000 })
  }

  test.each(['', 'wechatpay'])(
    'changes nothing of the call; what it threw comes after (NODE_DEBUG=%s)',
    async (debug) => {
      const { code, stdout, stderr } = await run(debug, 'go on')
      expect(code).toBe(0)
      const thrown = ['request', 'answer', 'retry', 'request', 'answer'].map((name) => `listener of ${name}`)
      expect(JSON.parse(stdout)).toEqual({
        calls: [200, ['ECONNREFUSED', 2]],
        thrown: [...thrown, ...thrown],
      })
      expect(stderr.match(/WECHATPAY \d+: \w+ id=/g) ?? []).toHaveLength(debug ? 10 : 0)
    },
  )

  test('ends a process that does not catch it, as Node has it', async () => {
    const { code, stdout, stderr } = await run('')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Error: listener of request')
  })
})
