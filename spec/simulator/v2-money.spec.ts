import { gunzipSync } from 'node:zlib'
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

describe('money that leaves', () => {
  let simulator: Simulator
  let time = START

  beforeAll(async () => {
    simulator = await Simulator.start({
      ...{ mode: 'public-key', tls: true, now: () => time },
      ...{ refundDelay: 5000, balance: 30_000 },
    })
    for (const id of ['MONEY-1', 'MONEY-2']) {
      await callV2(simulator, '/pay/unifiedorder', orderV2(id, { body: '书,`本`', attach: 'x' }))
      simulator.pay(id, 'oPayer')
    }
    await callV2(simulator, '/pay/micropay', scanV2('MONEY-3', '7890'))
    await callV2(simulator, '/pay/unifiedorder', orderV2('MONEY-4'))
  })
  afterAll(() => simulator.close())

  const ask = (path: string, fields: Values): Promise<V2Reply> =>
    callV2(simulator, path, { appid: APPID, ...fields }, merchantTls(simulator))
  const run = async (path: string, fields: Values): Promise<V2Reply['fields']> => {
    const reply = await ask(path, fields)
    expect(isGenuineV2(simulator, reply)).toBe(true)
    return reply.fields
  }
  const refund = (out_refund_no: string, refund_fee: number, more: Values = {}) =>
    run('/secapi/pay/refund', { out_trade_no: 'MONEY-1', out_refund_no, total_fee: 100, refund_fee, ...more })
  const queryRefund = (fields: Values) => run('/pay/refundquery', fields)
  const code = ({ result_code, err_code }: V2Reply['fields']) => err_code ?? result_code

  describe('as refunds', () => {
    test('is given back in parts', async () => {
      const one = await refund('REFUND-1', 30, { refund_desc: '坏了', notify_url: 'https://shop.example/r' })
      expect(one).toMatchObject({
        result_code: 'SUCCESS',
        transaction_id: expect.stringMatching(/^4\d{27}$/),
        out_trade_no: 'MONEY-1',
        out_refund_no: 'REFUND-1',
        refund_id: expect.stringMatching(/^50\d{27}$/),
        refund_fee: '30',
        total_fee: '100',
        cash_fee: '100',
        cash_refund_fee: '30',
      })
      const again = await refund('REFUND-1', 30, {
        refund_desc: '坏了',
        notify_url: 'https://shop.example/r',
      })
      expect(again.refund_id).toBe(one.refund_id)
      const { transaction_id } = one
      const two = await refund('REFUND-2', 70, { transaction_id, out_trade_no: undefined })
      expect(code(two)).toBe('SUCCESS')
      expect(code(await refund('REFUND-3', 1))).toBe('INVALID_REQUEST')
      expect(code(await refund('REFUND-1', 29))).toBe('INVALID_REQUEST')
    })

    test('is told by every number, and by APIv3', async () => {
      const both = await queryRefund({ out_trade_no: 'MONEY-1' })
      expect(both).toMatchObject({
        total_refund_count: '2',
        refund_count: '2',
        out_trade_no: 'MONEY-1',
        total_fee: '100',
        out_refund_no_0: 'REFUND-1',
        refund_fee_0: '30',
        refund_status_0: 'PROCESSING',
        refund_channel_0: 'ORIGINAL',
        refund_account_0: 'REFUND_SOURCE_UNSETTLED_FUNDS',
        refund_recv_accout_0: expect.any(String),
        out_refund_no_1: 'REFUND-2',
        refund_fee_1: '70',
      })
      expect(both).not.toHaveProperty('refund_success_time_0')
      time += 5000
      const { transaction_id, refund_id_1: refund_id } = both
      for (const fields of [{ refund_id }, { out_refund_no: 'REFUND-2' }, { transaction_id, offset: 1 }])
        expect(await queryRefund(fields)).toMatchObject({
          refund_count: '1',
          out_refund_no_0: 'REFUND-2',
          refund_status_0: 'SUCCESS',
          refund_success_time_0: '2026-05-06 15:08:14',
        })
      const signing = { timestamp: String(Math.floor(time / 1000)) }
      const { json } = await call(simulator, 'GET', '/v3/refund/domestic/refunds/REFUND-2', { signing })
      expect(json).toMatchObject({ refund_id, status: 'SUCCESS', amount: { refund: 70 } })
      expect((await run('/pay/orderquery', { out_trade_no: 'MONEY-1' })).trade_state).toBe('REFUND')
    })

    test('needs an order, paid, of that total, and a number to ask by', async () => {
      expect(code(await refund('REFUND-4', 1, { out_trade_no: 'NONE-1' }))).toBe('ORDERNOTEXIST')
      expect(code(await refund('REFUND-4', 1, { out_trade_no: 'MONEY-4' }))).toBe('INVALID_REQUEST')
      expect(code(await refund('REFUND-4', 1, { total_fee: 99 }))).toBe('REFUND_FEE_MISMATCH')
      expect(code(await queryRefund({ out_refund_no: 'REFUND-4' }))).toBe('REFUNDNOTEXIST')
      expect((await ask('/pay/refundquery', {})).fields).toEqual({
        return_code: 'FAIL',
        return_msg: '缺少参数out_refund_no',
      })
    })

    test('comes from the balance when asked so', async () => {
      const more = { out_trade_no: 'MONEY-2', refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS' }
      expect(code(await refund('REFUND-5', 50, more))).toBe('SUCCESS')
      const { refund_account_0 } = await queryRefund({ out_refund_no: 'REFUND-5' })
      expect(refund_account_0).toBe('REFUND_SOURCE_RECHARGE_FUNDS')
    })
  })

  describe('as red packets', () => {
    const packet = (mch_billno: string, more: Values = {}) =>
      ask('/mmpaymkttransfers/sendredpack', {
        ...{ appid: undefined, wxappid: APPID, mch_billno, send_name: '店', re_openid: 'oX' },
        ...{ total_amount: 10_000, total_num: 1, wishing: '恭喜发财', client_ip: '127.0.0.1' },
        ...{ act_name: '活动', remark: '备注' },
        ...more,
      })
    const info = (mch_billno: string) =>
      ask('/mmpaymkttransfers/gethbinfo', { mch_billno, bill_type: 'MCHT' })

    test('is sent once, and told; both unsigned', async () => {
      const sent = await packet('PACKET1')
      expect(sent.fields).toEqual({
        ...{ return_code: 'SUCCESS', return_msg: 'OK', result_code: 'SUCCESS' },
        mch_billno: 'PACKET1',
        mch_id: simulator.credentials.mchid,
        wxappid: APPID,
        re_openid: 'oX',
        total_amount: '10000',
        send_listid: expect.stringMatching(/^\d{28}$/),
      })
      expect((await packet('PACKET1')).fields).toEqual(sent.fields)
      expect((await packet('PACKET1', { re_openid: 'oY' })).fields).toMatchObject({ err_code: 'FATAL_ERROR' })
      expect((await info('PACKET1')).fields).toEqual({
        ...{ return_code: 'SUCCESS', return_msg: 'OK', result_code: 'SUCCESS' },
        mch_billno: 'PACKET1',
        mch_id: simulator.credentials.mchid,
        detail_id: sent.fields.send_listid,
        ...{ status: 'SENT', send_type: 'API', hb_type: 'NORMAL', total_num: '1', total_amount: '10000' },
        ...{ wishing: '恭喜发财', remark: '备注', act_name: '活动', send_time: '2026-05-06 15:08:14' },
      })
    })

    test('has its limits', async () => {
      expect((await info('NONE')).fields).toEqual({
        ...{ return_code: 'SUCCESS', return_msg: 'OK', result_code: 'FAIL' },
        ...{ err_code: 'NOT_FOUND', err_code_des: '指定单号数据不存在' },
      })
      expect((await packet('PACKET2', { total_amount: 99 })).fields.err_code).toBe('MONEY_LIMIT')
      expect((await packet('PACKET2', { total_amount: 20_001 })).fields.err_code).toBe('MONEY_LIMIT')
      expect((await packet('PACKET2', { total_num: 2 })).fields.return_msg).toContain('total_num')
      const scene = { total_amount: 20_001, scene_id: 'PRODUCT_1' }
      // 30,000 less 50 for a refund and 10,000 for a packet
      expect((await packet('PACKET2', scene)).fields.err_code).toBe('NOTENOUGH')
      expect((await packet('PACKET2', { total_amount: 19_950 })).fields.result_code).toBe('SUCCESS')
      expect((await packet('PACKET3', { total_amount: 100 })).fields.err_code).toBe('NOTENOUGH')
    })
  })

  describe('or came is on the bills', () => {
    const bill = (fields: Values) => ask('/pay/downloadbill', { bill_date: '20260506', ...fields })
    const flow = (fields: Values) =>
      ask('/pay/downloadfundflow', {
        ...{ bill_date: '20260506', account_type: 'Basic', sign_type: 'HMAC-SHA256' },
        ...fields,
      })
    const lines = (body: Buffer): string[] => {
      const text = body.toString()
      expect(text.endsWith('\r\n')).toBe(true)
      return text.slice(0, -2).split('\r\n')
    }

    beforeAll(async () => {
      time += 1000
      await run('/secapi/pay/reverse', { out_trade_no: 'MONEY-3' })
    })

    test('of trades', async () => {
      const reply = await bill({})
      expect(reply.headers['content-type']).toBe('text/plain')
      const all = lines(reply.body)
      expect(all[0]).toBe(
        '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,' +
          '货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,' +
          '商户数据包,手续费,费率,订单金额,申请退款金额,费率备注',
      )
      expect(all).toHaveLength(1 + 3 + 3 + 1 + 2)
      expect(all[1]).toMatch(
        new RegExp(
          `^\`2026-05-06 15:08:09,\`${APPID},\`1900000109,\`0,\`,\`4\\d{27},\`MONEY-1,\`oPayer,\`NATIVE,\`SUCCESS,` +
            '`OTHERS,`CNY,`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`书,`本`,`x,`0.00000,`0.00%,`1.00,`0.00,`$',
        ),
      )
      expect(all[4]).toMatch(
        /`MONEY-1,.*`REFUND,.*`0\.00,`0\.00,`50\d{27},`REFUND-1,`0\.30,`0\.00,`ORIGINAL,`SUCCESS,.*`0\.00,`0\.30,`$/,
      )
      expect(all[7]).toMatch(/`MONEY-3,.*`MICROPAY,`REVOKED,.*`0,`0,`1\.00,`0\.00,`ORIGINAL,`SUCCESS,/)
      expect(all.at(-2)).toBe(
        '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
      )
      expect(all.at(-1)).toBe('`7,`3.00,`2.50,`0.00,`0.00000,`3.00,`2.50')
      // Values are not quoted: the name of the book has a comma and back-ticks of its own.
      const widths = all.slice(0, -2).map((one) => one.replace('书,`本`', '').split(',').length)
      expect(new Set(widths)).toEqual(new Set([27]))
    })

    test('by type, and packed', async () => {
      const paid = lines((await bill({ bill_type: 'SUCCESS' })).body)
      expect(paid[0]).not.toContain('退款')
      expect(paid.at(-1)).toMatch(/^`3,/)
      const reply = await bill({ bill_type: 'REFUND', tar_type: 'GZIP' })
      expect(reply.headers).not.toHaveProperty('content-encoding')
      const back = lines(gunzipSync(reply.body))
      expect(back[0]).toContain('退款申请时间,退款成功时间,微信退款单号')
      expect(back[1]).toContain('`2026-05-06 15:08:09,`2026-05-06 15:08:14,`50')
      expect(back.at(-1)).toMatch(/^`4,`0\.00,`2\.50,/)
    })

    test.each<[Values, string, string]>([
      [{ bill_date: '20260505' }, 'No Bill Exist', '20002'],
      [{ bill_type: 'RECHARGE_REFUND' }, 'No Bill Exist', '20002'],
      [{ bill_date: '2026-05-06' }, 'bill_date', '20001'],
      [{ bill_type: 'NONE' }, 'bill_type', '20001'],
    ])('of trades are not there for %j', async (fields, message, error_code) => {
      expect((await bill(fields)).fields).toEqual({
        return_code: 'FAIL',
        return_msg: expect.stringContaining(message),
        error_code,
      })
    })

    test('of funds', async () => {
      const all = lines((await flow({})).body)
      expect(all[0]).toBe(
        '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,' +
          '备注,业务凭证号',
      )
      expect(all).toHaveLength(1 + 7 + 2)
      expect(all[1]).toMatch(
        /^`2026-05-06 15:08:09,`4\d+,`4\d+,`交易,`交易,`收入,`1\.00,`301\.00,`API,`,`MONEY-1$/,
      )
      expect(all[4]).toMatch(/,`50\d+,`4\d+,`退款,`退款,`支出,`0\.30,`302\.70,`API,`,`REFUND-1$/)
      expect(all.slice(-2)).toEqual([
        '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额',
        '`7,`3,`3.00,`4,`2.50',
      ])
      const packets = lines(gunzipSync((await flow({ account_type: 'Operation', tar_type: 'GZIP' })).body))
      expect(packets.at(-1)).toBe('`2,`0,`0.00,`2,`299.50')
      expect(packets[1]).toContain('`微信红包,`微信红包,`支出,`100.00,`200.00')
    })

    test('of funds are not there, or not like this', async () => {
      for (const fields of [{ account_type: 'Fees' }, { bill_date: '20260507' }])
        expect((await flow(fields)).fields).toEqual({
          ...{ return_code: 'SUCCESS', result_code: 'FAIL' },
          ...{ err_code: 'NO_BILL_EXIST', err_code_des: expect.any(String) },
        })
      const wrong = await flow({ account_type: 'None' })
      expect(wrong.fields).toEqual({
        return_code: 'FAIL',
        return_msg: expect.stringContaining('account_type'),
      })
      const md5 = await flow({ sign_type: 'MD5' })
      expect(md5.fields).toEqual({ return_code: 'FAIL', return_msg: expect.stringContaining('sign_type') })
    })
  })
})
