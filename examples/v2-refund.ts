/** 申请退款 (APIv2): an order placed and paid, then refunded with the merchant's client certificate. */
import { Builder } from 'wechatpay-chain'
import { runSecurely } from './support'

runSecurely(async (config, { simulator }) => {
  await using instance = Builder.factory(config)
  const order = { appid: 'wx2421b1c4370ec43b', mch_id: config.mchid, out_trade_no: 'tea-0003' }

  const { data: prepaid } = await instance.v2.pay.unifiedorder.post({
    xml: {
      ...order,
      body: 'tea',
      total_fee: 100,
      spbill_create_ip: '127.0.0.1',
      notify_url: 'https://www.example.com/notify',
      trade_type: 'NATIVE',
      sign_type: 'HMAC-SHA256',
    },
  })
  console.log('to be shown as a QR code:', prepaid.code_url)

  // On the real platform the user does this, with a telephone.
  simulator?.pay(order.out_trade_no)

  const refund = { ...order, out_refund_no: 'tea-0003-1', total_fee: 100, refund_fee: 30 }
  const { data } = await instance.v2.secapi.pay.refund.post({
    security: true,
    xml: refund,
  })
  console.log('refunded', data.refund_fee)

  const { data: query } = await instance.v2.pay.refundquery.post({ xml: order })
  console.log('the refund is', query.refund_status_0)
})
