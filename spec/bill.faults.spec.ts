import { spawnSync } from 'node:child_process'
import { createCipheriv, publicEncrypt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Agent } from 'undici'
import { ApiError, Bill, Builder, Download, RequestError, TransportError, VerificationError } from '../lib'
import { announce, type BillServer, billOf, billServer, signed } from './support/bill-server'
import { certificateOf, credentials, merchant, temporaryFolder } from './support/keys'

const folder = temporaryFolder()
const DAY = { bill_date: '2026-11-20' } as const
const FUNDS =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号'
const ROW = '`2026-11-20 08:09:10,`50,`42,`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF42\r\n'
const SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1,`0,`0.00,`1,`0.02\r\n'
const BILL = `${FUNDS}\r\n${ROW.repeat(2000)}${SUMMARY}`
const PACKED = gzipSync(BILL)

const closers: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(closers.map((close) => close())))

function instanceOf({ config }: BillServer, changes = {}) {
  const instance = Builder.factory({ ...config, ...changes })
  closers.push(() => Builder.driver(instance).close())
  return instance
}

const failing = (promise: Promise<unknown>): Promise<Error & { code?: string; reason?: string }> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: Error) => error,
  )

/** A folder of its own for a file, so that what is left behind shows. */
let count = 0
function placeFor(name = 'bill.csv'): { readonly path: string; readonly left: () => string[] } {
  const place = join(folder, `place-${++count}`)
  mkdirSync(place)
  return { path: join(place, name), left: () => readdirSync(place) }
}

async function rowsOf(bill: Bill): Promise<number> {
  let rows = 0
  for await (const _ of bill) rows++
  return rows
}

const file = (bytes: Buffer | string) => (_: unknown, response: ServerResponse) => response.end(bytes)

/** Every way to have a bill fails alike, and leaves nothing. */
async function expectFailure(
  server: BillServer,
  expected: object,
  type: abstract new (...args: never[]) => Error,
) {
  const instance = instanceOf(server, { timeout: 500 })
  const { path, left } = placeFor()
  const errors = [
    await failing(Bill.fundflow(instance, DAY).save(path)),
    await failing(rowsOf(Bill.fundflow(instance, DAY))),
    await failing(Bill.fundflow(instance, DAY).summary()),
    await failing(Bill.fundflow(instance, DAY).buffer()),
  ]
  for (const error of errors) {
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject(expected)
  }
  expect(left()).toEqual([])
  return errors
}

describe('a bill on its way', () => {
  test.each([
    ['packed', PACKED],
    ['as text', BILL],
  ])('%s', async (_, bytes) => {
    const server = await billOf(BILL, file(bytes))
    const instance = instanceOf(server)
    const { path, left } = placeFor()
    const progress: { received: number; total: number | undefined }[] = []
    const saved = await Bill.fundflow(instance, DAY).save(path, { onProgress: (each) => progress.push(each) })
    expect(readFileSync(path, 'utf8')).toBe(BILL)
    expect(left()).toEqual(['bill.csv'])
    const total = Buffer.byteLength(bytes)
    expect(progress.at(-1)).toEqual({ received: total, total })
    expect(await rowsOf(saved)).toBe(2000)
    const bill = Bill.fundflow(instance, DAY)
    expect(await rowsOf(bill)).toBe(2000)
    const asked = server.requests.length
    expect(await bill.summary()).toMatchObject({ 支出金额: '0.02' })
    expect(server.requests).toHaveLength(asked)
    expect(String(await bill.buffer())).toBe(BILL)
    expect(server.requests[0]?.url).toBe('/v3/bill/fundflowbill?tar_type=GZIP&bill_date=2026-11-20')
  })

  test('the hash is written in capitals, and the file has a Content-Encoding', async () => {
    const server = await billServer((request, response, url) => {
      if (!request.url?.startsWith('/v3/billdownload/')) return announce(response, url, BILL)
      response.setHeader('Content-Encoding', 'gzip')
      response.end(gzipSync(PACKED))
    })
    const bill = Bill.from(instanceOf(server), async (options) => {
      const { data } = await Builder.driver(instanceOf(server)).request<{ hash_value: string }>(
        'get',
        'v3/x',
        options,
      )
      return { ...data, hash_value: data.hash_value.toUpperCase() }
    })
    expect(await rowsOf(bill)).toBe(2000)
  })

  test('a loop that is left ends the download, and so does a stream that nobody wants', async () => {
    const closed: Promise<unknown>[] = []
    const server = await billOf(BILL, (request, response) => {
      closed.push(new Promise((resolve) => request.socket.once('close', resolve)))
      response.write(BILL.slice(0, 100_000))
    })
    const instance = instanceOf(server)
    for await (const row of Bill.fundflow(instance, DAY)) {
      expect(row.业务凭证号).toBe('REF42')
      break
    }
    const stream = Bill.fundflow(instance, DAY).stream()
    await once(stream, 'readable')
    stream.destroy()
    expect(await Promise.all(closed)).toHaveLength(2)
  })
})

describe('what can go wrong', () => {
  test('another hash', async () => {
    const server = await billServer((request, response, url) => {
      if (request.url?.startsWith('/v3/billdownload/')) response.end(PACKED)
      else announce(response, url, `${BILL} `)
    })
    await expectFailure(
      server,
      { code: 'ERR_VERIFICATION_DIGEST', reason: 'digest', delivery: 'delivered' },
      VerificationError,
    )
  })

  test('another hash, and what came is no bill: the hash is what is told', async () => {
    const server = await billOf(BILL, file('<html>'))
    await expectFailure(server, { reason: 'digest' }, VerificationError)
  })

  test('a hash that cannot be checked', async () => {
    const server = await billServer((request, response, url) => {
      if (request.url?.startsWith('/v3/billdownload/')) response.end(BILL)
      else
        signed(response, { hash_type: 'CRC32', hash_value: '00', download_url: `${url}v3/billdownload/file` })
    })
    await expectFailure(server, { reason: 'digest' }, VerificationError)
  })

  test('a stream that is cut', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.setHeader('Content-Length', BILL.length)
      response.write(BILL.slice(0, 50_000), () => response.destroy())
    })
    await expectFailure(server, { code: 'UND_ERR_SOCKET' }, TransportError)
  })

  test('a packed file that is cut', async () => {
    const server = await billOf(BILL, file(PACKED.subarray(0, PACKED.length - 12)))
    await expectFailure(server, { code: 'ERR_DECODE' }, TransportError)
  })

  test('a Content-Encoding that is not what came', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.setHeader('Content-Encoding', 'gzip')
      response.end(BILL)
    })
    await expectFailure(server, { code: 'ERR_DECODE' }, TransportError)
  })

  test('silence', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.write(BILL.slice(0, 1000))
    })
    await expectFailure(server, { code: 'UND_ERR_BODY_TIMEOUT' }, TransportError)
  })

  test('no answer at all', async () => {
    const server = await billOf(BILL, () => {})
    await expectFailure(server, { code: 'ERR_TIMEOUT' }, TransportError)
  })

  test('a bill that does not exist yet', async () => {
    const server = await billServer((_, response) =>
      signed(response, { code: 'NO_STATEMENT_EXIST', message: '账单文件不存在' }, 400),
    )
    const expected = { code: 'NO_STATEMENT_EXIST', status: 400, verified: true }
    const [error] = await expectFailure(server, expected, ApiError)
    expect(error?.message).toMatch(/账单文件不存在.*9:00.*10:00/)
  })

  test('an address that leads nowhere any more', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' })
      response.end('{"code":"RESOURCE_NOT_EXISTS","message":"文件不存在"}')
    })
    await expectFailure(server, { code: 'RESOURCE_NOT_EXISTS', status: 404 }, ApiError)
  })

  test('a redirect', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.writeHead(302, { Location: 'https://example.com/' })
      response.end()
    })
    await expectFailure(server, { code: 'HTTP_302' }, ApiError)
  })

  test('an answer without an address', async () => {
    const server = await billServer((_, response) => signed(response, {}))
    await expectFailure(server, { code: 'ERR_REQUEST', field: 'answer' }, RequestError)
  })

  test('a small file that is packed to hold anything', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, '`1,'))
    const server = await billOf(BILL, file(bomb))
    const instance = instanceOf(server)
    const { path, left } = placeFor()
    const limited = { limit: 1_000_000 }
    expect(await failing(Bill.fundflow(instance, DAY).save(path, limited))).toMatchObject({
      code: 'ERR_TOO_LARGE',
    })
    expect(await failing(Bill.fundflow(instance, DAY).buffer(limited))).toMatchObject({
      code: 'ERR_TOO_LARGE',
    })
    expect(left()).toEqual([])
    // In its rows it is a line without end.
    expect(await failing(rowsOf(Bill.fundflow(instance, DAY)))).toMatchObject({ code: 'ERR_BILL' })
  })

  test('a caller who gives up, and one whose callback throws', async () => {
    const server = await billOf(BILL, (_, response) => {
      response.write(BILL.slice(0, 1000))
    })
    const instance = instanceOf(server)
    const { path, left } = placeFor()
    const aborter = new AbortController()
    const onProgress = () => aborter.abort(new Error('enough'))
    const saving = failing(Bill.fundflow(instance, DAY).save(path, { signal: aborter.signal, onProgress }))
    expect(await saving).toMatchObject({ code: 'ERR_ABORTED' })
    expect(await saving).toBeInstanceOf(TransportError)
    const early = { signal: AbortSignal.abort() }
    expect(await failing(Bill.fundflow(instance, DAY).save(path, early))).toMatchObject({
      code: 'ERR_ABORTED',
    })
    const failure = () => {
      throw new Error('mine')
    }
    const broken = await failing(Bill.fundflow(instance, DAY).save(path, { onProgress: failure }))
    expect(broken).toMatchObject({ code: 'ERR_REQUEST', field: 'onProgress' })
    expect(left()).toEqual([])
  })

  test('a misspelt option, an impossible limit, a path that is none', async () => {
    const bill = Bill.fundflow(instanceOf(await billOf(BILL, file(BILL))), DAY)
    const misspelt = { onprogress: () => {} } as object
    expect(() => bill.stream(misspelt)).toThrow(/onprogress.*onProgress/)
    expect(() => bill.stream({ limit: Number.NaN })).toThrow(RequestError)
    expect(() => bill.stream({ timeout: 10, limit: 5 }).destroy()).not.toThrow()
    for (const path of ['', 'a\0b']) expect(await failing(bill.save(path))).toBeInstanceOf(RequestError)
    expect(await failing(bill.save(join(folder, 'no', 'such', 'folder')))).toMatchObject({ code: 'ERR_SINK' })
  })

  test('a file that was there stays as it was', async () => {
    const { path, left } = placeFor()
    writeFileSync(path, 'mine')
    const server = await billOf(BILL, file(PACKED.subarray(0, 100)))
    expect(await failing(Bill.fundflow(instanceOf(server), DAY).save(path))).toBeInstanceOf(TransportError)
    expect([left(), readFileSync(path, 'utf8')]).toEqual([['bill.csv'], 'mine'])
  })
})

test('a bill without a hash, cut where nothing but its summary tells', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n'
  for (const length of [BILL.length, BILL.length - SUMMARY.length]) {
    const server = await billServer((request) => request.socket.end(head + BILL.slice(0, length)))
    const instance = instanceOf(server, { secret: '192006250b4c09247ec02edce69f6a2d' })
    const fields = { appid: 'wx1', mch_id: server.config.mchid, bill_date: '20261120' }
    const { path, left } = placeFor()
    const error = await Bill.v2(instance, fields)
      .save(path)
      .catch((reason: unknown) => reason)
    if (length === BILL.length) expect(readFileSync(path, 'utf8')).toBe(BILL)
    else expect([left(), error]).toEqual([[], expect.objectContaining({ code: 'ERR_BILL' })])
    if (length === BILL.length) expect(await rowsOf(Bill.v2(instance, fields))).toBe(2000)
  }
})

test('a full disk', async () => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  const small = ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]
  if (spawnSync('mount', small).status !== 0) {
    console.warn('not run, for this process may not mount a small tmpfs')
    return
  }
  try {
    const server = await billOf(BILL, file(PACKED))
    const error = await failing(Bill.fundflow(instanceOf(server), DAY).save(join(disk, 'bill.csv')))
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'ERR_SINK', delivery: 'delivered' })
    expect(error.message).toContain('ENOSPC')
    expect(readdirSync(disk)).toEqual([])
  } finally {
    spawnSync('umount', [disk])
  }
})

describe('a bill in encrypted parts', () => {
  const key = Buffer.from('0123456789abcdef0123456789ABCDEF')
  const seal = (content: string | Buffer, nonce: string): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(nonce))
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
  }
  const half = Math.floor(BILL.length / 2)
  const halves = [BILL.slice(0, half), BILL.slice(half)]
  const encrypt_key = publicEncrypt({ key: merchant.publicKey, oaepHash: 'sha1' }, key).toString('base64')
  const list = (url: string) =>
    [2, 1].map((bill_sequence) => ({
      bill_sequence,
      download_url: `${url}v3/billdownload/file?part=${bill_sequence}`,
      encrypt_key,
      nonce: `nonce-${bill_sequence}`,
      hash_type: 'SHA1',
      hash_value: '',
    }))
  const server = (
    part: (index: number) => Buffer,
    announcement = (url: string): object => ({ download_bill_count: 2, download_bill_list: list(url) }),
  ) =>
    billServer((request, response, url) => {
      const [, index] = /part=(\d)/.exec(request.url ?? '') ?? []
      if (index) response.end(part(Number(index)))
      else signed(response, announcement(url))
    })
  const query = { ...DAY, sub_mchid: '1900000110', account_type: 'BASIC' } as const
  const good = (index: number) => seal(gzipSync(halves[index - 1] as string), `nonce-${index}`)

  test('is decrypted, unpacked and joined', async () => {
    const platform = await server(good)
    const { path } = placeFor()
    const saved = await Bill.subMerchantFundflow(instanceOf(platform), query).save(path)
    expect(readFileSync(path, 'utf8')).toBe(BILL)
    expect(await rowsOf(saved)).toBe(2000)
    expect(platform.requests[0]?.url).toContain('algorithm=AEAD_AES_256_GCM')
    expect(await rowsOf(Bill.ecommerceFundflow(instanceOf(platform), DAY))).toBe(2000)
  })

  test('is asked for again when the address of a later part has grown old', async () => {
    const platform = await server(good)
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    const bill = Bill.subMerchantFundflow(instanceOf(platform), query)
    const onProgress = () => clock.mockReturnValue(start + 250_000)
    expect(String(await bill.buffer({ onProgress }))).toBe(BILL)
    clock.mockRestore()
    expect(platform.requests.map(({ url }) => url?.split('?')[0])).toEqual(
      Array(2).fill(['/v3/bill/sub-merchant-fundflowbill', '/v3/billdownload/file']).flat(),
    )
  })

  test('a part that was changed, cut or encrypted with another key', async () => {
    const changed = good(2)
    changed[100] = (changed[100] as number) ^ 1
    for (const second of [
      changed,
      good(2).subarray(0, -20),
      good(2).subarray(0, 3),
      seal(halves[1] as string, 'x'),
    ]) {
      const platform = await server((index) => (index === 1 ? good(1) : second))
      const { path, left } = placeFor()
      const error = await failing(Bill.subMerchantFundflow(instanceOf(platform), query).save(path))
      expect(['ERR_VERIFICATION_DECRYPT', 'ERR_DECODE']).toContain(error.code)
      expect(left()).toEqual([])
    }
  })

  test.each([
    ['a part that is missing', (url: string) => ({ download_bill_count: 3, download_bill_list: list(url) })],
    ['a part that is there twice', (url: string) => ({ download_bill_list: [list(url)[0], list(url)[0]] })],
    ['no parts', () => ({ download_bill_list: [] })],
  ])('%s', async (_, announcement) => {
    const platform = await server(good, announcement)
    expect(await failing(rowsOf(Bill.subMerchantFundflow(instanceOf(platform), query)))).toBeInstanceOf(
      RequestError,
    )
  })

  test('a key that is none', async () => {
    const short = publicEncrypt({ key: merchant.publicKey, oaepHash: 'sha1' }, Buffer.from('short')).toString(
      'base64',
    )
    for (const encrypt of [short, 'nonsense']) {
      const platform = await server(good, (url) => ({
        download_bill_list: [{ ...list(url)[1], encrypt_key: encrypt }],
      }))
      const error = await failing(rowsOf(Bill.subMerchantFundflow(instanceOf(platform), query)))
      expect(error).toMatchObject({ code: 'ERR_VERIFICATION_DECRYPT' })
    }
  })
})

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
