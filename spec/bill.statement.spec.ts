import { createHash, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { Bill, TransportError, VerificationError } from '../lib'
import { type BillServer, billServer } from './support/bill-server'
import { failing, instanceOf, placeFor } from './support/bill-stage'
import { PUBLIC_KEY_ID, platform } from './support/keys'

const TITLES = '交易时间,公众账号ID,商户订单号,商品名称,结算币种,应结订单金额'
const ROW = '`2026-11-20 08:09:10,`wx2421b1c4370ec43b,`ORDER-1,`tea, "green"`,`HKD,`12.30\r\n'
const CSV = `${TITLES}\r\n${ROW.repeat(1000)}总笔数,总金额\r\n\`1000,\`12300.00\r\n`
const QUERY = { mchid: '1900000109', date: '20261120' } as const
const sha1Of = (text: string): string => createHash('sha1').update(text).digest('hex')

/** What the platform says of a statement: it signs the SHA-1 in a header, as JSON. */
function headersOf(sha1: string): Record<string, string> {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()]
  const message = Buffer.from(`${timestamp}\n${nonce}\n${JSON.stringify({ sha1 })}\n`)
  return {
    'Content-Type': 'text/plain',
    'Wechatpay-Statement-Sha1': sha1,
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': PUBLIC_KEY_ID,
    'Wechatpay-Signature': sign('sha256', message, platform.privateKey).toString('base64'),
  }
}

const served = (answer: (response: ServerResponse) => unknown): Promise<BillServer> =>
  billServer((_, response) => answer(response))
const gzip = { 'Content-Encoding': 'gzip' } as const

test.each([
  ['as text', {}, Buffer.from(CSV)],
  ['packed on its way', gzip, gzipSync(CSV)],
])('a statement, %s', async (_, headers, body) => {
  const server = await served((response) =>
    response.writeHead(200, { ...headersOf(sha1Of(CSV)), ...headers }).end(body),
  )
  const { path, left } = placeFor()
  const bill = Bill.statement(instanceOf(server), QUERY, 'hk/v3/statements')
  const saved = await bill.save(path)
  expect([left(), readFileSync(path, 'utf8') === CSV]).toEqual([['bill.csv'], true])
  let rows = 0
  for await (const row of saved) {
    expect(row).toMatchObject({ 商品名称: 'tea, "green"`', 应结订单金额: '12.30' })
    rows++
  }
  expect([rows, await bill.summary()]).toEqual([1000, { 总笔数: '1000', 总金额: '12300.00' }])
  expect(server.requests[0]?.url).toBe('/hk/v3/statements?mchid=1900000109&date=20261120')
})

describe('a statement that is not handed out, not a byte of it', () => {
  const half = CSV.slice(0, CSV.length / 2)
  const { 'Wechatpay-Signature': _, ...unsigned } = headersOf(sha1Of(CSV))

  test.each<[string, (response: ServerResponse) => unknown, object]>([
    [
      'of another hash',
      (response) => response.writeHead(200, headersOf(sha1Of(half))).end(CSV),
      { reason: 'digest' },
    ],
    [
      'cut where only the hash tells',
      (response) => response.writeHead(200, headersOf(sha1Of(CSV))).end(half),
      { reason: 'digest' },
    ],
    [
      'whose hash was changed with it',
      (response) =>
        response
          .writeHead(200, { ...headersOf(sha1Of(CSV)), 'Wechatpay-Statement-Sha1': sha1Of(half) })
          .end(half),
      { reason: 'signature' },
    ],
    ['not signed', (response) => response.writeHead(200, unsigned).end(CSV), { reason: 'headers' }],
    [
      'cut on its way',
      (response) => {
        response.writeHead(200, { ...headersOf(sha1Of(CSV)), 'Content-Length': CSV.length })
        response.write(half, () => response.destroy())
      },
      { code: 'UND_ERR_SOCKET' },
    ],
    [
      'that cannot be unpacked',
      (response) => response.writeHead(200, { ...headersOf(sha1Of(CSV)), ...gzip }).end(half),
      { code: 'ERR_DECODE' },
    ],
  ])('%s', async (_, answer, expected) => {
    const instance = instanceOf(await served(answer), { retry: false })
    const { path, left } = placeFor()
    const error = await failing(Bill.statement(instance, QUERY).save(path))
    expect(error).toBeInstanceOf('reason' in expected ? VerificationError : TransportError)
    expect([error, left()]).toEqual([expect.objectContaining(expected), []])
    const read: unknown[] = []
    const reading = async () => {
      for await (const row of Bill.statement(instance, QUERY)) read.push(row)
    }
    expect([await failing(reading()), read]).toEqual([expect.objectContaining(expected), []])
  })
})
