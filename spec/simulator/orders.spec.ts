import { Simulator, type Transaction } from '../../lib/simulator'
import { call, isGenuine, order, type Reply } from './client'

const START = Date.UTC(2026, 4, 6, 7, 8, 9)

describe('the life of an order', () => {
  let simulator: Simulator
  let time = START
  let mchid: string

  beforeAll(async () => {
    simulator = await Simulator.start({ now: () => time, refundDelay: 5000, balance: 250 })
    mchid = simulator.credentials.mchid
  })
  afterAll(() => simulator.close())

  const run = async (method: string, target: string, json?: object): Promise<Reply> => {
    const signing = { timestamp: String(Math.floor(time / 1000)) }
    const reply = await call(simulator, method, target, { signing, ...(json && { json }) })
    expect(isGenuine(simulator, reply)).toBe(true)
    return reply
  }
  const native = (id: string, more?: object) =>
    run('POST', '/v3/pay/transactions/native', order(simulator, id, more))
  const jsapi = (id: string, more?: object) =>
    run('POST', '/v3/pay/transactions/jsapi', order(simulator, id, { payer: { openid: 'oX' }, ...more }))
  const query = (id: string) => run('GET', `/v3/pay/transactions/out-trade-no/${id}?mchid=${mchid}`)
  const queryById = (id: string) => run('GET', `/v3/pay/transactions/id/${id}?mchid=${mchid}`)
  const close = (id: string, body: object = { mchid }) =>
    run('POST', `/v3/pay/transactions/out-trade-no/${id}/close`, body)
  const refund = (out_refund_no: string, amount: number, more: object = {}) =>
    run('POST', '/v3/refund/domestic/refunds', {
      out_trade_no: 'ORDER-1',
      out_refund_no,
      amount: { refund: amount, total: 100, currency: 'CNY' },
      ...more,
    })
  const verdict = ({ status, json }: Reply) => [status, (json as { code?: string } | undefined)?.code]

  test('begins unpaid', async () => {
    const placed = await native('ORDER-1', { attach: 'x', support_fapiao: true })
    expect(placed.status).toBe(200)
    expect(placed.json).toEqual({ code_url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/) })
    const { json } = await query('ORDER-1')
    expect(json).toEqual({
      appid: 'wx2b029c08a6233333',
      mchid,
      out_trade_no: 'ORDER-1',
      trade_state: 'NOTPAY',
      trade_state_desc: expect.any(String),
      description: '一本书',
      notify_url: 'https://shop.example/notify',
      attach: 'x',
      support_fapiao: true,
      amount: { total: 100, currency: 'CNY' },
    })
  })

  test('placed again as it was, is the same; placed otherwise, refused', async () => {
    const [one, two] = [await native('AGAIN-1'), await native('AGAIN-1')]
    expect(two.json).toEqual(one.json)
    expect((await native('AGAIN-2')).json).not.toEqual(one.json)
    expect(verdict(await native('AGAIN-1', { amount: { total: 101 } }))).toEqual([403, 'OUT_TRADE_NO_USED'])
    expect(verdict(await jsapi('AGAIN-1'))).toEqual([403, 'OUT_TRADE_NO_USED'])
  })

  test('is paid, and found by both ids from then on', async () => {
    const paid = simulator.pay('ORDER-1', 'oPayer')
    expect(paid).toMatchObject({
      trade_state: 'SUCCESS',
      trade_type: 'NATIVE',
      success_time: '2026-05-06T15:08:09+08:00',
      transaction_id: expect.stringMatching(/^4\d{27}$/),
      payer: { openid: 'oPayer' },
      amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
    })
    expect((await query('ORDER-1')).json).toEqual(paid)
    expect((await queryById(String(paid.transaction_id))).json).toEqual(paid)
    expect(verdict(await native('ORDER-1'))).toEqual([400, 'ORDERPAID'])
    expect(verdict(await close('ORDER-1'))).toEqual([400, 'ORDERPAID'])
    expect(() => simulator.pay('ORDER-1')).toThrow('订单已支付')
  })

  test('over JSAPI needs a payer, who then pays', async () => {
    const missing = await run('POST', '/v3/pay/transactions/jsapi', order(simulator, 'JSAPI-1'))
    expect(missing.json).toMatchObject({ detail: { field: '/payer' } })
    const nobody = await jsapi('JSAPI-1', { payer: {} })
    expect(nobody.json).toMatchObject({ detail: { field: '/payer/openid' } })
    const placed = await jsapi('JSAPI-1')
    expect(placed.json).toEqual({ prepay_id: expect.stringMatching(/^wx\d+$/) })
    expect((await jsapi('JSAPI-1')).json).toEqual(placed.json)
    expect(simulator.pay('JSAPI-1')).toMatchObject({ trade_type: 'JSAPI', payer: { openid: 'oX' } })
  })

  test('is closed once', async () => {
    await native('CLOSE-1')
    const wrong = await close('CLOSE-1', { mchid: '1' })
    expect(wrong.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/mchid', location: 'body' } })
    expect((await close('CLOSE-1', {})).json).toMatchObject({ detail: { field: '/mchid', value: null } })
    const closed = await close('CLOSE-1')
    expect(closed.status).toBe(204)
    expect(closed.body).toHaveLength(0)
    expect((await query('CLOSE-1')).json).toMatchObject({ trade_state: 'CLOSED' })
    expect(verdict(await close('CLOSE-1'))).toEqual([400, 'ORDER_CLOSED'])
    expect(verdict(await native('CLOSE-1'))).toEqual([400, 'ORDER_CLOSED'])
    expect(() => simulator.pay('CLOSE-1')).toThrow('订单已关闭')
  })

  test('cannot be paid once expired', async () => {
    await native('EXPIRE-1', { time_expire: '2026-05-06T15:08:14+08:00' })
    time += 5000
    expect(() => simulator.pay('EXPIRE-1')).toThrow('订单已关闭')
    time -= 1000
    expect(simulator.pay('EXPIRE-1').trade_state).toBe('SUCCESS')
  })

  test('that nobody placed is 404', async () => {
    for (const reply of [await query('NONE-1'), await queryById('4200'), await close('NONE-1')])
      expect(verdict(reply)).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(() => simulator.pay('NONE-1')).toThrow('订单不存在')
  })

  test.each(['', '?mchid=', '?mchid=1'])('is not queried with %j for a merchant', async (tail) => {
    const reply = await run('GET', `/v3/pay/transactions/out-trade-no/ORDER-1${tail}`)
    expect(reply.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: '/mchid', location: 'query' },
    })
  })

  describe('refunds', () => {
    test('are under way, then arrive', async () => {
      const created = await refund('REFUND-1', 60)
      expect(created.status).toBe(200)
      const { transaction_id } = (await query('ORDER-1')).json as Transaction
      expect(created.json).toEqual({
        refund_id: expect.stringMatching(/^50\d{27}$/),
        out_refund_no: 'REFUND-1',
        transaction_id,
        out_trade_no: 'ORDER-1',
        channel: 'ORIGINAL',
        user_received_account: expect.any(String),
        create_time: '2026-05-06T15:08:13+08:00',
        status: 'PROCESSING',
        funds_account: 'UNSETTLED',
        amount: {
          total: 100,
          refund: 60,
          payer_total: 100,
          payer_refund: 60,
          settlement_total: 100,
          settlement_refund: 60,
          discount_refund: 0,
          currency: 'CNY',
        },
        promotion_detail: [],
      })
      const target = '/v3/refund/domestic/refunds/REFUND-1'
      expect((await run('GET', target)).json).toEqual(created.json)
      expect((await query('ORDER-1')).json).toMatchObject({ trade_state: 'REFUND' })
      time += 5000
      expect((await run('GET', target)).json).toMatchObject({
        status: 'SUCCESS',
        success_time: '2026-05-06T15:08:18+08:00',
      })
    })

    test('asked for again, are the same and cost nothing more', async () => {
      const again = await refund('REFUND-1', 60)
      expect(again.json).toMatchObject({ out_refund_no: 'REFUND-1', status: 'SUCCESS' })
      expect(verdict(await refund('REFUND-1', 40))).toEqual([400, 'INVALID_REQUEST'])
      expect((await refund('REFUND-2', 40)).status).toBe(200)
    })

    test('never exceed what was paid', async () => {
      expect(verdict(await refund('REFUND-3', 1))).toEqual([400, 'INVALID_REQUEST'])
      await native('REFUND-ORDER-2')
      simulator.pay('REFUND-ORDER-2')
      const more = { out_trade_no: 'REFUND-ORDER-2' }
      expect(verdict(await refund('REFUND-4', 101, more))).toEqual([400, 'INVALID_REQUEST'])
      expect((await refund('REFUND-4', 100, more)).status).toBe(200)
    })

    test('need a paid order and its total', async () => {
      await native('REFUND-ORDER-3')
      const more = { out_trade_no: 'REFUND-ORDER-3' }
      expect(verdict(await refund('REFUND-5', 1, more))).toEqual([400, 'INVALID_REQUEST'])
      simulator.pay('REFUND-ORDER-3')
      const total = await refund('REFUND-5', 1, {
        ...more,
        amount: { refund: 1, total: 99, currency: 'CNY' },
      })
      expect(total.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/amount/total', value: 99 } })
      const none = await refund('REFUND-5', 1, { out_trade_no: undefined })
      expect(none.json).toMatchObject({ detail: { field: '/out_trade_no', location: 'body' } })
      expect(verdict(await refund('REFUND-5', 1, { out_trade_no: 'NONE-1' }))).toEqual([
        404,
        'RESOURCE_NOT_EXISTS',
      ])
      expect(verdict(await run('GET', '/v3/refund/domestic/refunds/REFUND-5'))).toEqual([
        404,
        'RESOURCE_NOT_EXISTS',
      ])
    })

    test('find the order by the platform’s id, and see both ids agree', async () => {
      const { transaction_id } = (await query('REFUND-ORDER-3')).json as Transaction
      const other = { transaction_id, out_trade_no: 'ORDER-1' }
      expect(verdict(await refund('REFUND-6', 1, other))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
      const byId = await refund('REFUND-6', 1, { transaction_id, out_trade_no: undefined })
      expect(byId.json).toMatchObject({ transaction_id, out_trade_no: 'REFUND-ORDER-3' })
    })

    test('from the balance need one', async () => {
      for (const [id, status] of [
        ['1', 200],
        ['2', 200],
        ['3', 403],
      ] as const) {
        await native(`BALANCE-${id}`)
        simulator.pay(`BALANCE-${id}`)
        const more = { out_trade_no: `BALANCE-${id}`, funds_account: 'AVAILABLE' }
        const reply = await refund(`BALANCE-REFUND-${id}`, 100, more)
        expect(reply.status).toBe(status)
        if (status === 403) expect(reply.json).toMatchObject({ code: 'NOT_ENOUGH' })
      }
    })
  })
})

test('the oldest orders are forgotten beyond the capacity', async () => {
  await using simulator = await Simulator.start({ mode: 'public-key', capacity: 3 })
  const { mchid } = simulator.credentials
  for (let id = 1; id <= 4; id++)
    await call(simulator, 'POST', '/v3/pay/transactions/native', { json: order(simulator, `FORGET-${id}`) })
  const status = async (id: number): Promise<number> =>
    (await call(simulator, 'GET', `/v3/pay/transactions/out-trade-no/FORGET-${id}?mchid=${mchid}`)).status
  expect([await status(1), await status(2), await status(4)]).toEqual([404, 200, 200])
  expect(simulator.requests).toHaveLength(3)
})
