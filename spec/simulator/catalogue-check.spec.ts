import { operations } from '../../lib/catalogue'
import { Simulator } from '../../lib/simulator'
import { requestOf, templateOf } from '../support/catalogue-requests'
import { authorization, call, isGenuine, send } from './client'
import { APPID, callV2, merchantTls, orderV2, type Values } from './v2-client'

const INVITE = '/v3/new-tax-control-fapiao/fapiaomerchant/getspinviteurl'
const INVITED = 'operation_type=AUTH_BINDING&fapiao_mode=TENCENT_DIGITAL_TAX&invite_code=1'
const LISTS = 'fapiao_ability_type_list'

describe('what is checked of a request', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ tls: true })
  })
  afterAll(() => simulator.close())

  /** A valid request, as the catalogue has it */
  const valid = (name: string) => {
    const operation = operations().find(({ verb, uri }) => `${verb} ${uri}` === name)
    if (!operation) throw new Error(`${name} is not documented`)
    return { target: templateOf(operation), ...requestOf(operation, simulator.credentials.mchid) }
  }

  test.each([
    ['text for a number in a query', '/v3/marketing/partnerships?limit=ten', '/limit', 'ten'],
    ['a fraction', '/v3/marketing/partnerships?limit=1.5', '/limit', '1.5'],
    ['a number that comes twice', '/v3/marketing/partnerships?limit=1&limit=2', '/limit', '[…]'],
    ['no JSON in a text', '/v3/marketing/partnerships?partner=%7B', '/partner', '{'],
    ['JSON of another shape', '/v3/marketing/partnerships?partner=%7B%7D', '/partner/type', null],
    [
      'an item that is not listed',
      `${INVITE}?${INVITED}&${LISTS}[0]=BASE_ABILITY&${LISTS}[1]=X`,
      `/${LISTS}`,
      'X',
    ],
    [
      'an empty field that is needed',
      `${INVITE}?operation_type=&${INVITED.slice(28)}`,
      '/operation_type',
      null,
    ],
    ['a path that is no number', '/v3/merchant-store/stores/one', '/store_id', 'one'],
    ['a path that is not listed', '/v3/merchant/fund/balance/SAVINGS', '/account_type', 'SAVINGS'],
  ])('%s', async (_, target, field, value) => {
    const reply = await call(simulator, 'GET', target)
    expect([reply.status, reply.json]).toEqual([
      400,
      {
        code: 'PARAM_ERROR',
        message: `参数错误：${field}`,
        detail: {
          field,
          value,
          issue: expect.any(String),
          location: expect.stringMatching(/^(?:query|path)$/),
        },
      },
    ])
    expect(isGenuine(simulator, reply)).toBe(true)
  })

  test.each([
    `${INVITE}?${INVITED}&${LISTS}=BASE_ABILITY&${LISTS}=REAL_ESTATE_ABILITY`,
    `${INVITE}?${INVITED}&${LISTS}[]=BASE_ABILITY`,
    `${INVITE}?${INVITED}&unheard_of=1`,
    '/v3/marketing/partnerships?limit=&offset=0',
    '/v3/merchant-store/stores/1',
  ])('%s is fine', async (target) => {
    expect((await call(simulator, 'GET', target)).status).toBe(200)
  })

  test('a header that is needed', async () => {
    const { target, json } = valid('POST v3/marketing/partnerships/build')
    const reply = await call(simulator, 'POST', target, { json })
    expect([reply.status, reply.json]).toEqual([
      400,
      expect.objectContaining({
        detail: { field: 'Idempotency-Key', value: null, issue: 'is required', location: 'header' },
      }),
    ])
    const headers = { 'Idempotency-Key': '1' }
    expect((await call(simulator, 'POST', target, { json, headers })).status).toBe(200)
  })

  describe('an upload', () => {
    const target = '/v3/merchant/media/upload'
    const whole = { meta: '{"sha256":"0","filename":"x.png"}', file: 'bytes' }

    const upload = (parts: Record<string, string>) => {
      const lines = Object.entries(parts).map(([name, content]) => {
        const file = name === 'file' ? '; filename="x.png"' : ''
        return `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`
      })
      const headers = {
        'User-Agent': 'spec',
        'Content-Type': 'multipart/form-data; boundary=b',
        Authorization: authorization(simulator, 'POST', target, parts.meta ?? ''),
      }
      return send(simulator, 'POST', target, headers, `${lines.join('')}--b--\r\n`)
    }

    test('of all its parts', async () => {
      const reply = await upload(whole)
      expect([reply.status, reply.json]).toEqual([200, { media_id: expect.any(String) }])
      expect((await upload({ ...whole, file: 'others' })).body).not.toEqual(reply.body)
    })

    test.each([
      ['without the file', { file: '' }, '/file'],
      ['without its description', { meta: '' }, '/meta'],
      ['with something else than a description', { meta: '[]' }, '/meta'],
      ['with a description that lacks the hash', { meta: '{"filename":"x"}' }, '/meta/sha256'],
    ])('%s', async (_, more, field) => {
      const reply = await upload({ ...whole, ...more })
      expect([reply.status, reply.json]).toEqual([
        400,
        expect.objectContaining({ code: 'PARAM_ERROR', detail: expect.objectContaining({ field }) }),
      ])
    })

    test('that is none', async () => {
      const reply = await call(simulator, 'POST', target, { json: {} })
      expect(reply.json).toMatchObject({ detail: { field: 'Content-Type', location: 'header' } })
    })
  })

  describe('in APIv2', () => {
    const PARKING = { plate_number: '粤B12345', car_type: '1', parking_name: '场', free_time: '0' }

    /** A valid request for a parking fee; the scene's fields are those of its kind */
    const payapply = (scene: object): Promise<{ fields: Values }> => {
      const { target, xml = {} } = valid('POST v2/vehicle/pay/payapply')
      const { mch_id, ...fields } = xml as Values
      const scene_info = JSON.stringify({ scene_info: scene })
      return callV2(simulator, target, { ...fields, trade_scene: 'PARKING', scene_info })
    }
    const START = { start_time: '20260101000000' }

    test.each([
      ['nothing of any kind', {}],
      ['not enough of any kind', { car_type: '1' }],
    ])('a scene with %s', async (_, scene) => {
      const { fields } = await payapply(scene)
      expect(fields).toMatchObject({ return_code: 'FAIL' })
      expect(fields.return_msg).toMatch(/^缺少参数scene_info\/scene_info\//)
    })

    test('a scene of one of the kinds is fine', async () => {
      const whole = { ...START, end_time: '20260101010000', charging_time: '3600', ...PARKING }
      const { fields } = await payapply({
        ...whole,
        deduct_mode: 'PROACTIVE',
        support_deduct_mode: 'DEDUCT_ALL',
      })
      expect(fields).toMatchObject({ return_code: 'SUCCESS', result_code: 'SUCCESS' })
    })

    test.each([
      ['a detail that is no JSON', { detail: '一本书' }, 'detail参数错误：must be JSON in a string'],
      [
        'a detail with text for a number',
        { detail: '{"goods_detail":[{"quantity":"1"}]}' },
        'detail/goods_detail/0/quantity参数错误：must be a number',
      ],
      ['a trade type that is not listed', { trade_type: 'CASH' }, /^trade_type参数错误：must be one of /],
      ['text for a number', { total_fee: 'much' }, 'total_fee参数错误：must be an integer'],
      ['nothing where something is needed', { body: '' }, '缺少参数body'],
    ])('%s', async (_, more, return_msg) => {
      const { fields } = await callV2(simulator, '/pay/unifiedorder', orderV2('CHECK-1', more))
      expect(fields).toEqual({ return_code: 'FAIL', return_msg: expect.stringMatching(return_msg) })
    })

    test('one of several numbers', async () => {
      const { fields } = await callV2(simulator, '/pay/refundqueryv2', { appid: APPID })
      expect(fields.return_msg).toBe('缺少参数out_refund_no')
    })

    test('a text that is a query, and a query beside the XML', async () => {
      const tls = merchantTls(simulator)
      const { xml = {} } = valid('POST v2/mmpaymkttransfers/sendgroupredpack')
      const { mch_id, ...packet } = xml as Values
      const path = '/mmpaymkttransfers/sendgroupredpack'
      const sent = await callV2(simulator, path, { ...packet, risk_info: 'posttime=soon' }, tls)
      expect(sent.fields.return_msg).toBe('risk_info/posttime参数错误：must be a number')
      const managed = await callV2(simulator, '/secapi/mch/submchmanage?action=drop', { appid: APPID }, tls)
      expect(managed.fields.return_msg).toBe('action参数错误：must be one of add, query')
    })

    test('the client certificate', async () => {
      const reply = await callV2(simulator, '/mmpaymkttransfers/sendgroupredpack', {})
      expect(reply.fields).toMatchObject({ return_code: 'FAIL', return_msg: expect.stringContaining('证书') })
      const { cert, key, ...tls } = merchantTls(simulator)
      expect((await callV2(simulator, '/secapi/mch/submchmanage?action=add', {}, tls)).status).toBe(400)
    })
  })
})
