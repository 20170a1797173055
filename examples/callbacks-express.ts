/** 回调通知, in Express: an order is paid, refunded, and both are told; a forged notification is not believed. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Builder, isCallback, MemoryStore, Notifications } from 'wechatpay-chain'
import { wechatpay } from 'wechatpay-chain/express'
import { Simulator } from 'wechatpay-chain/simulator'

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  const { mchid } = simulator.credentials

  // One process: a MemoryStore will do. Several want redisStore(client).
  const notifications = new Notifications(simulator.credentials, {
    seen: new MemoryStore(),
    onError: (error) => console.log('refused:', error instanceof Error ? error.name : error),
  })
  const told: string[] = []
  const app = express()
  app.post(
    '/notify',
    wechatpay(notifications, async (event) => {
      if (isCallback(event, 'TRANSACTION.SUCCESS', 'transaction')) {
        told.push(`paid: ${event.data.out_trade_no}, ${event.data.amount?.total} fen`)
      } else if (isCallback(event, 'REFUND.SUCCESS')) {
        told.push(`refunded: ${event.data.out_refund_no}, ${event.data.amount.refund} fen`)
      }
    }),
  )
  // After the route of the notifications: their signature covers the bytes, and a parser would take them away.
  app.use(express.json())
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const notify_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`

  const out_trade_no = 'tea-express-0001'
  const order = { appid: 'wxd678efh567hg6787', mchid, description: 'tea', out_trade_no, notify_url }
  await instance.v3.pay.transactions.native.post({
    json: { ...order, amount: { total: 100, currency: 'CNY' } },
  })
  simulator.pay(out_trade_no)
  await heard(1)

  const amount = { refund: 30, total: 100, currency: 'CNY' }
  await instance.v3.refund.domestic.refunds.post({
    json: { out_trade_no, out_refund_no: 'tea-express-0001-1', amount },
  })
  await heard(2)
  for (const line of told) console.log(line)

  // The same bytes with another amount, as an attacker would send them.
  const { headers, body } = simulator.deliveries[0] ?? { headers: {}, body: Buffer.alloc(0) }
  const forged = body.toString().replace('"id":"', '"id":"x')
  console.log('forged:', (await fetch(notify_url, { method: 'POST', headers, body: forged })).status)
  // A second delivery of what was handled is answered, and not handled again.
  console.log('again:', (await fetch(notify_url, { method: 'POST', headers, body })).status, told.length)
  server.close()

  async function heard(count: number): Promise<void> {
    while (simulator.deliveries.filter(({ accepted }) => accepted).length < count) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

main()
