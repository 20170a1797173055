import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Simulator } from '../../lib/simulator'
import { call, isGenuine, order, send } from './client'

const NATIVE = '/v3/pay/transactions/native'

describe('the gateway', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  test.each([
    ['GET', '/v3/no/such/thing', 404, 'NOT_FOUND'],
    ['GET', '/', 404, 'NOT_FOUND'],
    ['POST', '/pay/unifiedorders', 404, 'NOT_FOUND'],
    ['GET', '/v3/certificates/', 404, 'NOT_FOUND'],
    ['DELETE', '/v3/certificates', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/v3/refund/domestic/refunds/%E4%B8', 400, 'PARAM_ERROR'],
    ['GET', '/v3/refund/domestic/refunds/', 400, 'PARAM_ERROR'],
    ['GET', '/v3/refund/domestic/refunds/a%2Fb', 404, 'RESOURCE_NOT_EXISTS'],
    ['GET', '/v3/refund/domestic/refunds/a/b', 404, 'NOT_FOUND'],
  ])('answers %s %s with %i %s, signed', async (method, target, status, code) => {
    const reply = await call(simulator, method, target)
    expect(reply.status).toBe(status)
    expect(reply.json).toMatchObject({ code, message: expect.any(String) })
    expect(isGenuine(simulator, reply)).toBe(true)
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, status, code })
  })

  test('gives every answer an id of its own', async () => {
    const ids = new Set<unknown>()
    for (let count = 0; count < 3; count++) ids.add((await call(simulator, 'GET', '/')).headers['request-id'])
    expect(ids.size).toBe(3)
  })

  test.each<[string, string | Buffer, Record<string, string>, string]>([
    ['no JSON', '{"a":', {}, ''],
    ['nothing', '', { 'Content-Type': 'application/json' }, ''],
    ['a list', '[]', {}, ''],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, ''],
    ['a form', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'Content-Type'],
    ['no content type', '{}', { 'Content-Type': '' }, 'Content-Type'],
    ['almost JSON', '{}', { 'Content-Type': 'application/jsonp' }, 'Content-Type'],
  ])('refuses a body that is %s', async (_, body, headers, field) => {
    const reply = await call(simulator, 'POST', NATIVE, { body, headers })
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({ code: 'PARAM_ERROR', detail: { field } })
    expect(isGenuine(simulator, reply)).toBe(true)
  })

  test('takes JSON with a charset', async () => {
    const body = JSON.stringify({ echo_message: 'x' })
    const headers = { 'Content-Type': 'Application/JSON; charset=utf-8' }
    expect((await call(simulator, 'POST', '/v3/security/echo', { body, headers })).status).toBe(200)
  })

  test.each<[string, object, string, unknown]>([
    ['a missing field', { description: undefined }, '/description', null],
    ['null for a field', { description: null }, '/description', null],
    ['an empty field', { description: '' }, '/description', ''],
    ['a number for a string', { description: 1 }, '/description', 1],
    ['too long a string', { attach: 'x'.repeat(129) }, '/attach', 'x'.repeat(129)],
    ['too short a number', { out_trade_no: '12345' }, '/out_trade_no', '12345'],
    ['a wrong character', { out_trade_no: '123 456' }, '/out_trade_no', '123 456'],
    ['no URL', { notify_url: 'shop.example' }, '/notify_url', 'shop.example'],
    [
      'a URL with a query',
      { notify_url: 'https://shop.example/?a=b' },
      '/notify_url',
      'https://shop.example/?a=b',
    ],
    ['no time', { time_expire: 'tomorrow' }, '/time_expire', 'tomorrow'],
    [
      'a time gone by',
      { time_expire: '2018-06-08T10:34:56+08:00' },
      '/time_expire',
      '2018-06-08T10:34:56+08:00',
    ],
    ['a string for an object', { amount: '1' }, '/amount', '1'],
    ['a list for an object', { amount: [] }, '/amount', []],
    ['a missing inner field', { amount: {} }, '/amount/total', null],
    ['a fraction', { amount: { total: 0.5 } }, '/amount/total', 0.5],
    ['too small a number', { amount: { total: 0 } }, '/amount/total', 0],
    ['a string for a number', { amount: { total: '1' } }, '/amount/total', '1'],
    ['an unknown currency', { amount: { total: 1, currency: 'USD' } }, '/amount/currency', 'USD'],
    ['a string for a boolean', { support_fapiao: 'true' }, '/support_fapiao', 'true'],
    ['an object for a list', { limit_pay: {} }, '/limit_pay', {}],
    ['a wrong item', { limit_pay: ['no_credit', 'no_cash'] }, '/limit_pay/1', 'no_cash'],
    [
      'a wrong field of an item',
      { detail: { goods_detail: [{ merchant_goods_id: '1', quantity: 0, unit_price: 1 }] } },
      '/detail/goods_detail/0/quantity',
      0,
    ],
    ['another merchant', { mchid: '1900000110' }, '/mchid', '1900000110'],
  ])('points at %s', async (_, more, field, value) => {
    const reply = await call(simulator, 'POST', NATIVE, { json: order(simulator, 'POINTS-1', more) })
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field, value, issue: expect.any(String), location: 'body' },
    })
  })

  test('lets null stand for an absent field, and fields through that it does not know', async () => {
    const json = order(simulator, 'LENIENT-1', { attach: null, unheard_of: { of: 1 } })
    expect((await call(simulator, 'POST', NATIVE, { json })).status).toBe(200)
  })

  test('takes everything that an order may hold', async () => {
    const goods = { merchant_goods_id: '1', goods_name: '书', quantity: 1, unit_price: 100 }
    const store_info = { id: '1', name: '店', area_code: '440305', address: '深圳' }
    const more = {
      attach: 'x',
      time_expire: new Date(Date.now() + 3_600_000).toISOString(),
      goods_tag: 'x',
      limit_pay: ['no_credit', 'no_debit'],
      support_fapiao: false,
      detail: { cost_price: 100, invoice_id: '1', goods_detail: [goods, goods] },
      scene_info: { payer_client_ip: '127.0.0.1', device_id: '1', store_info },
      settle_info: { profit_sharing: true },
    }
    const reply = await call(simulator, 'POST', NATIVE, { json: order(simulator, 'WHOLE-1', more) })
    expect(reply.status).toBe(200)
    const { settle_info, ...repeated } = more
    expect(simulator.pay('WHOLE-1')).toMatchObject(repeated)
  })

  test('refuses a body beyond 16 MiB, and goes on', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024 + 1)
    const reply = await send(simulator, 'POST', NATIVE, { 'User-Agent': 'spec' }, body)
    expect(reply.status).toBe(413)
    expect((await call(simulator, 'GET', '/v3/certificates')).status).toBe(200)
  })

  test('answers a fault of its own with 500, signed', async () => {
    let calls = 0
    // The first reading is for the keys, then one for the samples, two for the check, and one for the order.
    const now = (): number => {
      calls += 1
      if (calls === 5) throw new Error('a broken clock')
      return Date.now()
    }
    await using broken = await Simulator.start({ mode: 'public-key', now })
    const reply = await call(broken, 'POST', NATIVE, { json: order(broken, 'BROKEN-1') })
    expect(reply.status).toBe(500)
    expect(reply.json).toEqual({ code: 'SYSTEM_ERROR', message: expect.any(String) })
    expect(isGenuine(broken, reply)).toBe(true)
  })
})

// Its 国密, in a folder of its own, has a library: spec/architecture.spec.ts sees to that.
test('nothing of the simulator imports anything but Node, itself and the catalogue', () => {
  const folder = join(__dirname, '../../lib/simulator')
  const files = readdirSync(folder).filter((name) => /\.m?ts$/.test(name))
  expect(files.length).toBeGreaterThan(10)
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8')
    const sources = [...text.matchAll(/(?:from|import\(|require\(|import)\s*['"]([^'"]+)['"]/g)]
    for (const [, source = ''] of sources)
      expect([file, source]).toEqual([file, expect.stringMatching(/^node:|^\.\/[^/]+$|^\.\.\/catalogue$/)])
  }
})
