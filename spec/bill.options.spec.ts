import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import {
  ApiError,
  Bill,
  type BillRow,
  Download,
  RequestError,
  TransportError,
  VerificationError,
} from '../lib'
import { operations } from '../lib/catalogue'
import { type BillServer, billOf, billServer, signed } from './support/bill-server'
import { BILL, DAY, failing, file, instanceOf, placeFor, rowsOf } from './support/bill-stage'

const sha1 = createHash('sha1').update(BILL).digest('hex')

describe('what cannot be asked for', () => {
  test.each([undefined, null, 20261120, new Date(), ''])('a bill of the day %p', async (bill_date) => {
    const server = await billOf(BILL, file(BILL))
    const query = { bill_date } as typeof DAY
    const refused = expect.objectContaining({ name: 'RequestError', field: 'bill_date' })
    expect(() => Bill.trade(instanceOf(server), query)).toThrow(refused)
    expect(() => Bill.ecommerceFundflow(instanceOf(server), query)).toThrow(refused)
    expect(() => Bill.fundflow(instanceOf(server), null as unknown as typeof DAY)).toThrow(refused)
    expect(server.requests).toEqual([])
  })

  test.each([
    ['signal', { signal: 5 }],
    ['signal', { signal: {} }],
    ['signal', { signal: new EventTarget() }],
    ['onProgress', { onProgress: true }],
    ['limit', { limit: '5' }],
    ['limit', { limit: -1 }],
    ['options', null],
    ['options', []],
  ])('%s: %j', async (field, given) => {
    const server = await billOf(BILL, file(BILL))
    const options = given as object
    const bill = Bill.fundflow(instanceOf(server), DAY)
    const { path, left } = placeFor()
    for (const attempt of [bill.buffer(options), bill.save(path, options), bill.summary(options)]) {
      const error = await failing(attempt)
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({ field })
    }
    expect([server.requests, left()]).toEqual([[], []])
  })

  test('what is left out, is', async () => {
    const bill = Bill.fundflow(instanceOf(await billOf(BILL, file(BILL))), DAY)
    const none = { signal: null, limit: undefined, onProgress: null, timeout: undefined } as object
    expect(String(await bill.buffer(none))).toBe(BILL)
  })
})

describe('a caller who gives up', () => {
  test('in a loop over rows that have all come', async () => {
    const bill = Bill.fundflow(instanceOf(await billOf(BILL, file(BILL))), DAY)
    const aborter = new AbortController()
    const rows: BillRow[] = []
    const reading = async () => {
      for await (const row of bill.rows({ signal: aborter.signal }))
        if (rows.push(row) === 3) aborter.abort(new Error('enough'))
    }
    const error = await failing(reading())
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } })
    expect(rows).toHaveLength(3)
  })

  test('of a bill on a disk', async () => {
    const { path } = placeFor()
    writeFileSync(path, BILL.repeat(20))
    const aborter = new AbortController()
    const options = { signal: aborter.signal, onProgress: () => aborter.abort() }
    expect(await failing(Bill.file(path).buffer(options))).toMatchObject({ code: 'ERR_ABORTED' })
    expect(await failing(Bill.file(path).buffer({ signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ERR_ABORTED',
    })
  })

  test("by another implementation's signal, to which nothing listens in the end", async () => {
    const server = await billOf(BILL, (_, response) => {
      response.write(BILL.slice(0, 1000))
    })
    const bill = Bill.fundflow(instanceOf(server), DAY)
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      reason: new Error('enough'),
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    }
    const onProgress = () => {
      signal.aborted = true
      for (const listener of listeners) listener()
    }
    const options = { signal: signal as unknown as AbortSignal, onProgress }
    expect(await failing(bill.buffer(options))).toMatchObject({ code: 'ERR_ABORTED' })
    expect(listeners.size).toBe(0)
  })
})

describe('what an answer may say', () => {
  const announcing = (part: object): Promise<BillServer> =>
    billServer((request, response, url) => {
      if (request.url?.startsWith('/v3/billdownload/')) response.end(BILL)
      else signed(response, { download_url: `${url}v3/billdownload/file`, hash_value: sha1, ...part })
    })

  test.each([undefined, null, ''])('no hash_type (%p): SHA1', async (hash_type) => {
    const server = await announcing({ hash_type })
    expect(await rowsOf(Bill.fundflow(instanceOf(server), DAY))).toBe(2000)
  })

  test.each([
    { hash_type: 5 },
    { hash_type: {} },
    { hash_type: 'constructor' },
    { hash_value: 5 },
    { hash_value: sha1.slice(2) },
    { hash_value: { toLowerCase: 1 } },
  ])('%j: cannot be right', async (part) => {
    const server = await announcing(part)
    const { path, left } = placeFor()
    const error = await failing(Bill.fundflow(instanceOf(server), DAY).save(path))
    expect(error).toBeInstanceOf(VerificationError)
    expect([error, left()]).toEqual([
      expect.objectContaining({ reason: 'digest', delivery: 'delivered' }),
      [],
    ])
  })

  test.each([[[null]], [['https://example.com/']], ['x'], [[{ bill_sequence: 1 }]]])(
    'parts that are none: %j',
    async (download_bill_list) => {
      const server = await announcing({ download_bill_list })
      const { path, left } = placeFor()
      const error = await failing(Bill.fundflow(instanceOf(server), DAY).save(path))
      expect(error).toBeInstanceOf(RequestError)
      expect([error, left()]).toEqual([expect.objectContaining({ field: 'answer' }), []])
    },
  )

  test('a failure of whoever asks for it is told as it is', async () => {
    const mine = new Error('mine')
    const download = Download.from(instanceOf(await announcing({})), () => Promise.reject(mine))
    const { path, left } = placeFor()
    expect([await failing(download.save(path)), await failing(download.buffer()), left()]).toEqual([
      mine,
      mine,
      [],
    ])
  })
})

test.each([202, 204, 206])('an address that answers %i has no file', async (status) => {
  const server = await billServer((_, response) => {
    response.writeHead(status)
    response.end(status === 204 ? undefined : '%PDF-')
  })
  const { path, left } = placeFor('receipt.pdf')
  const error = await failing(Download.from(instanceOf(server), `${server.url}v3/receipt`).save(path))
  expect(error).toBeInstanceOf(ApiError)
  expect([error, left()]).toEqual([expect.objectContaining({ code: `HTTP_${status}`, status }), []])
})

describe('what is not to be signed', () => {
  const open = operations().filter(({ unsignedRequest }) => unsignedRequest)

  test('is one operation', () => {
    expect(open).toHaveLength(1)
  })

  test.each(open.map(({ path = '' }) => path))('%s, not even for the configured origin', async (path) => {
    const server = await billServer((_, response) => response.end('%PDF-'))
    const instance = instanceOf(server, { headers: { 'X-Mine': 'secret' } })
    for (const address of [`${server.url}${path.slice(1)}?token=x`, `${server.url}v3/other?token=x`])
      expect(String(await Download.from(instance, address).buffer())).toBe('%PDF-')
    const [bare, signed] = server.requests.map(({ headers }) => headers)
    expect(Object.keys(bare ?? {}).sort()).toEqual(['accept', 'connection', 'host', 'user-agent'])
    expect(signed).toHaveProperty('authorization')
  })
})
