import { type Fault, Simulator } from '../../lib/simulator'
import { call, isGenuine, isUnsigned, order, send, sendRaw } from './client'

const PATH = '/v3/offlineface/face-collections'
const TARGET = `${PATH}?organization_id=Ofewewfwefweewf&limit=2`

describe('a fault', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  const get = () => call(simulator, 'GET', TARGET)

  /** Puts a fault in force for one request, and sees that the next is served again */
  const during = async <T>(fault: Fault, run: () => Promise<T>): Promise<T> => {
    const handle = simulator.fault({ times: 1, ...fault })
    try {
      return await run()
    } finally {
      expect(handle.hits).toBe(1)
      const after = await get()
      expect(after.status).toBe(200)
      expect(isGenuine(simulator, after)).toBe(true)
    }
  }
  const answered = (fault: Fault) => during(fault, get)

  test('of delay answers late', async () => {
    const start = performance.now()
    const reply = await answered({ kind: 'delay', ms: 150 })
    expect(performance.now() - start).toBeGreaterThanOrEqual(145)
    expect(isGenuine(simulator, reply)).toBe(true)
  })

  test('of reset ends the connection without an answer', async () => {
    await expect(answered({ kind: 'reset' })).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('of hang never answers', async () => {
    const handle = simulator.fault({ kind: 'hang', times: 1 })
    const patience = new Promise((resolve) => setTimeout(resolve, 200, 'given up'))
    const answer = get()
    answer.catch(() => {})
    expect(await Promise.race([answer, patience])).toBe('given up')
    expect(handle.hits).toBe(1)
    expect(simulator.requests.at(-1)).toMatchObject({ status: 0, verified: true })
  })

  test.each([
    [false, /content-length: \d+/i],
    [true, /transfer-encoding: chunked/i],
  ])('of truncate breaks off half-way (chunked: %s)', async (chunked, framing) => {
    await expect(answered({ kind: 'truncate', chunked })).rejects.toMatchObject({ code: 'ECONNRESET' })
    simulator.fault({ kind: 'truncate', chunked, times: 1 })
    const request = `GET ${TARGET} HTTP/1.1\r\nHost: x\r\nUser-Agent: spec\r\n\r\n`
    const { text } = await sendRaw(simulator, Buffer.from(request))
    expect(text).toMatch(/^HTTP\/1\.1 401/)
    expect(text).toMatch(framing)
    expect(text).toContain('{"code":"SIGN_ERROR"')
    expect(text).not.toContain('authorization"}}')
  })

  test.each([false, true])(
    'of truncate also loses an answer without a body (chunked: %s)',
    async (chunked) => {
      const path = '/v3/offlinefacemch/organizations/Ofewewfwefweewf/users/out-user-id/student-0001'
      const patch = () => call(simulator, 'PATCH', path, { json: { status: 'NORMAL' } })
      await expect(during({ kind: 'truncate', chunked }, patch)).rejects.toMatchObject({ code: 'ECONNRESET' })
    },
  )

  test.each([
    [429, 'FREQUENCY_LIMITED'],
    [500, 'SYSTEM_ERROR'],
    [502, 'BAD_GATEWAY'],
    [503, 'SERVICE_UNAVAILABLE'],
    [504, 'SYSTEM_ERROR'],
  ])('of status %i answers %s, unsigned', async (status, code) => {
    const reply = await answered({ kind: 'status', status })
    expect(reply.status).toBe(status)
    expect(reply.json).toEqual({ code, message: expect.any(String) })
    expect(isUnsigned(reply)).toBe(true)
    expect(reply.headers['request-id']).toMatch(/-\d+$/)
  })

  test('of status may be a page, have a code of its own, and further headers', async () => {
    const page = await answered({ kind: 'status', status: 502, html: true })
    expect(page.headers['content-type']).toBe('text/html')
    expect(page.body.toString()).toContain('<html>')
    expect(isUnsigned(page)).toBe(true)
    const headers = { 'Retry-After': '1' }
    const limited = await answered({
      kind: 'status',
      status: 429,
      code: 'FREQUENCY_LIMIT_EXCEED',
      headers,
    })
    expect(limited.headers['retry-after']).toBe('1')
    expect(limited.json).toMatchObject({ code: 'FREQUENCY_LIMIT_EXCEED' })
  })

  test.each([undefined, 307])('of redirect points elsewhere, unsigned (status %s)', async (status) => {
    const location = 'http://attacker.example/v3/x'
    const reply = await answered({ kind: 'redirect', location, ...(status && { status }) })
    expect(reply.status).toBe(status ?? 302)
    expect(reply.headers.location).toBe(location)
    expect(isUnsigned(reply)).toBe(true)
  })

  test.each([-301, 301])('of stale moves the time by %i seconds and signs it', async (seconds) => {
    const reply = await answered({ kind: 'stale', seconds })
    expect(isGenuine(simulator, reply)).toBe(true)
    const shift = Number(reply.headers['wechatpay-timestamp']) - Date.now() / 1000
    expect(Math.abs(shift - seconds)).toBeLessThan(3)
  })

  test('of foreign signs with another key under a known serial', async () => {
    for (let count = 0; count < 2; count++) {
      const reply = await answered({ kind: 'foreign' })
      expect(simulator.credentials.certs).toHaveProperty([String(reply.headers['wechatpay-serial'])])
      expect(reply.headers['wechatpay-signature']).toMatch(/^[\w+/]{342}==$/)
      expect(isGenuine(simulator, reply)).toBe(false)
    }
  })

  test('of serial names a key that nobody knows', async () => {
    const reply = await answered({ kind: 'serial' })
    expect(reply.headers['wechatpay-serial']).toMatch(/^[0-9A-F]{40}$/)
    expect(simulator.credentials.certs).not.toHaveProperty([String(reply.headers['wechatpay-serial'])])
    expect((await answered({ kind: 'serial', serial: 'X' })).headers['wechatpay-serial']).toBe('X')
  })

  test('of tamper changes the body and leaves it JSON', async () => {
    const reply = await answered({ kind: 'tamper' })
    expect(reply.json).toMatchObject({ tampered: true, face_collections: expect.any(Array) })
    expect(isGenuine(simulator, reply)).toBe(false)
    const path = '/v3/offlinefacemch/organizations/Ofewewfwefweewf/users/out-user-id/student-0001'
    const patch = () => call(simulator, 'PATCH', path, { json: { status: 'NORMAL' } })
    const empty = await during({ kind: 'tamper' }, patch)
    expect([empty.status, empty.body.toString()]).toEqual([200, '{"tampered":true}'])
    expect(isGenuine(simulator, empty)).toBe(false)
    const page = simulator.fault({ kind: 'status', status: 502, html: true, times: 1 })
    const both = await during({ kind: 'tamper' }, get)
    expect(page.hits).toBe(1)
    expect(JSON.parse(both.body.toString())).toEqual({
      tampered: true,
      body: expect.stringContaining('<html>'),
    })
  })

  test.each([
    'Wechatpay-Timestamp',
    'wechatpay-nonce',
    'Wechatpay-Serial',
    'WECHATPAY-SIGNATURE',
    'Wechatpay-Signature-Type',
    'Request-ID',
    'Content-Type',
  ])('of drop leaves out %s and nothing else', async (header) => {
    const whole = Object.keys((await get()).headers)
    const reply = await answered({ kind: 'drop', header })
    expect(whole.filter((name) => !(name in reply.headers))).toEqual([header.toLowerCase()])
  })

  test('of drop leaves out several', async () => {
    const header = ['Timestamp', 'Nonce', 'Serial', 'Signature', 'Signature-Type'].map(
      (name) => `Wechatpay-${name}`,
    )
    const reply = await answered({ kind: 'drop', header })
    expect(reply.status).toBe(200)
    expect(isUnsigned(reply)).toBe(true)
  })

  test('of probe sends what only looks like a signature', async () => {
    const reply = await answered({ kind: 'probe' })
    expect(reply.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\/./)
    expect(isGenuine(simulator, reply)).toBe(false)
  })

  test('of an unknown kind is refused', () => {
    const unknown = { kind: 'toString' } as unknown as Fault
    expect(() => simulator.fault(unknown)).toThrow(/unknown fault "toString": there are delay, /)
  })

  describe('befalls', () => {
    const status = async (method: string, target: string): Promise<number> =>
      (await send(simulator, method, target, { 'User-Agent': 'spec' })).status

    test.each<[string, Fault['match'], string, string, boolean]>([
      ['everything', undefined, 'POST', '/v3/x', true],
      ['a method', { method: 'get' }, 'GET', '/v3/x', true],
      ['not another method', { method: 'GET' }, 'POST', '/v3/x', false],
      ['a path, whatever the query', { path: '/v3/x' }, 'GET', '/v3/x?a=b', true],
      ['a path without its slash', { path: 'v3/x' }, 'GET', '/v3/x', true],
      ['not a longer path', { path: '/v3/x' }, 'GET', '/v3/x/y', false],
      ['a pattern', { path: /^\/v3\/x\/\d+$/g }, 'GET', '/v3/x/1', true],
      ['not what differs from the pattern', { path: /^\/v3\/x\/\d+$/ }, 'GET', '/v3/x/a', false],
      ['both only', { method: 'GET', path: /x/ }, 'GET', '/v3/y', false],
    ])('%s', async (_, match, method, target, hit) => {
      using handle = simulator.fault({ kind: 'status', status: 503, ...(match && { match }) })
      for (let count = 1; count <= 2; count++) {
        expect(await status(method, target)).toBe(hit ? 503 : 401)
        expect(handle.hits).toBe(hit ? count : 0)
      }
    })

    test('as many requests as it says, or until it is removed', async () => {
      simulator.fault({ kind: 'status', status: 503, times: 2 })
      expect([await status('GET', '/'), await status('GET', '/'), await status('GET', '/')]).toEqual([
        503, 503, 401,
      ])
      const handle = simulator.fault({ kind: 'status', status: 503 })
      expect(await status('GET', '/')).toBe(503)
      handle.remove()
      handle.remove()
      expect(await status('GET', '/')).toBe(401)
    })

    test('together with others', async () => {
      using _delay = simulator.fault({ kind: 'delay', ms: 100 })
      using _stale = simulator.fault({ kind: 'stale', seconds: -400 })
      using _drop = simulator.fault({ kind: 'drop', header: 'Request-ID' })
      const start = performance.now()
      const reply = await get()
      expect(performance.now() - start).toBeGreaterThanOrEqual(95)
      expect(Number(reply.headers['wechatpay-timestamp'])).toBeLessThan(Date.now() / 1000 - 390)
      expect(reply.headers).not.toHaveProperty('request-id')
    })
  })

  describe('that loses the answer', () => {
    const LOSSES: Fault[] = [
      { kind: 'reset' },
      { kind: 'status', status: 500 },
      { kind: 'redirect', location: '/' },
    ]

    test.each(LOSSES)('leaves undone what was asked, unless told otherwise: $kind', async (fault) => {
      const place = async (id: string, acts?: boolean): Promise<number> => {
        simulator.fault({ times: 1, ...fault, ...(acts !== undefined && { acts }) })
        const json = order(simulator, id)
        await call(simulator, 'POST', '/v3/pay/transactions/native', { json }).catch(() => undefined)
        const { mchid } = simulator.credentials
        const target = `/v3/pay/transactions/out-trade-no/${id}?mchid=${mchid}`
        return (await call(simulator, 'GET', target)).status
      }
      expect(await place(`LOST-${fault.kind}-1`)).toBe(404)
      expect(await place(`LOST-${fault.kind}-2`, true)).toBe(200)
    })
  })
})
