import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { Agent } from 'undici'
import { Bill, Builder, Download, RequestError, VerificationError } from '../lib'
import { type BillServer, billServer } from './support/bill-server'
import { BILL, failing, folder, instanceOf, PACKED, placeFor } from './support/bill-stage'
import { certificateOf, credentials, merchant } from './support/keys'

describe('any returned address', () => {
  const tls = { key: merchant.pkcs8, cert: certificateOf(merchant.pkcs8, folder) }
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  afterAll(() => dispatcher.close())

  test('another host is asked over https without anything that says who asks', async () => {
    const foreign = await billServer((_, response) => response.end('%PDF-1.4'), tls)
    const instance = Builder.factory({ ...credentials, dispatcher, headers: { 'X-Mine': 'secret' } })
    const address = `${foreign.url}a%2Fb/..;x=1?token=%E4%B9%A6+%20"&b#here`
    expect(String(await Download.from(instance, address).buffer())).toBe('%PDF-1.4')
    const [request] = foreign.requests
    expect(request?.url).toBe('/a%2Fb/..;x=1?token=%E4%B9%A6+%20"&b')
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(['accept', 'connection', 'host', 'user-agent'])
    await Builder.driver(instance).close()
  })

  test("the configured origin gets the signature, and the caller's own headers", async () => {
    const server = await billServer((_, response) => response.end('x'))
    const instance = instanceOf(server, { headers: { 'X-Mine': 'mine' } })
    const { data, headers, verified } = await Builder.driver(instance).download(`${server.url}v3/a?b=1`)
    const chunks = []
    for await (const chunk of data) chunks.push(chunk)
    expect([String(Buffer.concat(chunks)), headers.get('content-length'), verified]).toEqual([
      'x',
      '1',
      false,
    ])
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: expect.stringMatching(/^WECHATPAY2-SHA256-RSA2048 /),
      'x-mine': 'mine',
    })
  })

  test.each([
    'http://example.com/file',
    'https://user:password@example.com/file',
    'https://example.com\\@api.mch.weixin.qq.com/',
    'ftp://example.com/file',
    '/v3/billdownload/file',
    'https://example.com/a b',
    'https://',
    '',
    7,
  ])('%j is not fetched', async (address) => {
    const instance = instanceOf(await billServer((_, response) => response.end()))
    const error = await failing(Download.from(instance, address as string).buffer())
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ delivery: 'not-sent' })
  })

  test('its token is in no error', async () => {
    const server = await billServer((_, response) => response.socket?.destroy())
    const error = await failing(Download.from(instanceOf(server), `${server.url}v3/file?token=hush`).buffer())
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('hush')
  })

  test('the ending of a file is not guessed: images, receipts and invoices are saved as they are', async () => {
    const server = await billServer((_, response) => response.end(PACKED))
    const { path, left } = placeFor('receipt')
    const saved = await Download.from(instanceOf(server), { url: `${server.url}a.pdf` }).save(path)
    expect(left()).toEqual(['receipt'])
    expect((await saved.buffer()).equals(PACKED)).toBe(true)
  })
})

describe('a hash', () => {
  const hashOf = (bytes: Buffer | string, type = 'sha1') => createHash(type).update(bytes).digest('hex')
  const fileOf = (bytes: Buffer): Promise<BillServer> => billServer((_, response) => response.end(bytes))
  const download = async (bytes: Buffer, hash_value: string, hash_type?: string): Promise<Download> => {
    const server = await fileOf(bytes)
    return Download.from(instanceOf(server), { url: `${server.url}v3/file`, hash_value, hash_type })
  }

  test.each([
    ['SHA256', 'sha256'],
    ['SHA-256', 'sha256'],
    ['sha1', 'sha1'],
    ['SM3', 'sm3'],
    [undefined, 'sha1'],
  ])('%s', async (type, algorithm) => {
    const bytes = randomBytes(100_000)
    const whole = await (await download(bytes, hashOf(bytes, algorithm), type)).buffer()
    expect(whole.equals(bytes)).toBe(true)
    const changed = Buffer.concat([bytes, Buffer.of(0)])
    const { path, left } = placeFor()
    const error = await failing((await download(changed, hashOf(bytes, algorithm), type)).save(path))
    expect(error).toBeInstanceOf(VerificationError)
    expect([error.reason, left()]).toEqual(['digest', []])
  })

  test.each(['stock_useflow_hash', 'stock_refundflow_hash'])('called %s', async (name) => {
    const server = await fileOf(PACKED)
    const from = (content: string) =>
      Bill.from(instanceOf(server), { url: `${server.url}v3/file`, ...{ [name]: hashOf(content) } })
    expect(String(await from(BILL).buffer())).toBe(BILL)
    expect(await failing(from(`${BILL} `).buffer())).toMatchObject({ reason: 'digest' })
  })

  test.each([
    ['what is in a packed file', BILL],
    ['the packed file', PACKED],
  ])('of %s: it stays packed', async (_, hashed) => {
    const { path } = placeFor('bill.csv.gz')
    const saved = await (await download(PACKED, hashOf(hashed))).save(path)
    expect(readFileSync(path)).toEqual(PACKED)
    expect(await saved.buffer()).toEqual(PACKED)
  })

  test('of a packed file that was cut, changed, or is another', async () => {
    const changed = Buffer.from(PACKED)
    changed[PACKED.length - 30] = (changed[PACKED.length - 30] as number) ^ 1
    const long = gzipSync(randomBytes(2_000_000))
    const damaged = Buffer.concat([long.subarray(0, 100_000), Buffer.alloc(100_000), long.subarray(200_000)])
    for (const bytes of [
      PACKED.subarray(0, -5),
      changed,
      gzipSync(`${BILL} `),
      damaged,
      PACKED.subarray(0, 2),
    ]) {
      const { path, left } = placeFor()
      const error = await failing((await download(bytes, hashOf(BILL))).save(path))
      expect([error.reason, left()]).toEqual(['digest', []])
    }
  })

  test('of a packed file that nobody reads to its end, or reads slowly', async () => {
    const content = Buffer.alloc(100_000_000, '`1,')
    const packed = gzipSync(content)
    const stream = (await download(packed, hashOf(content))).stream()
    await once(stream, 'readable')
    stream.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of (await download(packed, hashOf(content))).stream()) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      chunks.push(chunk as Buffer)
    }
    expect(Buffer.concat(chunks).equals(packed)).toBe(true)
  })
})
