/** The life of an order: placed, paid, queried, refunded. */
import { Builder } from 'wechatpay-chain'
import { Simulator } from 'wechatpay-chain/simulator'

async function main(): Promise<void> {
  await using simulator = await Simulator.start()
  await using instance = Builder.factory(simulator.credentials)
  const { mchid } = simulator.credentials
  const out_trade_no = '1217752501201407033233368018'

  const { data: prepaid } = await instance.v3.pay.transactions.native.post({
    json: {
      appid: 'wxd678efh567hg6787',
      mchid,
      description: 'Image形象店-深圳腾大-QQ公仔',
      out_trade_no,
      notify_url: 'https://www.example.com/notify',
      amount: { total: 100, currency: 'CNY' },
    },
  })
  console.log('to be shown as a QR code:', prepaid.code_url)

  // On the real platform the user does this, with a telephone.
  simulator.pay(out_trade_no)

  const { data: order } = await instance.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no,
    query: { mchid },
  })
  console.log('order', order.trade_state)

  const out_refund_no = `${out_trade_no}-1`
  await instance.v3.refund.domestic.refunds.post({
    json: { out_trade_no, out_refund_no, amount: { refund: 30, total: 100, currency: 'CNY' } },
  })
  const { data: refund } = await instance['v3/refund/domestic/refunds/{out_refund_no}'].get({
    out_refund_no,
  })
  console.log('refund', refund.status)
}

main()
