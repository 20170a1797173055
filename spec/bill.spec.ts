import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from 'undici'
import { ApiError, Bill, type BillRow, Builder, Download, type Instance } from '../lib'
import { Simulator } from '../lib/simulator'
import { temporaryFolder } from './support/keys'

const folder = temporaryFolder()
const APPID = 'wx2421b1c4370ec43b'
/** 2026-11-21 15:04:05 in China. */
const NOW = Date.UTC(2026, 10, 21, 7, 4, 5)
const TODAY = '2026-11-21'
const COMPACT = '20261121'

let simulator: Simulator
let dispatcher: Agent
let instance: Instance

const DESCRIPTIONS = [
  'a book',
  'tea, green',
  '"quoted"',
  'a `tick`',
  '书,`本`',
  ',',
  "it's 100% 'x'",
  '🧋奶茶',
]

async function all<Row extends BillRow>(bill: Bill<Row>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of bill) rows.push(row)
  return rows
}

beforeAll(async () => {
  simulator = await Simulator.start({ tls: true, now: () => NOW })
  const { merchant, ...credentials } = simulator.credentials
  dispatcher = new Agent({ connect: { ...merchant, ca: simulator.ca ?? '' } })
  jest.spyOn(Date, 'now').mockReturnValue(NOW)
  instance = Builder.factory({ ...credentials, base_uri: String(simulator.secureUrl), dispatcher })
  const { mchid } = credentials
  const shop = { appid: APPID, mchid, notify_url: 'https://www.example.com/notify' }
  for (const [index, description] of DESCRIPTIONS.entries()) {
    const out_trade_no = `ORDER-${index}`
    const order = {
      ...shop,
      out_trade_no,
      description,
      attach: `a, "b" ${index}`,
      amount: { total: 100 + index },
    }
    await instance.v3.pay.transactions.native.post({ json: order })
    simulator.pay(out_trade_no)
  }
  const amount = { refund: 30, total: 100, currency: 'CNY' as const }
  await instance.v3.refund.domestic.refunds.post({
    json: { out_trade_no: 'ORDER-0', out_refund_no: 'REFUND-0', amount },
  })
})

afterAll(async () => {
  jest.restoreAllMocks()
  await Builder.driver(instance).close()
  await dispatcher.close()
  await simulator.close()
})

describe('every row of the ledger comes back', () => {
  const expected = DESCRIPTIONS.map((description, index) => ({
    公众账号ID: APPID,
    商户订单号: `ORDER-${index}`,
    交易状态: 'SUCCESS',
    订单金额: `1.0${index}`,
    应结订单金额: `1.0${index}`,
    商品名称: description,
    商户数据包: `a, "b" ${index}`,
    费率: '0.00%',
    手续费: '0.00000',
    交易时间: '2026-11-21 15:04:05',
  }))
  const refund = { 商户退款单号: 'REFUND-0', 退款金额: '0.30', 订单金额: '0.00', 交易状态: 'REFUND' }

  test.each([
    ['APIv3', () => Bill.trade(instance, { bill_date: TODAY })],
    ['APIv3, not packed', () => Bill.trade(instance, { bill_date: TODAY, tar_type: undefined })],
    [
      'APIv2',
      () => Bill.v2(instance, { appid: APPID, mch_id: simulator.credentials.mchid, bill_date: COMPACT }),
    ],
  ])('%s: ALL', async (_, open) => {
    const bill = open()
    const rows = await all(bill)
    expect(rows).toMatchObject([...expected, { ...refund, 商品名称: 'a book' }])
    expect(Object.keys(rows[0] ?? {})).toHaveLength(27)
    expect(await bill.summary()).toEqual({
      总交易单数: '9',
      应结订单总金额: '8.28',
      退款总金额: '0.30',
      充值券退款总金额: '0.00',
      手续费总金额: '0.00000',
      订单总金额: '8.28',
      申请退款总金额: '0.30',
    })
  })

  test('SUCCESS and REFUND', async () => {
    const paid = await all(Bill.trade(instance, { bill_date: TODAY, bill_type: 'SUCCESS' }))
    expect(paid).toMatchObject(expected)
    expect(paid[0]).not.toHaveProperty('退款金额')
    const [back, ...none] = await all(Bill.trade(instance, { bill_date: TODAY, bill_type: 'REFUND' }))
    expect(back).toMatchObject({ ...refund, 退款申请时间: '2026-11-21 15:04:05', 退款状态: 'SUCCESS' })
    expect(none).toEqual([])
  })

  test.each([
    ['APIv3', () => Bill.fundflow(instance, { bill_date: TODAY })],
    [
      'APIv2',
      () =>
        Bill.v2(instance, {
          appid: APPID,
          mch_id: simulator.credentials.mchid,
          bill_date: COMPACT,
          account_type: 'Basic',
        }),
    ],
  ])('%s: funds', async (_, open) => {
    const bill = open()
    const rows = await all(bill)
    expect(rows.map((row) => row.业务凭证号)).toEqual([...expected.map((row) => row.商户订单号), 'REFUND-0'])
    expect(rows.at(-1)).toMatchObject({ 收支类型: '支出', '收支金额(元)': '0.30' })
    expect(await bill.summary()).toMatchObject({ 资金流水总笔数: '9', 收入金额: '8.28', 支出金额: '0.30' })
  })

  test('from its file', async () => {
    const path = join(folder, 'bill.csv')
    const bill = Bill.trade(instance, { bill_date: TODAY })
    const saved = await bill.save(path)
    const asked = simulator.requests.length
    expect(await all(saved)).toEqual(await all(Bill.file(path)))
    expect((await saved.summary())?.总交易单数).toBe('9')
    expect(simulator.requests).toHaveLength(asked)
    expect(await readFile(path)).toEqual(await bill.buffer())
  })
})

describe('a day without a bill', () => {
  test.each([
    ['trade', 'NO_STATEMENT_EXIST', () => Bill.trade(instance, { bill_date: '2000-01-01' })],
    [
      'fundflow',
      'NO_STATEMENT_EXIST',
      () => Bill.fundflow(instance, { bill_date: '2000-01-01', account_type: 'FEES' }),
    ],
    [
      'v2',
      '20002',
      () => Bill.v2(instance, { appid: APPID, mch_id: simulator.credentials.mchid, bill_date: '20000101' }),
    ],
    [
      'v2 funds',
      'NO_BILL_EXIST',
      () =>
        Bill.v2(instance, {
          appid: APPID,
          mch_id: simulator.credentials.mchid,
          bill_date: '20000101',
          account_type: 'Fees',
        }),
    ],
  ])('%s', async (_, code, open) => {
    const path = join(folder, 'none.csv')
    const error = await open()
      .save(path)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).toMatch(/9:00.*10:00/)
    expect(existsSync(path)).toBe(false)
  })
})

describe('what is made up from the catalogue', () => {
  test('shares, encrypted parts, statements', async () => {
    const day = { bill_date: TODAY }
    const sub = { sub_mchid: '1900000110', account_type: 'BASIC' } as const
    const bills: readonly Bill[] = [
      Bill.profitsharing(instance, day),
      Bill.subMerchantFundflow(instance, { ...day, ...sub }),
      Bill.ecommerceFundflow(instance, day),
      Bill.statement(instance, { mchid: simulator.credentials.mchid, date: COMPACT }),
      Bill.statement(instance, { mchid: simulator.credentials.mchid, date: COMPACT }, 'hk/v3/statements'),
    ]
    for (const bill of bills) {
      const rows = await all(bill)
      expect(rows[0]).toMatchObject({ '金额(元)': expect.stringMatching(/^\d+\.\d\d$/) })
      expect(await bill.summary()).toHaveProperty('总笔数', '1')
    }
  })

  test('bills that other operations announce: by the answer, its data, or what asks for it', async () => {
    const ask = () => instance.v3.fundsToOversea.billDownloadUrl.get({ query: { bill_date: TODAY } })
    const answer = await ask()
    for (const origin of [answer, answer.data, answer.data.download_url, ask])
      expect(await all(Bill.from(instance, origin))).toHaveLength(1)
    const query = { bill_date: TODAY, encryption_algorithm: 'AEAD_AES_256_GCM', service_id: '1' }
    const score = () => instance.v3.payscore.merchantBill.get({ query })
    expect(await all(Bill.from(instance, score))).not.toHaveLength(0)
  })

  test('receipts and images', async () => {
    const receipt = await instance.v3.fundApp.mchTransfer.elecsign.outBillNo._out_bill_no_.get({
      out_bill_no: 'x',
    })
    const path = join(folder, 'receipt.pdf')
    const pdf = await Download.from(instance, receipt).save(path)
    expect((await pdf.buffer()).subarray(0, 5).toString()).toBe('%PDF-')
    const image = await Builder.driver(instance).download(
      `${simulator.secureUrl}v3/merchant-service/images/abc`,
    )
    expect(image.headers.get('content-type')).toBe('image/png')
    image.data.destroy()
  })
})

test('what Builder.factory did not give is refused', () => {
  expect(() => Bill.trade({}, { bill_date: TODAY })).toThrow(/Builder\.factory/)
  expect(() => Download.from(undefined, 'https://example.com/')).toThrow(/Builder\.factory/)
})
