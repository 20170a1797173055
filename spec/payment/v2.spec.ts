import { createHash, createHmac } from 'node:crypto'
import { Payment } from '../../lib'

const secret = '192006250b4c09247ec02edce69f6a2d'
const appid = 'wx2421b1c4370ec43b'
const bare = 'wx201410272009395522657a690389285100'
const prepay_id = `prepay_id=${bare}`
const nonce = '593BEC0C930BF1AFEB40B4A08C8FB242'
const stamp = { timestamp: 1554208460, nonce }
const mchid = '1900000109'

const payment = new Payment({ mchid, secret })

const hmac = (text: string): string =>
  createHmac('sha256', secret).update(`${text}&key=${secret}`).digest('hex').toUpperCase()
const md5 = (text: string): string =>
  createHash('md5').update(`${text}&key=${secret}`).digest('hex').toUpperCase()
const named = (field: string) => expect.objectContaining({ field })

it('jsapi: the published sample', () => {
  const published = new Payment({ secret: 'qazwsxedcrfvtgbyhnujmikolp111111' })
  expect(
    published.v2.miniProgram(
      { appid: 'wxd678efh567hg6787', prepay_id: 'wx2017033010242291fcfe0db70013231072' },
      { timestamp: '1490840662', nonce: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS' },
    ).paySign,
  ).toBe('22D9B4E54AB1950F51E0649E8810ACD6')
})

it.each(['jsapi', 'miniProgram'] as const)('%s: MD5 by default', (method) => {
  for (const given of [bare, prepay_id])
    expect(payment.v2[method]({ appid, prepay_id: given }, stamp)).toEqual({
      appId: appid,
      timeStamp: '1554208460',
      nonceStr: nonce,
      package: prepay_id,
      signType: 'MD5',
      paySign: '911698BDACD31363E8265AEE51CD2FA6',
    })
})

it('jsapi: HMAC-SHA256 when the order was signed so', () => {
  const { signType, paySign } = payment.v2.jsapi({ appid, prepay_id, signType: 'HMAC-SHA256' }, stamp)
  const exact: 'HMAC-SHA256' = signType
  expect(exact).toBe('HMAC-SHA256')
  expect(paySign).toBe(
    hmac(`appId=${appid}&nonceStr=${nonce}&package=${prepay_id}&signType=HMAC-SHA256&timeStamp=1554208460`),
  )
})

it('app: six fields, the bare prepay_id', () => {
  const app = payment.v2.app({ appid, prepay_id }, stamp)
  expect(app).toEqual({
    appid,
    partnerid: mchid,
    prepayid: bare,
    package: 'Sign=WXPay',
    packageValue: 'Sign=WXPay',
    noncestr: nonce,
    timestamp: '1554208460',
    sign: '2E57627C7D7DF76D462F5ED6ABFC3B50',
  })
  expect(payment.v2.app({ appid, prepay_id, signType: 'HMAC-SHA256' }, stamp).sign).toBe(
    hmac(
      `appid=${appid}&noncestr=${nonce}&package=Sign=WXPay&partnerid=${mchid}&prepayid=${bare}&timestamp=1554208460`,
    ),
  )
  expect(payment.v2.app({ appid, prepay_id, partnerid: '1' }).partnerid).toBe('1')
})

it('refuses another signType', () => {
  for (const signType of ['RSA', 'md5'] as never[]) {
    expect(() => payment.v2.jsapi({ appid, prepay_id, signType })).toThrow(named('signType'))
    expect(() => payment.v2.app({ appid, prepay_id, signType })).toThrow(named('signType'))
  }
})

it('native: a code for a product', () => {
  const link = new URL(payment.v2.native({ appid, product_id: '8 8/8' }, stamp))
  expect(link.href).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?sign=/)
  expect(link.search).toContain('product_id=8%208%2F8&')
  expect(Object.fromEntries(link.searchParams)).toEqual({
    sign: md5(`appid=${appid}&mch_id=${mchid}&nonce_str=${nonce}&product_id=8 8/8&time_stamp=1554208460`),
    appid,
    mch_id: mchid,
    product_id: '8 8/8',
    time_stamp: '1554208460',
    nonce_str: nonce,
  })
})

it('redPacket: encoded once, signed without signType, in lower case', () => {
  const encoded = 'sendid%3Dabc%26ver%3D8%26mchid%3D10000100'
  for (const given of [encoded, 'sendid=abc&ver=8&mchid=10000100'])
    expect(payment.v2.redPacket({ appid, package: given }, stamp)).toEqual({
      timeStamp: '1554208460',
      nonceStr: nonce,
      package: encoded,
      signType: 'MD5',
      paySign: '7a4e5ebf323009ecbbda5cf4b16deb2b',
    })
})

describe('coupons', () => {
  const coupons = [
    { stock_id: '123', out_request_no: 'R123' },
    { stock_id: '456', out_request_no: 'R456' },
  ]

  it('numbers the fields of each', () => {
    expect(payment.v2.coupons({ coupons, send_coupon_merchant: '10016226' })).toEqual({
      send_coupon_params: coupons,
      send_coupon_merchant: '10016226',
      sign: '3D19FFDF6FB2DD88F06B7557A8DC80783A5033DB8F3D508CC0DDCD7860B711D3',
    })
  })

  it('signs the optional fields too; the configured merchant gives by default', () => {
    const coupon = {
      stock_id: '123',
      out_request_no: 'R123',
      coupon_code: 'C1',
      customize_send_time: '2026-01-01T00:00:00+08:00',
      create_coupon_merchant: '10016227',
    }
    expect(payment.v2.coupons({ coupons: [{ ...coupon }] })).toEqual({
      send_coupon_params: [coupon],
      send_coupon_merchant: mchid,
      sign: hmac(
        'coupon_code0=C1&create_coupon_merchant0=10016227&customize_send_time0=2026-01-01T00:00:00+08:00&' +
          `out_request_no0=R123&send_coupon_merchant=${mchid}&stock_id0=123`,
      ),
    })
  })

  it('takes one to ten', () => {
    const [coupon] = coupons as [(typeof coupons)[0]]
    expect(payment.v2.coupons({ coupons: Array(10).fill(coupon) }).send_coupon_params).toHaveLength(10)
    for (const wrong of [[], Array(11).fill(coupon), undefined, coupon] as never[])
      expect(() => payment.v2.coupons({ coupons: wrong })).toThrow(named('coupons'))
    expect(() => payment.v2.coupons(undefined as never)).toThrow(named('coupons'))
  })

  it('says which one is wrong', () => {
    const second = (coupon: unknown) => () => payment.v2.coupons({ coupons: [coupons[0], coupon] as never })
    expect(second({ stock_id: '1' })).toThrow(named('coupons[1].out_request_no'))
    expect(second({ ...coupons[0], coupon_cod: '1' })).toThrow(/coupons\[1\]\.coupon_cod.*"coupon_code"/)
    expect(second(null)).toThrow(named('coupons[1]'))
  })
})

it('couponLink: signed plain, written encoded', () => {
  const coupon = { stock_id: '123', out_request_no: 'R 1/2', open_id: 'oUpF8uMu' }
  const sign = hmac(`open_id=oUpF8uMu&out_request_no=R 1/2&send_coupon_merchant=${mchid}&stock_id=123`)
  expect(payment.v2.couponLink(coupon)).toBe(
    `https://action.weixin.qq.com/busifavor/getcouponinfo?stock_id=123&out_request_no=R%201%2F2&sign=${sign}` +
      `&send_coupon_merchant=${mchid}&open_id=oUpF8uMu#wechat_pay&wechat_redirect`,
  )
  const coded = new URL(payment.v2.couponLink({ ...coupon, coupon_code: 'C', send_coupon_merchant: '1' }))
  expect(coded.searchParams.get('coupon_code')).toBe('C')
  expect(coded.searchParams.get('sign')).toBe(
    hmac('coupon_code=C&open_id=oUpF8uMu&out_request_no=R 1/2&send_coupon_merchant=1&stock_id=123'),
  )
})

it.each([
  [
    'wxpayScoreUse',
    payment.v2.scoreUse({ package: 'AA_b-c=' }, stamp),
    { package: 'AA_b-c=' },
    `mch_id=${mchid}&nonce_str=${nonce}&package=AA_b-c=&sign_type=HMAC-SHA256&timestamp=1554208460`,
  ],
  [
    'wxpayScoreDetail',
    payment.v2.scoreDetail({ service_id: '888', out_order_no: 'O1' }, stamp),
    { service_id: '888', out_order_no: 'O1' },
    `mch_id=${mchid}&nonce_str=${nonce}&out_order_no=O1&service_id=888&sign_type=HMAC-SHA256&timestamp=1554208460`,
  ],
])('%s: signed with HMAC-SHA256', (businessType, view, own, signed) => {
  expect(view).toMatchObject({
    businessType,
    extraData: {
      mch_id: mchid,
      ...own,
      timestamp: '1554208460',
      nonce_str: nonce,
      sign_type: 'HMAC-SHA256',
      sign: hmac(signed),
    },
  })
  expect(Object.fromEntries(new URLSearchParams(view.queryString))).toEqual(view.extraData)
})

it('contract: every field is signed', () => {
  const contract = {
    appid,
    plan_id: '72803',
    contract_code: '2017121216136aa',
    request_serial: '1000',
    contract_display_account: '张三',
    notify_url: 'https://www.qq.com/a.php',
  }
  const signed = (more = '') =>
    `appid=${appid}&contract_code=2017121216136aa&contract_display_account=张三&mch_id=${mchid}&` +
    `notify_url=https://www.qq.com/a.php&plan_id=72803&request_serial=1000&${more}timestamp=1554208460`
  expect(payment.v2.contract(contract, stamp)).toEqual({
    appId: 'wxbd687630cd02ce1d',
    path: 'pages/index/index',
    extraData: { ...contract, mch_id: mchid, timestamp: '1554208460', sign: md5(signed()) },
  })
  const partners = payment.v2.contract({ ...contract, sub_mch_id: '1900000001' }, stamp)
  expect(partners.extraData.sign).toBe(md5(signed('sub_mch_id=1900000001&')))
  expect(payment.v2.contract(contract).extraData.timestamp).toMatch(/^\d{10}$/)
})
