/** 现金红包: a call that presents the merchant's client certificate; its answer carries no signature, and is judged all the same. */
import { ApiError, Builder } from 'wechatpay-chain'
import { runSecurely } from './support'

runSecurely(async (config) => {
  await using instance = Builder.factory(config)
  const send = (total_amount: number) =>
    instance.v2.mmpaymkttransfers.sendredpack.post({
      security: true,
      xml: {
        mch_billno: `${config.mchid}20260101${String(total_amount).padStart(10, '0')}`,
        mch_id: config.mchid,
        wxappid: 'wx2421b1c4370ec43b',
        send_name: '天虹百货',
        re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
        total_amount,
        total_num: 1,
        wishing: '恭喜发财',
        client_ip: '127.0.0.1',
        act_name: '新年红包',
        remark: '大吉大利',
      },
    })

  const { data, verified } = await send(100)
  console.log('sent', data.send_listid.length > 0, 'signed', verified)

  try {
    await send(1)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    console.log(error.return_code, error.result_code, error.err_code, error.err_code_des)
  }
})
