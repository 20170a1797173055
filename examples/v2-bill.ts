/** 下载对账单 (APIv2): the bill of a day goes to a file, written whole or not at all; a failure never lands in it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError, Builder } from 'wechatpay-chain'
import { run } from './support'

run(async (config, { simulator }) => {
  await using instance = Builder.factory(config)
  const shop = { appid: 'wx2421b1c4370ec43b', mch_id: config.mchid }
  const folder = await mkdtemp(join(tmpdir(), 'bill-'))
  const sink = join(folder, 'bill.csv')
  const download = (bill_date: string) =>
    instance.v2.pay.downloadbill.post({ xml: { ...shop, bill_date, bill_type: 'ALL' }, sink })

  // Something to stand in the bill: an order, paid today in China.
  const goods = { body: 'tea', total_fee: 100, spbill_create_ip: '127.0.0.1', trade_type: 'NATIVE' }
  const order = { ...shop, ...goods, out_trade_no: 'tea-0004', notify_url: 'https://www.example.com/notify' }
  await instance.v2.pay.unifiedorder.post({ xml: order })
  simulator?.pay(order.out_trade_no)
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')

  await download(today)
  const [header = '', ...rows] = (await readFile(sink, 'utf8')).trim().split('\n')
  console.log(header.split(',').length, 'columns,', rows.length, 'further lines')

  await download('20000101').catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
    console.log('no bill for that day:', error.code, error.return_msg)
  })
  await rm(folder, { recursive: true })
})
