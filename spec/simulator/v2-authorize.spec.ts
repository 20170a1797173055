import fc from 'fast-check'
import { Simulator } from '../../lib/simulator'
import { digestOf, messageOf } from '../../lib/simulator/v2-sign'
import {
  callV2,
  isGenuineV2,
  orderV2,
  sendV2,
  signed,
  signOf,
  type V2Reply,
  type Values,
  xmlOf,
} from './v2-client'

const PATH = '/pay/unifiedorder'

const refused = (message: string) => ({ return_code: 'FAIL', return_msg: expect.stringContaining(message) })

test('the published samples hold', () => {
  const key = '192006250b4c09247ec02edce69f6a2d'
  const sample =
    'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA'
  const fields = new Map(sample.split('&').map((pair) => pair.split('=') as [string, string]))
  expect(messageOf(new Map([...fields, ['sign', 'x'], ['attach', '']].reverse() as never))).toBe(sample)
  expect(digestOf({ type: 'MD5', key }, sample)).toBe('9A0A8659F005D6984697E2CA0A9CF3B7')
  expect(digestOf({ type: 'HMAC-SHA256', key }, sample)).toBe(
    '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
  )
})

describe('the check of an APIv2 request', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key' })
  })
  afterAll(() => simulator.close())

  const post = (body: string | Buffer): Promise<V2Reply> => sendV2(simulator, 'POST', PATH, body)

  test.each(['MD5', 'HMAC-SHA256'])('lets a request signed with %s in, and answers in kind', async (type) => {
    const fields = signed(simulator, orderV2(`IN-${type}`, { sign_type: type, attach: '' }))
    const reply = await post(xmlOf(fields))
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('text/plain')
    expect(reply.fields).toMatchObject({ return_code: 'SUCCESS', result_code: 'SUCCESS' })
    expect(isGenuineV2(simulator, reply, type)).toBe(true)
    const record = simulator.requests.at(-1)
    expect(record).toMatchObject({ method: 'POST', target: PATH, status: 200, verified: true })
    expect(record?.message).toBe(
      Object.keys(fields)
        .filter((name) => name !== 'sign' && fields[name] !== '')
        .sort()
        .map((name) => `${name}=${fields[name]}`)
        .join('&'),
    )
    expect(record?.message).not.toContain(simulator.credentials.secret)
  })

  test.each<[string, (fields: Values) => Values, string]>([
    ['another key', (fields) => ({ ...fields, sign: signOf(fields, 'x'.repeat(32)) }), '签名错误'],
    ['no signature', ({ sign, ...fields }) => fields, '签名错误'],
    [
      'a signature in lower case',
      (fields) => ({ ...fields, sign: String(fields.sign).toLowerCase() }),
      '签名错误',
    ],
    ['HMAC that says MD5', (fields) => ({ ...fields, sign: signOf(fields, 'k', 'HMAC-SHA256') }), '签名错误'],
    ['a field more', (fields) => ({ ...fields, more: '1' }), '签名错误'],
    ['a field less', ({ body, ...fields }) => fields, '签名错误'],
  ])('refuses %s, unsigned', async (_, change, message) => {
    const reply = await post(xmlOf(change(signed(simulator, orderV2('REFUSED-1')))))
    expect(reply.status).toBe(200)
    expect(reply.fields).toEqual({ return_code: 'FAIL', return_msg: message })
    expect(simulator.requests.at(-1)).toMatchObject({ verified: false, code: 'SIGNERROR', status: 200 })
    expect(simulator.requests.at(-1)?.message).toContain('appid=')
  })

  test.each<[string, Values, string, string]>([
    ['an unknown type', { sign_type: 'RSA' }, '签名类型', 'SIGNERROR'],
    ['another merchant', { mch_id: '1900000110' }, 'mch_id', 'MCHID_NOT_EXIST'],
    ['no merchant', { mch_id: '' }, 'mch_id', 'MCHID_NOT_EXIST'],
    ['two merchants', { mchid: '1900000110' }, 'mch_id', 'MCHID_NOT_EXIST'],
    ['no nonce', { nonce_str: '' }, '缺少参数nonce_str', 'PARAM_ERROR'],
    ['a long nonce', { nonce_str: 'x'.repeat(33) }, 'nonce_str', 'PARAM_ERROR'],
  ])('refuses %s, however well signed', async (_, more, message, code) => {
    const reply = await callV2(simulator, PATH, orderV2('REFUSED-2', more))
    expect(reply.fields).toEqual(refused(message))
    expect(simulator.requests.at(-1)).toMatchObject({ verified: false, code })
  })

  test.each(['mchid', 'combine_mch_id'])('takes the merchant for %s too', async (name) => {
    const { mch_id, nonce_str, ...fields } = signed(simulator, orderV2('NAME-1'))
    const body = { ...fields, [name]: mch_id, nonce_str }
    const reply = await post(xmlOf({ ...body, sign: signOf(body, simulator.credentials.secret) }))
    // The order itself wants mch_id: what counts is that the request was the merchant's.
    expect(reply.fields).toEqual(refused('缺少参数mch_id'))
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, code: 'PARAM_ERROR' })
  })

  test.each([
    ['nothing', ''],
    ['JSON', '{"appid":"x"}'],
    ['half a document', '<xml><a>1</a>'],
    ['two fields of a name', '<xml><a>1</a><a>1</a></xml>'],
    ['no UTF-8', Buffer.from([0x3c, 0x78, 0x6d, 0x6c, 0x3e, 0xff])],
  ])('refuses %s for XML', async (_, body) => {
    const reply = await post(body)
    expect(reply.fields).toEqual(refused('XML格式错误'))
    const record = simulator.requests.at(-1)
    expect(record).toMatchObject({ verified: false, code: 'XML_FORMAT_ERROR' })
    expect(record?.message).toBeUndefined()
  })

  test('refuses the wrong method, and a parameter that comes twice', async () => {
    const get = await sendV2(simulator, 'GET', PATH)
    expect(get.fields).toEqual(refused('post'))
    const twice = await sendV2(simulator, 'GET', '/papay/entrustweb?mch_id=1&mch_id=1')
    expect(twice.fields).toEqual(refused('参数重复'))
  })

  test.each<[string, Values, string]>([
    ['a missing field', { body: undefined }, '缺少参数body'],
    ['an empty field', { body: '' }, '缺少参数body'],
    ['no number', { total_fee: '1.5' }, 'total_fee参数错误'],
    ['zero', { total_fee: 0 }, 'total_fee参数错误'],
    ['an unknown type of trade', { trade_type: 'MICROPAY' }, 'trade_type参数错误'],
    ['a wrong time', { time_expire: '2026-05-06' }, 'time_expire参数错误'],
    ['no payer', { trade_type: 'JSAPI' }, '缺少参数openid'],
  ])('tells of %s', async (_, more, message) => {
    const reply = await callV2(simulator, PATH, orderV2('POINTS-1', more))
    expect(reply.fields).toEqual(refused(message))
    expect(simulator.requests.at(-1)).toMatchObject({ verified: true, code: 'PARAM_ERROR' })
  })

  test('needs neither User-Agent nor Content-Type, and reads any way to write XML', async () => {
    const fields = signed(simulator, orderV2('XML-1', { attach: 'a & b < c > d " e', body: '书' }))
    const escaped = Object.entries(fields).map(([name, value]) => {
      const text = String(value)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&#x3C;')
        .replaceAll('书', '&#20070;')
      return `  <${name}>${text}</${name}>\r\n`
    })
    const reply = await post(
      `<?xml version="1.0" encoding="UTF-8"?>\r\n<xml>\r\n${escaped.join('')}</xml>\r\n`,
    )
    expect(reply.fields).toMatchObject({ return_code: 'SUCCESS', result_code: 'SUCCESS' })
    expect(simulator.pay('XML-1').attach).toBe('a & b < c > d " e')
  })

  test('answers a fault of its own with SYSTEMERROR, signed', async () => {
    let broken = false
    const now = (): number => {
      if (!broken) return Date.now()
      broken = false
      throw new Error('a broken clock')
    }
    await using other = await Simulator.start({ mode: 'public-key', now })
    broken = true
    const reply = await callV2(other, PATH, orderV2('BROKEN-1'))
    expect(reply.fields).toMatchObject({ result_code: 'FAIL', err_code: 'SYSTEMERROR' })
    expect(isGenuineV2(other, reply)).toBe(true)
  })
})

describe('an APIv2 request changed in one byte of a value', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start({ mode: 'public-key', capacity: 10 })
  })
  afterAll(() => simulator.close())

  const compose = (type: string): { bytes: Buffer; places: number[] } => {
    const bytes = Buffer.from(
      xmlOf(signed(simulator, orderV2('CHANGE-1', { sign_type: type, attach: '附加 x' }))),
    )
    const places: number[] = []
    for (let start = bytes.indexOf('[CDATA['); start >= 0; start = bytes.indexOf('[CDATA[', start)) {
      start += '[CDATA['.length
      for (let at = start; at < bytes.indexOf(']]>', start); at++) places.push(at)
    }
    return { bytes, places }
  }

  const refuses = async (bytes: Buffer, at: number, change: number): Promise<void> => {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ change
    const reply = await sendV2(simulator, 'POST', PATH, changed)
    expect(reply.fields).toEqual({ return_code: 'FAIL', return_msg: expect.any(String) })
    expect(simulator.requests.at(-1)?.verified).toBe(false)
  }

  test('is refused at every place', async () => {
    for (const type of ['MD5', 'HMAC-SHA256']) {
      const { bytes, places } = compose(type)
      expect((await sendV2(simulator, 'POST', PATH, bytes)).fields.return_code).toBe('SUCCESS')
      expect(places.length).toBeGreaterThan(150)
      for (const at of places) await refuses(bytes, at, 0x01)
    }
  })

  test('is refused whatever the change', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('MD5', 'HMAC-SHA256'),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (type, place, change) => {
        const { bytes, places } = compose(type)
        return refuses(bytes, places[place % places.length] as number, change)
      },
    )
    await fc.assert(property, { numRuns: 500 })
  })
})
