import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Simulator } from '../../lib/simulator'
import { withOpenssl } from '../support/openssl'
import { authorization, call, isGenuine, isUnsigned, SCHEME, type Signing, send, sendRaw } from './client'

const TARGET = '/v3/offlineface/face-collections?organization_id=Ofewewfwefweewf&offset=30&limit=20'

const now = (shift = 0): string => String(Math.floor(Date.now() / 1000) + shift)

describe('the check of the Authorization header', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  test('lets a signed request in and records it', async () => {
    const reply = await call(simulator, 'GET', TARGET)
    expect(reply.status).toBe(200)
    const record = simulator.requests.at(-1)
    expect(record).toMatchObject({ method: 'GET', target: TARGET, status: 200, verified: true })
    expect(record?.code).toBeUndefined()
    const [, timestamp, nonce] = /timestamp="(\d+)",nonce_str="(\w+)"/.exec(
      record?.headers.authorization ?? '',
    ) as unknown as string[]
    expect(record?.message).toBe(`GET\n${TARGET}\n${timestamp}\n${nonce}\n\n`)
  })

  test('takes the pairs in any order, and with spaces between them', async () => {
    const header = authorization(simulator, 'GET', TARGET)
    const pairs = header.slice(SCHEME.length + 1).split(',')
    const shuffled = `${SCHEME} ${pairs.reverse().join(', ')}`
    const reply = await send(simulator, 'GET', TARGET, { 'User-Agent': 'spec', Authorization: shuffled })
    expect(reply.status).toBe(200)
  })

  test('covers the bytes of the body, whatever they are', async () => {
    const body = JSON.stringify({ echo_message: '回显 \u{1f600}', other: '/' })
    const reply = await call(simulator, 'POST', '/v3/security/echo', { body })
    expect(reply.json).toEqual({ echo_message: '回显 \u{1f600}' })
    expect(simulator.requests.at(-1)?.body.equals(Buffer.from(body))).toBe(true)
  })

  const other = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey

  test.each<[string, Signing, string]>([
    ['another merchant', { mchid: '1900000110' }, 'mchid'],
    ['another certificate', { serial: 'ABCDEF' }, 'serial_no'],
    ['a clock 310 seconds behind', { timestamp: now(-310) }, 'timestamp'],
    ['a clock 310 seconds ahead', { timestamp: now(310) }, 'timestamp'],
    ['a timestamp in milliseconds', { timestamp: `${now()}000` }, 'timestamp'],
    ['a timestamp with a fraction', { timestamp: `${now()}.5` }, 'timestamp'],
    ['an empty nonce', { nonce: '' }, 'nonce_str'],
    ['another key', { privateKey: other }, 'signature'],
    ['another message', { message: 'GET\n/v3/certificates\n' }, 'signature'],
    ['another scheme', { scheme: 'WECHATPAY2-SM2-WITH-SM3' }, 'authorization'],
  ])('refuses %s', async (_, signing, field) => {
    const reply = await call(simulator, 'GET', TARGET, { signing })
    expect(reply.status).toBe(401)
    expect(isUnsigned(reply)).toBe(true)
    expect(reply.headers['request-id']).toMatch(/-\d+$/)
    expect(reply.json).toMatchObject({
      code: 'SIGN_ERROR',
      message: expect.any(String),
      detail: { field, issue: expect.any(String), location: 'authorization' },
    })
    expect(simulator.requests.at(-1)).toMatchObject({ verified: false, status: 401, code: 'SIGN_ERROR' })
  })

  test.each([
    ['GET', '/v3/certificates', '', ''],
    ['GET', `/v3/certificates?${'x'.repeat(600)}`, '', ''],
    ['POST', '/v3/security/echo', '{"echo_message":"回显 \u{1f600}"}', '{"echo_m'],
    ['POST', '/v3/security/echo', '{}', '{}'],
  ])('says what it thinks was signed: case %#', async (method, target, body, shown) => {
    const timestamp = now()
    const signing = { timestamp, nonce: randomBytes(8).toString('hex'), privateKey: other }
    const reply = await call(simulator, method, target, { body, signing })
    const head = `${method}\n${target}\n${timestamp}\n${signing.nonce}\n`
    expect(reply.json).toMatchObject({
      detail: {
        field: 'signature',
        issue: 'sign not match',
        detail: { issue: 'sign not match' },
        location: 'authorization',
        sign_information: {
          method,
          url: target,
          sign_message_length: Buffer.byteLength(`${head}${body}\n`),
          truncated_sign_message: `${head}${shown}\n`,
        },
      },
    })
    expect(simulator.requests.at(-1)?.message).toBe(`${head}${body}\n`)
  })

  test('refuses a nonce that was used, and only then', async () => {
    const signing = { nonce: randomBytes(16).toString('hex') }
    const forged = await call(simulator, 'GET', TARGET, { signing: { ...signing, privateKey: other } })
    expect(forged.status).toBe(401)
    expect((await call(simulator, 'GET', TARGET, { signing })).status).toBe(200)
    const again = await call(simulator, 'GET', TARGET, { signing })
    expect(again.status).toBe(401)
    expect(again.json).toMatchObject({ detail: { field: 'nonce_str' } })
  })

  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', SCHEME],
    ['Basic credentials', 'Basic dXNlcjpwYXNz'],
    ['unquoted values', `${SCHEME} mchid=1,serial_no=2,timestamp=3,nonce_str=4,signature=5`],
    ['a missing pair', `${SCHEME} mchid="1",serial_no="2",timestamp="3",nonce_str="4"`],
    ['a pair twice', `${SCHEME} mchid="1",mchid="1",serial_no="2",timestamp="3",nonce_str="4",signature="5"`],
    [
      'an unknown pair',
      `${SCHEME} mchid="1",serial_no="2",timestamp="3",nonce_str="4",signature="5",realm="6"`,
    ],
  ])('refuses %s', async (_, header) => {
    const headers = { 'User-Agent': 'spec', ...(header !== undefined && { Authorization: header }) }
    const reply = await send(simulator, 'GET', TARGET, headers)
    expect(reply.status).toBe(401)
    expect(reply.json).toMatchObject({ code: 'SIGN_ERROR', detail: { field: 'authorization' } })
    expect(isUnsigned(reply)).toBe(true)
    expect(simulator.requests.at(-1)?.message).toBeUndefined()
  })

  test('refuses a signature that is not strictly base64', async () => {
    const header = authorization(simulator, 'GET', TARGET).replace('signature="', 'signature="!')
    const reply = await send(simulator, 'GET', TARGET, { 'User-Agent': 'spec', Authorization: header })
    expect(reply.status).toBe(401)
    expect(reply.json).toMatchObject({ detail: { issue: 'sign not match' } })
  })

  test('refuses a request without User-Agent, unsigned', async () => {
    const reply = await send(simulator, 'GET', TARGET, {
      Authorization: authorization(simulator, 'GET', TARGET),
    })
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({ code: 'INVALID_REQUEST', detail: { field: 'User-Agent' } })
    expect(isUnsigned(reply)).toBe(true)
  })

  test('of an upload covers the part "meta" only', async () => {
    const meta = JSON.stringify({ filename: 'a.png', sha256: '00' })
    const target = '/v3/merchant/media/upload'
    const upload = (file: string) =>
      send(
        simulator,
        'POST',
        target,
        {
          'User-Agent': 'spec',
          'Content-Type': 'multipart/form-data; boundary="b"',
          Authorization: authorization(simulator, 'POST', target, meta),
        },
        `--b\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n${meta}\r\n` +
          `--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n${file}\r\n--b--\r\n`,
      )
    // There is no such operation yet: what counts is that the request was the merchant's.
    expect(isGenuine(simulator, await upload('one'))).toBe(true)
    expect(isGenuine(simulator, await upload('another'))).toBe(true)
    const without = await send(
      simulator,
      'POST',
      target,
      {
        'User-Agent': 'spec',
        'Content-Type': 'multipart/form-data; boundary=b',
        Authorization: authorization(simulator, 'POST', target, meta),
      },
      '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
    )
    expect(without.status).toBe(401)
  })
})

describe('the clock window', () => {
  test('is 300 seconds, inclusive, and moves with the clock', async () => {
    let time = 1_554_208_460_000
    await using simulator = await Simulator.start({ mode: 'public-key', now: () => time })
    const status = async (timestamp: number, nonce?: string): Promise<number> => {
      const signing = { timestamp: String(timestamp), ...(nonce && { nonce }) }
      return (await call(simulator, 'GET', TARGET, { signing })).status
    }
    expect(await status(1_554_208_460 - 300)).toBe(200)
    expect(await status(1_554_208_460 - 301)).toBe(401)
    expect(await status(1_554_208_460 + 300)).toBe(200)
    expect(await status(1_554_208_460 + 301)).toBe(401)
    expect(await status(1_554_208_460, 'once')).toBe(200)
    time += 600_000
    expect(await status(1_554_209_060, 'once')).toBe(401)
    time += 1000
    expect(await status(1_554_209_061, 'once')).toBe(200)
  })
})

describe('a request changed in one byte', () => {
  const REGIONS = ['method', 'path', 'query', 'timestamp', 'nonce', 'body'] as const
  const CALLS = [
    { method: 'GET', path: '/v3/offlineface/face-collections', query: 'organization_id=O%E4%B8%AD&limit=2' },
    { method: 'POST', path: '/v3/security/echo', query: 'x=1', body: '{"echo_message":"中 x"}' },
    { method: 'PATCH', path: '/v3/a/b', query: 'q', body: '{}' },
  ]
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key', capacity: 10_000 })
  })
  afterAll(() => simulator.close())

  const compose = ({ method, path, query, body = '' }: (typeof CALLS)[number]) => {
    const target = `${path}?${query}`
    const header = authorization(simulator, method, target, body)
    const head = [
      `${method} ${target} HTTP/1.1`,
      'Host: localhost',
      'User-Agent: spec',
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Authorization: ${header}`,
    ].join('\r\n')
    const bytes = Buffer.from(`${head}\r\n\r\n${body}`)
    const span = (text: string, from = 0): [number, number] => {
      const start = bytes.indexOf(text, from)
      return [start, start + Buffer.byteLength(text)]
    }
    const value = (name: string): [number, number] => {
      const start = bytes.indexOf(`${name}="`) + name.length + 2
      return [start, bytes.indexOf('"', start)]
    }
    const spans: Record<(typeof REGIONS)[number], [number, number]> = {
      method: [0, method.length],
      path: span(path),
      query: span(query, method.length + path.length),
      timestamp: value('timestamp'),
      nonce: value('nonce_str'),
      body: [bytes.length - Buffer.byteLength(body), bytes.length],
    }
    return { bytes, spans }
  }

  const refused = async (bytes: Buffer, at: number, change: number): Promise<void> => {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ change
    const before = simulator.requests.length
    const { status, text } = await sendRaw(simulator, changed)
    // 400 is Node's: the bytes were no HTTP any more, and no request came to be.
    if (status === 400) expect(simulator.requests).toHaveLength(before)
    else expect(status).toBe(401)
    expect(text).not.toMatch(/wechatpay-signature/i)
    expect(simulator.requests.slice(before).every(({ verified }) => !verified)).toBe(true)
  }

  test.each(CALLS)('is accepted unchanged: $method $path', async (unchanged) => {
    const { text } = await sendRaw(simulator, compose(unchanged).bytes)
    expect(text).toMatch(/wechatpay-signature: /i)
    expect(simulator.requests.at(-1)?.verified).toBe(true)
  })

  test('is refused at every place', async () => {
    for (const one of CALLS) {
      const { bytes, spans } = compose(one)
      for (const region of REGIONS)
        for (let at = spans[region][0]; at < spans[region][1]; at++) await refused(bytes, at, 0x01)
    }
  })

  test('is refused whatever the change', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...CALLS),
      fc.constantFrom(...REGIONS),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (one, region, place, change) => {
        const { bytes, spans } = compose(one)
        const [start, end] = spans[region]
        fc.pre(end > start)
        await refused(bytes, start + (place % (end - start)), change)
      },
    )
    await fc.assert(property, { numRuns: 500 })
  })
})

describe('openssl', () => {
  withOpenssl('agrees that a recorded request is signed over the recorded message', async () => {
    await using simulator = await Simulator.start({ mode: 'certificate' })
    await call(simulator, 'POST', '/v3/security/echo', { json: { echo_message: '你好' } })
    const record = simulator.requests.at(-1)
    expect(record?.verified).toBe(true)
    const signature = /signature="([^"]+)"/.exec(record?.headers.authorization ?? '')?.[1] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    try {
      const file = (name: string, content: string | Buffer): string => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const key = file('key.pem', simulator.credentials.privateKey)
      const pub = join(folder, 'pub.pem')
      spawnSync('openssl', ['pkey', '-in', key, '-pubout', '-out', pub])
      const sig = file('signature', Buffer.from(signature, 'base64'))
      const verify = (message: string) =>
        spawnSync('openssl', ['dgst', '-sha256', '-verify', pub, '-signature', sig, file('message', message)])
      expect(verify(record?.message ?? '').stdout.toString()).toContain('Verified OK')
      expect(verify(`${record?.message}\n`).status).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
