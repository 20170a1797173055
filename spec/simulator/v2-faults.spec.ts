import { type Fault, Simulator } from '../../lib/simulator'
import { APPID, callV2, isGenuineV2, orderV2, sendV2, signed, type V2Reply, type Values } from './v2-client'

const QUERY = '/pay/orderquery'

describe('a fault of APIv2', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key' })
    await callV2(simulator, '/pay/unifiedorder', orderV2('FAULT-1'))
    simulator.pay('FAULT-1')
  })
  afterAll(() => simulator.close())

  const query = (more: Values = {}): Promise<V2Reply> =>
    callV2(simulator, QUERY, { appid: APPID, out_trade_no: 'FAULT-1', ...more })

  /** Puts a fault in force for one request, and sees that the next is served again */
  const answered = async (fault: Fault, more?: Values): Promise<V2Reply> => {
    const handle = simulator.fault({ times: 1, ...fault })
    try {
      return await query(more)
    } finally {
      expect(handle.hits).toBe(1)
      expect(isGenuineV2(simulator, await query())).toBe(true)
    }
  }

  test('of tamper changes one field, whichever is asked for', async () => {
    const genuine = (await query()).fields
    for (const field of Object.keys(genuine).filter((name) => name !== 'sign')) {
      const reply = await answered({ kind: 'tamper', field })
      expect(Object.keys(reply.fields)).toEqual(Object.keys(genuine))
      expect(reply.fields[field]).toMatch(/.0$/)
      expect(isGenuineV2(simulator, reply)).toBe(false)
    }
    const usual = await answered({ kind: 'tamper' })
    expect(usual.fields.nonce_str).toMatch(/^\w{32}0$/)
    const more = await answered({ kind: 'tamper', field: 'more' })
    expect(more.fields.more).toBe('0')
    expect(isGenuineV2(simulator, more)).toBe(false)
  })

  test('of tamper leaves an answer that is no XML something of its kind', async () => {
    const bill = () =>
      callV2(simulator, '/pay/downloadbill', {
        appid: APPID,
        bill_date: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', ''),
      })
    const { body } = await bill()
    simulator.fault({ kind: 'tamper', times: 1 })
    expect((await bill()).body.toString()).toBe(`${body}0`)
  })

  test.each(['MD5', 'HMAC-SHA256'])('of foreign signs with another key (%s)', async (sign_type) => {
    const reply = await answered({ kind: 'foreign' }, { sign_type })
    expect(reply.fields.sign).toMatch(sign_type === 'MD5' ? /^[0-9A-F]{32}$/ : /^[0-9A-F]{64}$/)
    expect(isGenuineV2(simulator, reply, sign_type)).toBe(false)
  })

  test('of md5 answers so to HMAC', async () => {
    const reply = await answered({ kind: 'md5' }, { sign_type: 'HMAC-SHA256' })
    expect(isGenuineV2(simulator, reply, 'MD5')).toBe(true)
    expect(isGenuineV2(simulator, reply, 'HMAC-SHA256')).toBe(false)
    const whole = await query({ sign_type: 'HMAC-SHA256' })
    expect(isGenuineV2(simulator, whole, 'HMAC-SHA256')).toBe(true)
  })

  test('of drop leaves out fields and headers', async () => {
    const whole = await query()
    const reply = await answered({ kind: 'drop', header: ['sign', 'Content-Type'] })
    const { sign, ...rest } = whole.fields
    expect(Object.keys(reply.fields)).toEqual(Object.keys(rest))
    expect(reply.headers).not.toHaveProperty('content-type')
    const bill = { kind: 'status', status: 502, html: true, times: 1 } as const
    simulator.fault(bill)
    const page = await answered({ kind: 'drop', header: 'sign' })
    expect(page.body.toString()).toContain('<html>')
  })

  test.each<Fault>([{ kind: 'stale', seconds: 400 }, { kind: 'serial' }, { kind: 'probe' }])(
    'of $kind is none',
    async (fault) => {
      expect(isGenuineV2(simulator, await answered(fault))).toBe(true)
    },
  )

  test('of status answers in XML, unsigned', async () => {
    const reply = await answered({ kind: 'status', status: 503, headers: { 'Retry-After': '1' } })
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
    expect(reply.fields).toEqual({ return_code: 'FAIL', return_msg: '模拟的故障' })
    const named = await answered({ kind: 'status', status: 429, code: 'FREQUENCY_LIMITED' })
    expect(named.fields).toEqual({ return_code: 'FAIL', return_msg: 'FREQUENCY_LIMITED' })
    const page = await answered({ kind: 'status', status: 502, html: true })
    expect(page.headers['content-type']).toBe('text/html')
  })

  test('of redirect points elsewhere', async () => {
    const reply = await answered({ kind: 'redirect', location: 'https://attacker.example/' })
    expect([reply.status, reply.headers.location]).toEqual([302, 'https://attacker.example/'])
  })

  test('of delay answers late', async () => {
    const start = performance.now()
    expect(isGenuineV2(simulator, await answered({ kind: 'delay', ms: 150 }))).toBe(true)
    expect(performance.now() - start).toBeGreaterThanOrEqual(145)
  })

  test.each<Fault>([{ kind: 'reset' }, { kind: 'truncate' }, { kind: 'truncate', chunked: true }])(
    'of %j breaks the connection',
    async (fault) => {
      await expect(answered(fault)).rejects.toMatchObject({ code: 'ECONNRESET' })
    },
  )

  test('of hang never answers', async () => {
    simulator.fault({ kind: 'hang', times: 1 })
    const patience = new Promise((resolve) => setTimeout(resolve, 200, 'given up'))
    const answer = query()
    answer.catch(() => {})
    expect(await Promise.race([answer, patience])).toBe('given up')
    expect(simulator.requests.at(-1)).toMatchObject({ target: QUERY, status: 0, verified: true })
  })

  test('that loses the answer leaves undone what was asked, unless told otherwise', async () => {
    const place = async (id: string, acts?: boolean): Promise<string | undefined> => {
      simulator.fault({ kind: 'reset', times: 1, ...(acts !== undefined && { acts }) })
      await callV2(simulator, '/pay/unifiedorder', orderV2(id)).catch(() => undefined)
      return (await query({ out_trade_no: id })).fields.trade_state
    }
    expect(await place('LOST-1')).toBeUndefined()
    expect(await place('LOST-2', true)).toBe('NOTPAY')
  })

  test('befalls by method and path', async () => {
    using handle = simulator.fault({ kind: 'tamper', match: { method: 'POST', path: QUERY } })
    await callV2(simulator, '/pay/closeorder', { appid: APPID, out_trade_no: 'FAULT-1' })
    expect(handle.hits).toBe(0)
    expect(isGenuineV2(simulator, await query())).toBe(false)
    expect(handle.hits).toBe(1)
  })

  test('nothing secret is in what is recorded or answered', async () => {
    const bad = { ...signed(simulator, { appid: APPID }), sign: 'x' }
    await sendV2(simulator, 'GET', `/papay/entrustweb?${new URLSearchParams(bad as Record<string, string>)}`)
    expect(JSON.stringify(simulator.requests)).not.toContain(simulator.credentials.secret)
  })
})
