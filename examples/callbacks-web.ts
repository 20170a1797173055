/**
 * 回调通知, with the web's `Request` and `Response`: a route handler of Next.js, or whatever else speaks fetch. An order is
 * paid, refunded, and both are told.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Builder, isCallback, Notifications } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'
import { wechatpay } from 'wechatpay-chain/web'

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  const { mchid } = simulator.credentials

  // In Next.js: export const POST = wechatpay(…), in app/notify/route.ts.
  const POST = wechatpay(new Notifications(simulator.credentials), async (event) => {
    if (isCallback(event, 'TRANSACTION.SUCCESS', 'transaction')) console.log('paid:', event.data.out_trade_no)
    if (isCallback(event, 'REFUND.SUCCESS')) console.log('refunded:', event.data.out_refund_no)
  })

  // What a framework does: a Request of what arrives, and the Response sent back.
  const server = createServer(async (request, response) => {
    const headers = request.headers as Record<string, string>
    const answer = await POST(
      new Request('http://shop/notify', { method: 'POST', headers, body: await buffer(request) }),
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const notify_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`

  const out_trade_no = 'tea-web-0001'
  const order = { appid: 'wxd678efh567hg6787', mchid, description: 'tea', out_trade_no, notify_url }
  await instance.v3.pay.transactions.native.post({
    json: { ...order, amount: { total: 100, currency: 'CNY' } },
  })
  simulator.pay(out_trade_no)
  await heard(1)
  await instance.v3.refund.domestic.refunds.post({
    json: {
      out_trade_no,
      out_refund_no: 'tea-web-0001-1',
      amount: { refund: 30, total: 100, currency: 'CNY' },
    },
  })
  await heard(2)
  console.log(simulator.deliveries.map(({ event, status }) => `${event} ${status}`))
  server.close()

  async function heard(count: number): Promise<void> {
    while (simulator.deliveries.filter(({ accepted }) => accepted).length < count) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

main()
