/** From an order to what the front end passes on: parameters of the JS-SDK, a QR code, an address. */
import { Builder, Payment } from 'wechatpay-chain'
import { run } from './support'

run(async (config) => {
  await using instance = Builder.factory(config)
  const payment = new Payment(config)
  const appid = 'wxd678efh567hg6787'
  const order = (out_trade_no: string) => ({
    appid,
    mchid: config.mchid,
    description: 'Image形象店-深圳腾大-QQ公仔',
    out_trade_no,
    notify_url: 'https://www.example.com/notify',
    amount: { total: 100, currency: 'CNY' },
  })

  const { data: prepaid } = await instance.v3.pay.transactions.jsapi.post({
    json: { ...order('1217752501201407033233368019'), payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } },
  })
  const parameters = await payment.jsapi({ appid, prepay_id: prepaid.prepay_id })
  // The nonce and the signature are the payer's business alone.
  const { paySign, nonceStr, ...shown } = parameters
  console.log('for getBrandWCPayRequest', shown, 'signed', paySign.length > 0 && nonceStr.length === 32)

  const { data: native } = await instance.v3.pay.transactions.native.post({
    json: order('1217752501201407033233368020'),
  })
  console.log('for a QR code', payment.native(native.code_url))

  const { data: mweb } = await instance.v2.pay.unifiedorder.post({
    xml: {
      appid,
      mch_id: config.mchid,
      body: 'QQ公仔',
      out_trade_no: '1217752501201407033233368021',
      total_fee: 100,
      spbill_create_ip: '123.12.12.123',
      notify_url: 'https://www.example.com/notify',
      trade_type: 'MWEB',
    },
  })
  const redirect_url = 'https://www.example.com/paid?from=h5'
  console.log('to send the payer to', payment.h5(mweb.mweb_url ?? '', { redirect_url }))
})
