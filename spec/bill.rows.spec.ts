import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { Bill, TransportError } from '../lib'
import { Table } from '../lib/bill/table'
import { temporaryFolder } from './support/keys'

const ALL =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const SUCCESS =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注'
const REFUND =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const EARLY =
  '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额，退款类型，退款状态,商品名称,商户数据包,手续费,费率'
const FUNDS =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号'
const SHARES =
  'create_time,initiator,sponsor,sub_mchid,transaction_id,order_id,out_order_no,detaill_id,receiver_account,amount,currency,settlement_amount,settlement_currency,exchange_rate,business_type,status,description'
const OVERSEAS =
  '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,充值券币种,充值券金额,优惠券币种,优惠券金额,微信退款单号,商户退款单号,退款类型,退款状态,商品名称,商户数据包,手续费,费率,标价币种,订单金额(标价币种),用户支付币种,用户支付金额,结算币种,应结订单金额,支付汇率,退款汇率,申请退款金额,用户退款币种,用户退款金额,退款结算币种,退款应结订单金额,充值券退款金额,优惠券退款金额'
const TRADE_SUMMARY =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
const FUND_SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'

const ticked = (values: readonly string[]): string => values.map((value) => `\`${value}`).join(',')
const titled = (titles: string, values: readonly string[]): Record<string, string> =>
  Object.fromEntries(titles.split(/[,，]/).map((title, index) => [title, values[index] as string]))

/** Values that have the form of what stands in such a column. */
const valuesOf = (titles: string): string[] =>
  titles.split(/[,，]/).map((title, index) => {
    if (/时间|time/.test(title)) return '2026-11-20 08:09:10'
    if (/金额|手续费|结余|amount/.test(title)) return `${index}.10`
    return /费率$/.test(title) ? '0.60%' : `v${index}`
  })

async function read(text: string | readonly Buffer[], complete = true) {
  const table = new Table(complete)
  const rows: object[] = []
  const pieces = typeof text === 'string' ? [Buffer.from(text)] : text
  for (const piece of pieces) rows.push(...table.push(piece))
  rows.push(...table.end())
  return { rows, summary: table.summary }
}

const failure = (text: string, complete = true): Promise<unknown> =>
  read(text, complete).catch((error: unknown) => error)

describe('layouts of the documentation', () => {
  test.each([
    ['ALL', ALL, TRADE_SUMMARY],
    ['SUCCESS', SUCCESS, TRADE_SUMMARY],
    ['REFUND', REFUND, TRADE_SUMMARY],
    [
      'ALL of early merchants',
      EARLY,
      '总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额',
    ],
    ['funds', FUNDS, FUND_SUMMARY],
    ['overseas shares', SHARES, 'Total number,Total amount'],
    ['overseas statements', OVERSEAS, '总笔数,总金额'],
  ])('%s', async (_, titles, sums) => {
    const values = valuesOf(titles)
    const total = sums.split(',').map((_, index) => `${index}.00`)
    for (const end of ['\n', '\r\n']) {
      const lines = ['\u{feff}'.concat(titles), ticked(values), ticked(values), sums, ticked(total)]
      const { rows, summary } = await read(lines.join(end))
      expect(rows).toEqual([titled(titles, values), titled(titles, values)])
      expect(summary).toEqual(titled(sums, total))
      expect(await read(`${lines.join(end)}${end}${end}`)).toEqual({ rows, summary })
    }
  })

  test('a day without rows', async () => {
    const text = `${ALL}\r\n${TRADE_SUMMARY}\r\n\`0,\`0.00,\`0.00,\`0.00,\`0.00000,\`0.00,\`0.00\r\n`
    const { rows, summary } = await read(text)
    expect(rows).toEqual([])
    expect(summary).toMatchObject({ 总交易单数: '0', 手续费总金额: '0.00000' })
  })

  test('a summary whose titles nobody knows, below no rows', async () => {
    expect(await read('A,B\nC,D\n`1,`2\n')).toEqual({ rows: [], summary: { C: '1', D: '2' } })
  })

  test('no summary at all, and values without back-ticks, some of them quoted', async () => {
    const text = 'A,B\r\n1,"x, ""y"" z"\r\n2,"two\r\nlines"\r\n"",5" tall\r\n'
    const rows = [
      { A: '1', B: 'x, "y" z' },
      { A: '2', B: 'two\nlines' },
      { A: '', B: '5" tall' },
    ]
    expect(await read(text, false)).toEqual({ rows, summary: undefined })
    expect(await read('A,B\n1,2', false)).toEqual({ rows: [{ A: '1', B: '2' }], summary: undefined })
  })

  test('values without back-ticks above a summary', async () => {
    const text = `${FUNDS}\n${valuesOf(FUNDS).join(',')}\n${FUND_SUMMARY}\n1,1,6.10,0,0.00\n`
    const { rows, summary } = await read(text)
    expect(rows).toEqual([titled(FUNDS, valuesOf(FUNDS))])
    expect(summary).toEqual(titled(FUND_SUMMARY, ['1', '1', '6.10', '0', '0.00']))
  })

  test('parts that each have their titles', async () => {
    const part = (value: string) => `A,B\n\`${value},\`x\n`
    expect((await read(part('1') + part('2'), false)).rows).toEqual([
      { A: '1', B: 'x' },
      { A: '2', B: 'x' },
    ])
    const whole = (value: string) => `${part(value)}总数,C\n\`1,\`${value}\n`
    expect((await read(whole('1') + whole('2'))).summary).toEqual({ 总数: '1', C: '2' })
  })
})

describe('what a value may hold', () => {
  const index = ALL.split(',').indexOf('商品名称')
  const bill = (value: string, place = index) => {
    const values = valuesOf(ALL)
    values[place] = value
    return {
      values,
      text: `${ALL}\r\n${ticked(values)}\r\n${TRADE_SUMMARY}\r\n${ticked(['1', '2', '3', '4', '5', '6', '7'])}\r\n`,
    }
  }

  test.each([
    'a,b',
    '"a"',
    'a"b',
    '`',
    '``a',
    'a`',
    ',',
    ',,',
    'a,"b",',
    '书,`本`',
    ',`',
    ' x ',
    '',
    'a\nb',
    "it's",
    '总数,总额',
  ])('a product called %j', async (name) => {
    const { values, text } = bill(name)
    expect((await read(text)).rows).toEqual([titled(ALL, values)])
  })

  test('any of the values, but for a comma before a back-tick', async () => {
    const awkward = fc
      .array(fc.constantFrom(',', '`', '"', "'", ' ', '0', '书', '🧋', '总', '数'))
      .map((all) => all.join(''))
    const value = fc
      .oneof(awkward, fc.string({ unit: 'grapheme' }))
      .map((text) => text.replace(/[\r\n]/g, ' '))
      .filter((text) => !text.includes(',`'))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { maxLength: 5 }),
        async (rows) => {
          const text = `A,B,C\n${rows.map((row) => `${ticked(row)}\n`).join('')}总数,D\n\`1,\`2\n`
          expect((await read(text)).rows).toEqual(rows.map((row) => titled('A,B,C', row)))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('however the bytes are cut', async () => {
    const { values, text } = bill('奶茶🧋,`大`')
    const bytes = Buffer.from(`\u{feff}${text}`)
    for (const size of [1, 2, 3, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      expect((await read(pieces)).rows).toEqual([titled(ALL, values)])
    }
  })

  test('a border in a product, with an amount where none belongs, is not guessed at', async () => {
    const { text } = bill('x,`y', ALL.split(',').indexOf('设备号'))
    expect(await failure(text)).toMatchObject({ code: 'ERR_BILL' })
  })
})

describe('what is no bill, or not all of one', () => {
  const whole = `${FUNDS}\r\n${ticked(valuesOf(FUNDS))}\r\n${ticked(valuesOf(FUNDS))}\r\n${FUND_SUMMARY}\r\n${ticked(['2', '2', '3', '0', '0'])}\r\n`

  test('cut anywhere before its last value', async () => {
    await read(whole)
    const last = whole.lastIndexOf('`')
    for (let length = 0; length < last; length += 3) {
      const error = await failure(whole.slice(0, length))
      expect(error).toBeInstanceOf(TransportError)
      expect(error).toMatchObject({ code: 'ERR_BILL', delivery: 'delivered' })
    }
  })

  test.each([
    ['nothing', ''],
    ['blank lines', '\r\n\r\n'],
    ['XML', '<xml><return_code>FAIL</return_code></xml>'],
    ['JSON', '{"code":"X"}'],
    ['no titles', '`1,`2\n`3,`4\n'],
    ['two columns of one title', 'A,A\n`1,`2\n'],
    ['more after the summary', 'A\n`1\n总数\n`1\n`2\n'],
    ['a row with too few values', 'A,B\n`1\n`1,`2\n总数\n`2\n'],
    ['a row with too few values at the end', 'A,B\n`1\n总数\n`2\n'],
    ['a row with too many values', 'A,B\n`1,`2,`3\n总数\n`1\n'],
    ['a plain row with too many values', 'A,B\n1,2\n1,2,3\n'],
    ['a quote that is not closed', 'A,B\n1,2\n1,"2\n'],
    ['a summary with too few values', 'A\n`1\n总数,B\n`1\n'],
  ])('%s', async (_, text) => {
    expect(await failure(text, false)).toMatchObject({ code: 'ERR_BILL' })
  })

  test('a line or a row without end', async () => {
    expect(await failure(`A,B\n\`${'x'.repeat(2 ** 21)}`)).toMatchObject({ code: 'ERR_BILL' })
    expect(await failure(`A,B\n\`${'x\n'.repeat(2 ** 16)}`)).toMatchObject({ code: 'ERR_BILL' })
  })

  test('its error quotes nothing of it', async () => {
    const error = await failure('姓名,B\n`张三\n`1,`2\n')
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toMatch(/张三|姓名/)
  })
})

describe('a saved bill', () => {
  const folder = temporaryFolder()

  test('is read from its file', async () => {
    const path = join(folder, 'bill.csv')
    writeFileSync(path, 'A,B\n`1,`2\n总数\n`1\n')
    const bill = Bill.file(path)
    const rows = []
    for await (const row of bill) rows.push(row)
    expect(rows).toEqual([{ A: '1', B: '2' }])
    expect(await bill.summary()).toEqual({ 总数: '1' })
  })

  test('a missing file is a typed error', async () => {
    const error = await Bill.file(join(folder, 'none'))
      .summary()
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'ENOENT' })
  })
})
