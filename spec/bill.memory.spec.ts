import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { BillReport, BillTask } from './support/bill-child'
import { announce, type BillServer, billServer, signed } from './support/bill-server'
import { temporaryFolder } from './support/keys'
import { runProcess } from './support/process'

const MEGABYTE = 1024 * 1024
const CHILD = resolve(__dirname, 'support/bill-child.ts')
const LIMIT = 150_000
/** 100 MB are allowed; what is not needed may not stay unnoticed. */
const MOST = 80 * MEGABYTE
const folder = temporaryFolder()

const TITLES =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n'
const ROW =
  '`2026-11-20 06:31:47,`wx2421b1c4370ec43b,`1900000109,`0,`,`4200000847202011292350163513,`order20201129222831402957,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`0,`0,`0.00,`0.00,`,`,`a book, and tea,`1,`0.00000,`0.60%,`0.01,`0.00,`\r\n'
const sums = (rows: number): string =>
  `总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\`${rows},\`0.00,\`0.00,\`0.00,\`0.00000,\`0.00,\`0.00\r\n`

/** A thousand rows, of which no two are alike: real bills do not pack to nothing. */
const BLOCK = Array.from({ length: 1000 }, () =>
  ROW.replace('20201129222831402957', () => String(randomInt(1e14)).padStart(20, '0')).replace(
    'MuAJO_M2pxb1Q9zNjWeS6o',
    () => randomBytes(16).toString('base64url'),
  ),
)

/** A bill of many rows, in pieces. */
function* billOf(rows: number): Generator<Buffer> {
  yield Buffer.from(TITLES)
  const block = Buffer.from(BLOCK.join(''))
  for (let left = rows; left > 0; left -= 1000)
    yield left >= 1000 ? block : Buffer.from(BLOCK.slice(0, left).join(''))
  yield Buffer.from(sums(rows))
}

function hashOf(rows: number): string {
  const hash = createHash('sha1')
  for (const piece of billOf(rows)) hash.update(piece)
  return hash.digest('hex')
}

const send = (response: ServerResponse, rows: number): void => {
  pipeline(Readable.from(billOf(rows)), createGzip({ level: 1 }), response).catch(() => {})
}

/** A platform with a short bill, and a long one. */
function platformWith(rows: number, deliver = send): Promise<BillServer> {
  const hash_value = hashOf(rows)
  return billServer((request, response, url) => {
    if (request.url?.includes('token=x')) response.end(`${TITLES}${sums(0)}`)
    else if (request.url?.includes('token=long')) deliver(response, rows)
    else if (request.url?.includes('bill_date=short')) announce(response, url, `${TITLES}${sums(0)}`)
    else
      signed(response, {
        hash_type: 'SHA1',
        hash_value,
        download_url: `${url}v3/billdownload/file?token=long`,
      })
  })
}

async function report(task: BillTask): Promise<BillReport> {
  const { code, stdout, stderr } = await runProcess(CHILD, { input: JSON.stringify(task), limit: LIMIT })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as BillReport
}

test(
  'a bill of 200 MB is saved in less than 100 MB of memory',
  async () => {
    const rows = Math.ceil((200 * MEGABYTE) / Buffer.byteLength(ROW))
    const { config } = await platformWith(rows)
    const path = join(folder, 'long.csv')
    const { grown } = await report({ config, path })
    expect(statSync(path).size).toBeGreaterThan(200 * MEGABYTE)
    expect(grown).toBeLessThanOrEqual(MOST)
  },
  LIMIT + 10_000,
)

test(
  'a million rows are read in less than 100 MB of memory',
  async () => {
    const { config } = await platformWith(1_000_000)
    const { rows, grown, summary } = await report({ config })
    expect(rows).toBe(1_000_000)
    expect(summary).toMatchObject({ 总交易单数: '1000000' })
    expect(grown).toBeLessThanOrEqual(MOST)
  },
  LIMIT + 10_000,
)

test('a process that is killed while it saves leaves nothing that could be taken for a bill', async () => {
  // The rest of it never comes.
  const { config } = await platformWith(10_000, (response) => {
    response.write(Buffer.concat([...billOf(10_000)].slice(0, -1)))
  })
  const place = join(folder, 'killed')
  mkdirSync(place)
  const path = join(place, 'bill.csv')
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(child, 'exit')
  child.stdin.end(JSON.stringify({ config, path }))
  const written = (): number =>
    readdirSync(place).reduce((sum, name) => sum + statSync(join(place, name)).size, 0)
  for (let tries = 0; tries < 600 && written() < MEGABYTE; tries++)
    await new Promise((done) => setTimeout(done, 50))
  expect(written()).toBeGreaterThanOrEqual(MEGABYTE)
  child.kill('SIGKILL')
  expect((await ended)[1]).toBe('SIGKILL')
  const left = readdirSync(place)
  expect(left).toHaveLength(1)
  expect(left[0]).toMatch(/^bill\.csv\.[\da-f-]{36}\.wechatpay\.part$/)
}, 60_000)
