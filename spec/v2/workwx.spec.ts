import { createHash } from 'node:crypto'
import { RequestError, workwxSign } from '../../lib'

const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase()

const redPacket = {
  nonce_str: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  mch_billno: '123456',
  mch_id: 10000098,
  wxappid: 'wx8888888888888888',
  agentid: '1',
  sender_name: 'XX活动',
  re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
  total_amount: 1000,
  wishing: '感谢您参加猜灯谜活动，祝您元宵节快乐！',
  act_name: '猜灯谜抢红包活动',
  remark: '猜越多得越多，快来抢！',
}

it("signs a red packet's seven fields, in order, with the secret of the application", () => {
  expect(workwxSign('mmpaymkttransfers/sendworkwxredpack', redPacket, 'the-secret')).toBe(
    md5(
      'act_name=猜灯谜抢红包活动&mch_billno=123456&mch_id=10000098&nonce_str=5K8264ILTKCH16CQ2502SI8ZNMTM67VS&' +
        're_openid=oxTWIuGaIt6gTKsQRLau2M0yL16E&total_amount=1000&wxappid=wx8888888888888888&secret=the-secret',
    ),
  )
})

it("signs a payment's eight fields", () => {
  const payment = {
    appid: 'wxe062425f740c8888',
    mch_id: '1900000109',
    nonce_str: '3PG2J4ILTKCH16CQ2502SI8ZNMTM67VS',
    partner_trade_no: '100000982014120919616',
    openid: 'ohO4Gt7wVPxIT1A9GjFaMYMiZY1s',
    check_name: 'FORCE_CHECK',
    amount: '100',
    desc: '六月出差报销费用',
    spbill_create_ip: '10.2.3.10',
    ww_msg_type: 'NORMAL_MSG',
  }
  expect(workwxSign('mmpaymkttransfers/promotion/paywwsptrans2pocket', payment, 's')).toBe(
    md5(
      'amount=100&appid=wxe062425f740c8888&desc=六月出差报销费用&mch_id=1900000109&' +
        'nonce_str=3PG2J4ILTKCH16CQ2502SI8ZNMTM67VS&openid=ohO4Gt7wVPxIT1A9GjFaMYMiZY1s&' +
        'partner_trade_no=100000982014120919616&ww_msg_type=NORMAL_MSG&secret=s',
    ),
  )
})

it.each(['act_name', 'mch_billno', 'mch_id', 'nonce_str', 're_openid', 'total_amount', 'wxappid'])(
  'wants %s',
  (name) => {
    for (const value of [undefined, null, '']) {
      const sign = () =>
        workwxSign('mmpaymkttransfers/sendworkwxredpack', { ...redPacket, [name]: value }, 'secret')
      expect(sign).toThrow(RequestError)
      expect(sign).toThrow(expect.objectContaining({ field: name }))
    }
  },
)

it('wants a secret and a known endpoint', () => {
  expect(() => workwxSign('mmpaymkttransfers/sendworkwxredpack', redPacket, '')).toThrow(
    expect.objectContaining({ field: 'secret' }),
  )
  // @ts-expect-error: no such endpoint
  expect(() => workwxSign('toString', redPacket, 'secret')).toThrow(
    expect.objectContaining({ field: 'endpoint' }),
  )
})
