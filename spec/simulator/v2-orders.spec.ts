import { Simulator } from '../../lib/simulator'
import { call } from './client'
import {
  APPID,
  callV2,
  isGenuineV2,
  merchantTls,
  orderV2,
  scanV2,
  type V2Reply,
  type Values,
} from './v2-client'

const START = Date.UTC(2026, 4, 6, 7, 8, 9)

describe('APIv2 orders', () => {
  let simulator: Simulator
  let time = START

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key', tls: true, now: () => time })
  })
  afterAll(() => simulator.close())

  const run = async (path: string, fields: Values): Promise<V2Reply['fields']> => {
    const reply = await callV2(simulator, path, { appid: APPID, ...fields }, merchantTls(simulator))
    expect(isGenuineV2(simulator, reply)).toBe(true)
    return reply.fields
  }
  const place = (id: string, more?: Values) => run('/pay/unifiedorder', orderV2(id, more))
  const scan = (id: string, ending: string, more?: Values) => run('/pay/micropay', scanV2(id, ending, more))
  const query = (out_trade_no: string) => run('/pay/orderquery', { out_trade_no })
  const reverse = (out_trade_no: string) => run('/secapi/pay/reverse', { out_trade_no })
  const close = (out_trade_no: string) => run('/pay/closeorder', { out_trade_no })

  const head = () => ({
    return_code: 'SUCCESS',
    return_msg: 'OK',
    appid: APPID,
    mch_id: simulator.credentials.mchid,
    nonce_str: expect.stringMatching(/^\w{32}$/),
    sign: expect.stringMatching(/^[0-9A-F]{32}$/),
    result_code: 'SUCCESS',
  })
  const failed = (err_code: string) => ({
    ...head(),
    result_code: 'FAIL',
    err_code,
    err_code_des: expect.any(String),
  })

  test.each<[string, Values, object]>([
    ['NATIVE', {}, { code_url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=\d+$/) }],
    ['JSAPI', { openid: 'oX' }, {}],
    ['APP', { device_info: 'WEB' }, { device_info: 'WEB' }],
    ['MWEB', {}, { mweb_url: expect.stringMatching(/^https:.+prepay_id=wx\d+/) }],
  ])('of type %s are placed, and again are the same', async (trade_type, more, extra) => {
    const placed = await place(`PLACE-${trade_type}`, { trade_type, ...more })
    expect(placed).toEqual({
      ...head(),
      trade_type,
      prepay_id: expect.stringMatching(/^wx\d{18}$/),
      ...extra,
    })
    const again = await place(`PLACE-${trade_type}`, { trade_type, ...more })
    expect(again.prepay_id).toBe(placed.prepay_id)
    expect(await place(`PLACE-${trade_type}`, { trade_type, ...more, total_fee: 1 })).toMatchObject(
      failed('OUT_TRADE_NO_USED'),
    )
  })

  test('are paid by the user, and told by both protocols', async () => {
    const attach = 'a]b\n<&>'
    await place('LIFE-1', { attach, device_info: '013467007045764', time_expire: '20260506160000' })
    expect(await query('LIFE-1')).toEqual({
      ...head(),
      device_info: '013467007045764',
      out_trade_no: 'LIFE-1',
      attach,
      total_fee: '100',
      fee_type: 'CNY',
      trade_state: 'NOTPAY',
      trade_state_desc: expect.any(String),
    })
    const { transaction_id } = simulator.pay('LIFE-1', 'oPayer')
    const paid = await query('LIFE-1')
    expect(paid).toMatchObject({
      openid: 'oPayer',
      is_subscribe: 'N',
      trade_type: 'NATIVE',
      trade_state: 'SUCCESS',
      bank_type: 'OTHERS',
      total_fee: '100',
      cash_fee: '100',
      fee_type: 'CNY',
      transaction_id,
      time_end: '20260506150809',
    })
    const byId = await run('/pay/orderquery', { transaction_id })
    expect(byId.out_trade_no).toBe('LIFE-1')
    const target = `/v3/pay/transactions/out-trade-no/LIFE-1?mchid=${simulator.credentials.mchid}`
    const signing = { timestamp: String(Math.floor(time / 1000)) }
    expect((await call(simulator, 'GET', target, { signing })).json).toMatchObject({
      transaction_id,
      trade_state: 'SUCCESS',
      attach,
      description: '一本书',
      time_expire: '2026-05-06T16:00:00+08:00',
    })
    expect(await place('LIFE-1')).toEqual(failed('ORDERPAID'))
    expect(await close('LIFE-1')).toEqual(failed('ORDERPAID'))
  })

  test('placed by APIv3 are here too, however odd their fields', async () => {
    const json = {
      appid: APPID,
      mchid: simulator.credentials.mchid,
      description: 'x',
      out_trade_no: 'V3-ORDER-1',
      notify_url: 'https://shop.example/notify',
      amount: { total: 7 },
      attach: 'a\u0001b',
    }
    const signing = { timestamp: String(Math.floor(time / 1000)) }
    await call(simulator, 'POST', '/v3/pay/transactions/native', { json, signing })
    expect(await query('V3-ORDER-1')).toMatchObject({ trade_state: 'NOTPAY', total_fee: '7', attach: 'ab' })
  })

  test('are closed', async () => {
    await place('CLOSE-1')
    expect(await close('CLOSE-1')).toEqual({ ...head(), result_msg: 'OK' })
    expect(await query('CLOSE-1')).toMatchObject({ trade_state: 'CLOSED' })
    expect(await close('CLOSE-1')).toEqual(failed('ORDERCLOSED'))
    expect(await place('CLOSE-1')).toEqual(failed('ORDERCLOSED'))
  })

  test('that nobody placed are not there', async () => {
    expect(await query('NONE-1')).toEqual(failed('ORDERNOTEXIST'))
    expect(await run('/pay/orderquery', { transaction_id: '42' })).toEqual(failed('ORDERNOTEXIST'))
    expect(await reverse('NONE-1')).toEqual({ ...failed('ORDERNOTEXIST'), recall: 'N' })
    const neither = await callV2(simulator, '/pay/orderquery', { appid: APPID })
    expect(neither.fields).toEqual({ return_code: 'FAIL', return_msg: '缺少参数out_trade_no' })
  })

  describe('by payment code', () => {
    test('are paid at once', async () => {
      expect(await scan('SCAN-1', '7890', { limit_pay: 'no_credit', goods_tag: 'x' })).toEqual({
        ...head(),
        out_trade_no: 'SCAN-1',
        openid: expect.stringMatching(/^o.{27}$/),
        is_subscribe: 'N',
        trade_type: 'MICROPAY',
        bank_type: 'OTHERS',
        total_fee: '100',
        settlement_total_fee: '100',
        fee_type: 'CNY',
        cash_fee: '100',
        cash_fee_type: 'CNY',
        transaction_id: expect.stringMatching(/^4\d{27}$/),
        time_end: '20260506150809',
      })
      expect(await scan('SCAN-1', '7890', { limit_pay: 'no_credit', goods_tag: 'x' })).toEqual(
        failed('ORDERPAID'),
      )
    })

    test.each([
      ['0001', 'SUCCESS'],
      ['0002', 'PAYERROR'],
    ])('ending in %s ask for the password, and end in %s', async (ending, outcome) => {
      const id = `ASK-${ending}`
      expect(await scan(id, ending)).toEqual(failed('USERPAYING'))
      expect(await scan(id, ending)).toEqual(failed('USERPAYING'))
      expect(await close(id)).toEqual(failed('USERPAYING'))
      expect(await query(id)).toMatchObject({ trade_state: 'USERPAYING' })
      expect(await query(id)).toMatchObject({ trade_state: 'USERPAYING' })
      expect(await query(id)).toMatchObject({ trade_state: outcome })
      expect(await query(id)).toMatchObject({ trade_state: outcome })
    })

    test('that failed may be tried again', async () => {
      expect(await scan('ASK-0002', '7890')).toMatchObject({ result_code: 'SUCCESS' })
    })

    test('ending in 0003 wait until the user pays', async () => {
      await scan('ASK-0003', '0003')
      for (let count = 0; count < 5; count++)
        expect(await query('ASK-0003')).toMatchObject({ trade_state: 'USERPAYING' })
      simulator.pay('ASK-0003')
      expect(await query('ASK-0003')).toMatchObject({ trade_state: 'SUCCESS' })
    })

    test.each([
      ['0004', 'NOTENOUGH'],
      ['0005', 'AUTHCODEEXPIRE'],
      ['0006', 'AUTH_CODE_ERROR'],
      ['0008', 'BANKERROR'],
    ])('ending in %s fail with %s and leave the order unpaid', async (ending, code) => {
      expect(await scan(`FAIL-${ending}`, ending)).toEqual(failed(code))
      expect(await query(`FAIL-${ending}`)).toMatchObject({ trade_state: 'NOTPAY' })
    })

    test('ending in 0007 fail although they were paid', async () => {
      expect(await scan('FAIL-0007', '0007')).toEqual(failed('SYSTEMERROR'))
      expect(await query('FAIL-0007')).toMatchObject({ trade_state: 'SUCCESS' })
    })

    test.each(['163456789012347890', '13456789012347890', '1345678901234789x0'])(
      'that are none are refused: %s',
      async (auth_code) => {
        expect(await scan('CODE-1', '', { auth_code })).toEqual(failed('AUTH_CODE_INVALID'))
      },
    )

    test('are reversed, paid or not, and once more', async () => {
      await scan('REVERSE-1', '7890')
      await scan('REVERSE-2', '0003')
      await scan('REVERSE-3', '0004')
      for (const id of ['REVERSE-1', 'REVERSE-2', 'REVERSE-3']) {
        for (let count = 0; count < 2; count++) expect(await reverse(id)).toEqual({ ...head(), recall: 'N' })
        expect(await query(id)).toMatchObject({ trade_state: 'REVOKED' })
        expect(await scan(id, '7890')).toEqual(failed('ORDERREVERSED'))
      }
      expect(() => simulator.pay('REVERSE-2')).toThrow('订单已撤销')
    })

    test('and only those are reversed, as long as nothing was given back', async () => {
      await place('REVERSE-4')
      expect(await reverse('REVERSE-4')).toEqual({ ...failed('INVALID_REQUEST'), recall: 'N' })
      await scan('REVERSE-5', '7890')
      const refund = { out_trade_no: 'REVERSE-5', out_refund_no: 'R-5', total_fee: 100, refund_fee: 1 }
      expect(await run('/secapi/pay/refund', refund)).toMatchObject({ result_code: 'SUCCESS' })
      expect(await reverse('REVERSE-5')).toEqual({ ...failed('TRADE_STATE_ERROR'), recall: 'N' })
    })
  })

  test('cannot be paid once expired', async () => {
    await place('EXPIRE-1', { time_expire: '20260506150814' })
    time += 5000
    expect(() => simulator.pay('EXPIRE-1')).toThrow('订单已关闭')
    const late = await callV2(
      simulator,
      '/pay/unifiedorder',
      orderV2('EXPIRE-2', { time_expire: '20260506150814' }),
    )
    expect(late.fields).toMatchObject({
      return_code: 'FAIL',
      return_msg: expect.stringContaining('time_expire'),
    })
  })

  test('have short links', async () => {
    const long_url = 'weixin://wxpay/bizpayurl?sign=XXXXX&appid=XXXXX'
    const { short_url } = await run('/tools/shorturl', { long_url })
    expect(short_url).toMatch(/^weixin:\/\/wxpay\/s\/[\w-]{8}$/)
    expect(await run('/tools/shorturl', { long_url: 'https://shop.example' })).toEqual(
      failed('INVALID_REQUEST'),
    )
  })
})

test('how often a user is found at the password can be set', async () => {
  await using simulator = await Simulator.start({ mode: 'public-key', userpayingQueries: 0 })
  await callV2(simulator, '/pay/micropay', scanV2('QUICK-1', '0001'))
  const { fields } = await callV2(simulator, '/pay/orderquery', { appid: APPID, out_trade_no: 'QUICK-1' })
  expect(fields.trade_state).toBe('SUCCESS')
})
