/**
 * 交易账单: the trades of a day, row by row, in one stream. Its hash is checked at its end: who must not act before that saves
 * the bill first, and reads the file.
 * https://pay.weixin.qq.com/doc/v3/merchant/4012791866
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError, Bill, Builder } from 'wechatpay-chain'
import { run } from './support'

run(async (config, { simulator }) => {
  await using instance = Builder.factory(config)

  // Something to stand in the bill: an order, paid today in China.
  const shop = {
    appid: 'wx2421b1c4370ec43b',
    mchid: config.mchid,
    notify_url: 'https://www.example.com/notify',
  }
  const order = { ...shop, description: 'tea, green', out_trade_no: 'tea-0005', amount: { total: 100 } }
  await instance.v3.pay.transactions.native.post({ json: order })
  simulator?.pay(order.out_trade_no)
  const bill_date = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

  // Rows have the documented titles, and amounts are the decimals of the file.
  const bill = Bill.trade(instance, { bill_date })
  for await (const row of bill) console.log(row.商户订单号, row.商品名称, row.订单金额, row.手续费)
  console.log((await bill.summary())?.总交易单数, 'in all')

  // The file stands under its name only when all of it has come and its hash is right.
  const folder = await mkdtemp(join(tmpdir(), 'bill-'))
  const funds = await Bill.fundflow(instance, { bill_date }).save(join(folder, 'funds.csv'), {
    onProgress: ({ received, total }) => console.log(`${received} of ${total} bytes`),
    signal: AbortSignal.timeout(60_000),
  })
  for await (const row of funds) console.log(row.收支类型, row['收支金额(元)'], row['账户结余(元)'])
  await rm(folder, { recursive: true })

  await Bill.trade(instance, { bill_date: '2000-01-01' })
    .summary()
    .catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
      console.log(error.code)
    })
})
