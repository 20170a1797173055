/** 企业红包: WeCom wants a second signature, made with the secret of its payment application. */
import { Builder, Formatter, workwxSign } from 'wechatpay-chain'
import { runSecurely } from './support'

const endpoint = 'mmpaymkttransfers/sendworkwxredpack'

runSecurely(async (config) => {
  await using instance = Builder.factory(config)
  const fields = {
    // Both signatures cover it, and this one is made first.
    nonce_str: Formatter.nonce(),
    mch_billno: `${config.mchid}202601010000000001`,
    mch_id: config.mchid,
    wxappid: 'wx2421b1c4370ec43b',
    sender_name: '天虹百货',
    re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
    total_amount: 100,
    wishing: '恭喜发财',
    act_name: '新年红包',
    remark: '大吉大利',
  }
  const workwx_sign = workwxSign(endpoint, fields, process.env.WORKWX_SECRET ?? 'of the payment application')
  const { status, verified } = await instance.chain(`v2/${endpoint}`).post({
    security: true,
    xml: { ...fields, workwx_sign },
  })
  console.log(status, verified)
})
