import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ApiError, Bill, Builder, RequestError, TransportError, VerificationError } from '../lib'
import { announce, type BillServer, billOf, billServer, signed } from './support/bill-server'
import {
  BILL,
  DAY,
  failing,
  file,
  folder,
  instanceOf,
  PACKED,
  placeFor,
  rowsOf,
  SUMMARY,
} from './support/bill-stage'

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

  test('a packed file that is damaged in its middle', async () => {
    const content = randomBytes(1_500_000).toString('base64')
    const packed = gzipSync(content)
    packed.fill(0, 500_000, 600_000)
    const server = await billOf(content, file(packed))
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

test.each([
  ['of a known length', `Content-Length: ${Buffer.byteLength(BILL)}`],
  ['of any length', 'X-Nothing: special'],
])('a file %s, whose connection ends with it', async (_, header) => {
  const head = `HTTP/1.1 200 OK\r\n${header}\r\nConnection: close\r\n\r\n`
  const server = await billOf(BILL, (request) => request.socket.end(head + BILL))
  const stream = Bill.fundflow(instanceOf(server), DAY).stream()
  await once(stream, 'readable')
  // Nobody reads while the connection ends.
  await new Promise((resolve) => setTimeout(resolve, 100))
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  expect(String(Buffer.concat(chunks))).toBe(BILL)
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

const [MOUNT, UNMOUNT] = ['mount', 'umount'] as const

test('a full disk', async () => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  const small = ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk]
  if (spawnSync(MOUNT, small).status !== 0) {
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
    spawnSync(UNMOUNT, [disk])
  }
})
