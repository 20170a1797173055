import { Readable } from 'node:stream'
import fc from 'fast-check'
import { type Dispatcher, fetch, interceptors, request as undiciRequest } from 'undici'
import { Builder, type Config, RequestError } from '../../lib/lite'
import {
  answered,
  fieldsOf,
  readXml,
  SECRET,
  signatureOf,
  signedXml,
  signFaults,
  xmlAnswer,
} from '../conformance/apiv2'
import { Loopback, type Received, unsigned } from '../conformance/platform'
import { leaks } from '../support/leaks'
import { instanceFor, MCH_ID, rejection } from './server'

const ORIGIN = 'https://api.mch.weixin.qq.com'
/** The key and the fields of WeChat Pay's published sample. */
const SAMPLE_KEY = '192006250b4c09247ec02edce69f6a2d'

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})
afterAll(() => loopback.close())
beforeEach(() => loopback.reset(() => answered({}, 'HMAC-SHA256')))

/** The one request that came of a call. */
async function sent(
  verb: 'get' | 'post' | 'put' | 'patch' | 'delete',
  options: object,
  changes: Partial<Config> = {},
  path = 'v2/pay/x',
): Promise<Received> {
  await Builder.driver(instanceFor(loopback, changes)).request(verb, path, options)
  expect(loopback.received).toHaveLength(1)
  return loopback.received[0] as Received
}

/** Strings that XML can carry, those that need care among them. */
const carried = fc
  .string({ unit: fc.constantFrom(...'ab0 <>&"\'=]\r\n\t%+#?;中é', '😀', ']]>', '\u2028', '\ufffd', '\x85') })
  .filter((text) => text.length < 100)
const RESERVED = ['sign', 'sign_type', 'nonce_str', 'mch_id', 'mchid', 'combine_mch_id']
const name = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'coupon_id_0', 'A', 'a'),
  )
  .filter((text) => !RESERVED.includes(text))
const given = fc
  .array(fc.tuple(name, carried), { maxLength: 8 })
  .map((entries) => new Map([['mch_id', MCH_ID] as const, ...entries]))

describe('what is signed is what is sent', () => {
  it.each(['MD5', 'HMAC-SHA256'])('as XML, whatever the fields hold (%s)', async (sign_type) => {
    const instance = instanceFor(loopback)
    await fc.assert(
      fc.asyncProperty(given, async (fields) => {
        loopback.reset(() => answered({}, 'HMAC-SHA256'))
        await instance.v2.pay.x.post({ xml: Object.fromEntries([...fields, ['sign_type', sign_type]]) })
        const [request] = loopback.received as [Received]
        expect(signFaults(request)).toEqual([])
        const arrived = readXml(request.body.toString()).slice(0, -2)
        expect(arrived).toEqual([...fields, ['sign_type', sign_type]])
        expect(request.headers['content-length']).toBe(String(request.body.length))
      }),
      { numRuns: 60 },
    )
  })

  it.each(['MD5', 'HMAC-SHA256'])('as a query, whatever the fields hold (%s)', async (sign_type) => {
    const instance = instanceFor(loopback)
    await fc.assert(
      fc.asyncProperty(given, async (fields) => {
        loopback.reset(() => answered({}, 'HMAC-SHA256'))
        await instance.v2.pay.x.get({ query: Object.fromEntries([...fields, ['sign_type', sign_type]]) })
        const [request] = loopback.received as [Received]
        expect(signFaults(request)).toEqual([])
        const query = request.target.slice('/pay/x?'.length)
        expect(query).toMatch(/^[\w.~%&=-]+$/)
        expect([...new URLSearchParams(query)].slice(0, -2)).toEqual([...fields, ['sign_type', sign_type]])
        expect(request.body).toHaveLength(0)
      }),
      { numRuns: 60 },
    )
  })

  it.each(['post', 'put', 'patch', 'delete'] as const)('by %s', async (verb) => {
    const request = await sent(verb, { xml: { mch_id: MCH_ID, a: '1' } })
    expect(signFaults(request)).toEqual([])
    expect([request.method, request.target]).toEqual([verb.toUpperCase(), '/pay/x'])
  })

  it("WeChat Pay's published sample", async () => {
    const fields = {
      appid: 'wxd930ea5d5a258f4f',
      mch_id: '10000100',
      device_info: '1000',
      body: 'test',
      nonce_str: 'ibuaiVcKdpRxkhJA',
    }
    loopback.reset(() => xmlAnswer(signedXml({}, 'MD5', {}, SAMPLE_KEY)))
    const request = await sent('post', { xml: fields }, { mchid: '10000100', secret: SAMPLE_KEY })
    expect(fieldsOf(request)).toEqual({ ...fields, sign: '9A0A8659F005D6984697E2CA0A9CF3B7' })
  })

  it('numbers, in their shortest decimal form', async () => {
    const xml = { mch_id: Number(MCH_ID), total_fee: 101, zero: 0, rate: 0.6, big: 2n ** 64n, negative: -1 }
    const request = await sent('post', { xml })
    expect(fieldsOf(request)).toMatchObject({
      mch_id: MCH_ID,
      total_fee: '101',
      zero: '0',
      rate: '0.6',
      big: '18446744073709551616',
      negative: '-1',
    })
    expect(signFaults(request)).toEqual([])
  })

  it('the merchant number as a number in a query, too', async () => {
    const request = await sent('get', { query: { combine_mch_id: Number(MCH_ID) } })
    expect(fieldsOf(request).combine_mch_id).toBe(MCH_ID)
    expect(signFaults(request)).toEqual([])
  })

  it('booleans, null and undefined in XML', async () => {
    const request = await sent('post', {
      xml: { mch_id: MCH_ID, yes: true, no: false, nothing: null, absent: undefined },
    })
    expect(request.body.toString()).toContain('<yes>1</yes><no></no><nothing></nothing><nonce_str>')
    expect(signFaults(request)).toEqual([])
  })

  it('booleans, null and undefined in a query', async () => {
    const request = await sent('get', {
      query: { mch_id: MCH_ID, yes: true, no: false, nothing: null, absent: undefined },
    })
    expect(request.target).toMatch(/^\/pay\/x\?mch_id=\d+&yes=true&no=false&nonce_str=\w{32}&sign=\w{32}$/)
    expect(signFaults(request)).toEqual([])
  })

  it('a sign that was given is replaced where it stands', async () => {
    const { body } = await sent('post', { xml: { sign: 'MINE', mch_id: MCH_ID } })
    expect(body.toString()).toMatch(/^<xml><sign>[0-9A-F]{32}<\/sign><mch_id>/)
  })

  it('what is signed otherwise, such as workwx_sign, is a field like any other', async () => {
    const request = await sent('post', { xml: { mch_id: MCH_ID, workwx_sign: 'ABC' } })
    expect(fieldsOf(request).workwx_sign).toBe('ABC')
    expect(signFaults(request)).toEqual([])
  })

  it('XML given as the body is read, signed and written anew', async () => {
    const body = `<?xml version="1.0"?>\n<xml>\n <a> 1 </a>\n <mch_id><![CDATA[${MCH_ID}]]></mch_id>\n</xml>`
    for (const given of [body, Buffer.from(body)]) {
      loopback.reset(() => answered())
      const request = await sent('post', { body: given })
      expect(signFaults(request)).toEqual([])
      expect(fieldsOf(request)).toMatchObject({ a: ' 1 ', mch_id: MCH_ID })
    }
  })

  it("the caller's object is not changed", async () => {
    const xml = Object.freeze({ mch_id: MCH_ID })
    await sent('post', Object.freeze({ xml }))
    expect(xml).toEqual({ mch_id: MCH_ID })
  })
})

describe('where it goes', () => {
  it('the prefix is no part of the path, whatever its case', async () => {
    for (const path of ['v2/pay/x', 'V2/pay/x', 'v2//pay/x']) {
      loopback.reset(() => answered())
      expect((await sent('post', { xml: { mch_id: MCH_ID } }, {}, path)).target).toBe('/pay/x')
    }
  })

  it.each([
    'https://fraud.mch.weixin.qq.com',
    'https://payapp.weixin.qq.com',
    'https://apihk.mch.weixin.qq.com',
  ])('to %s for one call', async (base_uri) => {
    const request = await sent('post', { base_uri: `${base_uri}/`, xml: { mch_id: MCH_ID } })
    expect([request.origin, request.target]).toEqual([base_uri, '/pay/x'])
  })

  it('below the path of a configured base_uri', async () => {
    const changes = { base_uri: 'http://127.0.0.1:18080/proxy/' }
    const request = await sent('post', { xml: { mch_id: MCH_ID } }, changes)
    expect([request.origin, request.target]).toEqual(['http://127.0.0.1:18080', '/proxy/pay/x'])
  })

  it('a query beside XML stays in the path, and is not signed', async () => {
    const request = await sent('post', { query: { q: 'a b' }, xml: { mch_id: MCH_ID } })
    expect(request.target).toBe('/pay/x?q=a%20b')
    expect(signFaults(request)).toEqual([])
  })

  it('a GET with XML has no other query', async () => {
    const request = await sent('get', { query: { q: '1' }, xml: { mch_id: MCH_ID } }, {}, 'v2/pay/x?z=1')
    expect(Object.keys(fieldsOf(request))).toEqual(['mch_id', 'nonce_str', 'sign'])
    expect(signFaults(request)).toEqual([])
  })

  it('the query of a path is signed, and its escapes are undone before', async () => {
    const request = await sent('get', {}, {}, `v2/pay/x?mch_id=${MCH_ID}&a=%E4%B8%AD%26`)
    expect(fieldsOf(request).a).toBe('中&')
    expect(signFaults(request)).toEqual([])
  })

  it('without an Authorization, and with a User-Agent', async () => {
    const { headers } = await sent('post', { xml: { mch_id: MCH_ID } })
    expect(headers.authorization).toBeUndefined()
    expect(headers['user-agent']).toMatch(/\S/)
    expect(headers.accept).toBe('text/xml, text/plain, application/x-gzip')
  })
})

describe('the nonce', () => {
  it('is new for every call', async () => {
    const instance = instanceFor(loopback)
    for (let n = 0; n < 20; n++) await instance.v2.pay.x.post({ xml: { mch_id: MCH_ID } })
    const nonces = loopback.received.map((request) => fieldsOf(request).nonce_str)
    expect(new Set(nonces).size).toBe(20)
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9A-Za-z]{32}$/)
  })

  it('is left out with nonceless, kept when given', async () => {
    expect(fieldsOf(await sent('post', { nonceless: true, xml: { mch_id: MCH_ID } }))).not.toHaveProperty(
      'nonce_str',
    )
    loopback.reset(() => answered())
    const kept = await sent('post', { nonceless: true, xml: { mch_id: MCH_ID, nonce_str: 'mine' } })
    expect(fieldsOf(kept).nonce_str).toBe('mine')
    expect(signFaults(kept)).toEqual([])
  })

  it.each(['POST', 'GET'] as const)('is new for every attempt of a %s', async (method) => {
    loopback.reset((n) => (n < 3 ? unsigned(503, {}, 'busy') : answered()))
    const dispatcher = Builder.driver(instanceFor(loopback))
      .select('v2')
      .compose(interceptors.retry({ minTimeout: 1, maxRetries: 5, methods: ['POST', 'GET'] }))
    const fields: Partial<Dispatcher.RequestOptions> =
      method === 'GET'
        ? { query: { mch_id: MCH_ID, sign_type: 'MD5' } }
        : { body: `<xml><mch_id>${MCH_ID}</mch_id><a>1</a></xml>` }
    const { statusCode, body } = await dispatcher.request({
      origin: ORIGIN,
      path: '/pay/x',
      method,
      ...fields,
    })
    expect([statusCode, await body.text()]).toEqual([200, signedXml()])
    expect(loopback.received).toHaveLength(4)
    for (const request of loopback.received) expect(signFaults(request)).toEqual([])
    expect(new Set(loopback.received.map((request) => fieldsOf(request).nonce_str)).size).toBe(4)
  })
})

describe("with undici's own API", () => {
  const select = (changes: Partial<Config> = {}): Dispatcher =>
    Builder.driver(instanceFor(loopback, changes)).select('v2')
  const XML = `<xml><mch_id>${MCH_ID}</mch_id><body><![CDATA[a&b]]></body></xml>`

  it.each<[string, string | Buffer]>([
    ['text', XML],
    ['a Buffer', Buffer.from(XML)],
  ])('the XML of a body is signed (%s)', async (_, body) => {
    const answer = await select().request({ origin: ORIGIN, path: '/pay/x?q=1', method: 'POST', body })
    expect(await answer.body.text()).toBe(signedXml({}, 'HMAC-SHA256'))
    const [request] = loopback.received as [Received]
    expect([request.method, request.target]).toEqual(['POST', '/pay/x?q=1'])
    expect(fieldsOf(request).body).toBe('a&b')
    expect(signFaults(request)).toEqual([])
    expect(request.headers['user-agent']).toMatch(/\S/)
  })

  it.each<[string, object]>([
    ['its path', { path: `/pay/x?mch_id=${MCH_ID}&a=%26` }],
    ['its query option', { path: '/pay/x', query: { mch_id: MCH_ID, a: '&' } }],
    ['both', { path: '/pay/x?a=%26', query: { mch_id: MCH_ID } }],
  ])('the query of a GET is signed (%s)', async (_, where) => {
    await select().request({ origin: ORIGIN, method: 'GET', ...where } as Dispatcher.RequestOptions)
    const [request] = loopback.received as [Received]
    expect(fieldsOf(request)).toMatchObject({ a: '&', mch_id: MCH_ID })
    expect(signFaults(request)).toEqual([])
  })

  it('by request() with an address', async () => {
    const { body } = await undiciRequest(`${ORIGIN}/pay/x`, {
      method: 'POST',
      body: XML,
      dispatcher: select(),
      headers: { 'X-A': 'b' },
    })
    await body.dump()
    const [request] = loopback.received as [Received]
    expect(signFaults(request)).toEqual([])
    expect(request.headers['x-a']).toBe('b')
  })

  it('a Content-Length that was that of the unsigned body is not sent', async () => {
    const headers = { 'Content-Length': String(XML.length) }
    const { body } = await select().request({
      origin: ORIGIN,
      path: '/x',
      method: 'POST',
      body: XML,
      headers,
    })
    await body.dump()
    const [request] = loopback.received as [Received]
    expect(request.headers['content-length']).toBe(String(request.body.length))
    expect(signFaults(request)).toEqual([])
  })

  it('by fetch(), a GET', async () => {
    const answer = await fetch(`${ORIGIN}/pay/x?mch_id=${MCH_ID}`, { dispatcher: select() })
    expect([answer.status, await answer.text()]).toEqual([200, signedXml({}, 'HMAC-SHA256')])
    expect(signFaults(loopback.received[0] as Received)).toEqual([])
  })

  it.each<[string, Partial<Dispatcher.RequestOptions>, RegExp]>([
    ['another host', { origin: 'https://evil.example' }, /evil\.example/],
    ['plain http', { origin: 'http://api.mch.weixin.qq.com' }, /https/],
    ['no body', { body: null }, /^xml\b/],
    ['a stream', { body: Readable.from([XML]) }, /^xml\b/],
    ['no XML', { body: '{"mch_id":"x-marks"}' }, /^body\b(?!.*x-marks)/],
    ['another merchant', { body: '<xml><mch_id>1</mch_id></xml>' }, /mch_id.*configured merchant/],
    ['no merchant', { body: '<xml><a>1</a></xml>' }, /mch_id: missing/],
    ['a repeated element', { body: `<xml><mch_id>${MCH_ID}</mch_id><a>1</a><a>2</a></xml>` }, /^xml\.a\b/],
    ['a nested element', { body: `<xml><mch_id>${MCH_ID}</mch_id><a><b>1</b></a></xml>` }, /^xml\.a\b/],
    ['a name twice in the query', { method: 'GET', path: `/x?mch_id=${MCH_ID}&a=1&a=2` }, /^query\.a\b/],
    [
      'a name in the path and in the query',
      { method: 'GET', path: '/x?a=1', query: { mch_id: MCH_ID, a: '1' } },
      /^query\.a\b/,
    ],
    ['an unknown sign_type', { method: 'GET', query: { mch_id: MCH_ID, sign_type: 'RSA' } }, /sign_type/],
  ])('refused: %s', async (_, options, message) => {
    const error = await rejection(
      select().request({ origin: ORIGIN, path: '/pay/x', method: 'POST', body: XML, ...options }),
    )
    expect(error).toBeInstanceOf(RequestError)
    expect((error as Error).message).toMatch(message)
    expect(loopback.dispatched).toBe(0)
  })
})

describe('refused before anything is sent', () => {
  const beside = (fields: object): object => ({ xml: { mch_id: MCH_ID, ...fields } })
  class Money {
    amount = 1
  }
  const CASES: [name: string, verb: 'get' | 'post', options: object, message: RegExp][] = [
    ['no fields', 'post', {}, /^xml\b/],
    ['XML as text', 'post', { xml: `<xml><mch_id>${MCH_ID}</mch_id></xml>` }, /^xml\b.*object/],
    ['a list', 'post', { xml: ['a'] }, /^xml\b.*object/],
    ['no merchant', 'post', { xml: { a: '1' } }, /^xml\.mch_id: missing/],
    ['no merchant in a query', 'get', { query: { a: '1' } }, /^query\.mch_id: missing/],
    ['another merchant', 'post', { xml: { mch_id: '1' } }, /^xml\.mch_id.*1900000109/],
    ['another merchant as a number', 'post', { xml: { mchid: 1 } }, /^xml\.mchid.*1900000109/],
    [
      'another merchant first',
      'post',
      { xml: { mchid: MCH_ID, mch_id: '1', combine_mch_id: MCH_ID } },
      /^xml\.mch_id/,
    ],
    ['only a sub-merchant', 'post', { xml: { sub_mch_id: MCH_ID } }, /^xml\.mch_id: missing/],
    ['an empty merchant', 'post', { xml: { mch_id: '' } }, /^xml\.mch_id\b/],
    ['an unknown sign_type', 'post', beside({ sign_type: 'RSA' }), /^xml\.sign_type.*MD5 or HMAC-SHA256/],
    ['sign_type in lower case', 'post', beside({ sign_type: 'md5' }), /^xml\.sign_type/],
    ['sign_type in mixed case', 'post', beside({ sign_type: 'HMAC-sha256' }), /^xml\.sign_type/],
    ['an empty sign_type', 'post', beside({ sign_type: '' }), /^xml\.sign_type/],
    ['an inherited sign_type', 'post', beside({ sign_type: 'constructor' }), /^xml\.sign_type/],
    [
      'an unknown sign_type in a query',
      'get',
      { query: { mch_id: MCH_ID, sign_type: 'x' } },
      /^query\.sign_type/,
    ],
    ['a map', 'post', beside({ detail: { a: 1 } }), /^xml\.detail.*JSON/],
    ['a list of values', 'post', beside({ detail: [] }), /^xml\.detail.*JSON/],
    ['a Date', 'post', beside({ time: new Date() }), /^xml\.time\b/],
    ['an instance', 'post', beside({ fee: new Money() }), /^xml\.fee\b/],
    ['a function', 'post', beside({ fee: () => 1 }), /^xml\.fee\b/],
    ['a symbol', 'post', beside({ fee: Symbol('1') }), /^xml\.fee\b/],
    ['NaN', 'post', beside({ total_fee: Number.NaN }), /^xml\.total_fee.*NaN/],
    ['Infinity', 'post', beside({ total_fee: Number.POSITIVE_INFINITY }), /^xml\.total_fee.*Infinity/],
    ['a list in a query', 'get', { query: { mch_id: MCH_ID, a: ['1'] } }, /^query\.a\b/],
    ['a map in a query', 'get', { query: { mch_id: MCH_ID, a: { k: '1' } } }, /^query\.a\b/],
    ['a control character', 'post', beside({ body: 'a\x00b' }), /^xml\.body.*U\+0000/],
    ['U+FFFE', 'post', beside({ body: '\ufffe' }), /^xml\.body.*U\+FFFE/],
    ['half of a surrogate pair', 'post', beside({ body: '\udc00' }), /^xml\.body.*surrogate/],
    [
      'half of a surrogate pair in a query',
      'get',
      { query: { mch_id: MCH_ID, a: '\ud800' } },
      /^query\.a.*surrogate/,
    ],
    ['a name with a blank', 'post', beside({ 'a b': '1' }), /^xml\.a b\b/],
    ['a name that is markup', 'post', beside({ 'a><b': '1' }), /^xml\.a><b\b/],
    ['a name that is a number', 'post', beside({ 1: '1' }), /^xml\.1\b/],
    ['a name that begins with a sign', 'post', beside({ '-a': '1' }), /^xml\.-a\b/],
    ['an empty name', 'post', beside({ '': '1' }), /^xml\.: /],
    ['a name of the query that is none', 'get', { query: { mch_id: MCH_ID, 'a b': '1' } }, /^query\.a b\b/],
    ['a name twice in a query', 'get', { query: `mch_id=${MCH_ID}&a=1&a=1` }, /^query\.a.*twice/],
    ['json', 'post', { json: { mch_id: MCH_ID } }, /^json\b.*xml/],
    ['json and xml', 'post', { json: {}, xml: { mch_id: MCH_ID } }, /^xml\b.*json/],
    ['body and xml', 'post', { body: 'x', xml: { mch_id: MCH_ID } }, /^body\b.*xml/],
    ['a body that is no XML', 'post', { body: 'x' }, /^body\b.*XML/],
    ['only a query, but no GET', 'post', { query: { mch_id: MCH_ID } }, /^xml\b/],
    ['security that is no boolean', 'post', { security: 1, xml: { mch_id: MCH_ID } }, /^security\b/],
    ['nonceless that is no boolean', 'post', { nonceless: 'yes', xml: { mch_id: MCH_ID } }, /^nonceless\b/],
    ['another host', 'post', { base_uri: 'https://evil.example/', xml: { mch_id: MCH_ID } }, /^base_uri\b/],
  ]

  it.each(CASES)('%s', async (_, verb, options, message) => {
    const sending = Builder.driver(instanceFor(loopback)).request(verb, 'v2/pay/x', options)
    const error = await rejection(sending)
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'ERR_REQUEST', delivery: 'not-sent' })
    expect((error as Error).message).toMatch(message)
    expect(leaks(error, SECRET)).toBe(false)
    expect(loopback.dispatched).toBe(0)
  })

  it('fields that cannot be read', async () => {
    const xml = {
      mch_id: MCH_ID,
      get total_fee(): number {
        throw new Error('not today')
      },
    }
    const error = await rejection(instanceFor(loopback).v2.pay.x.post({ xml }))
    expect(error).toMatchObject({
      name: 'RequestError',
      delivery: 'not-sent',
      cause: { message: 'not today' },
    })
    expect(loopback.dispatched).toBe(0)
  })

  it('XML on a v3 path', async () => {
    const error = await rejection(instanceFor(loopback).v3.x.post({ xml: { mch_id: MCH_ID } }))
    expect(error).toMatchObject({ name: 'RequestError', field: 'xml' })
    expect(loopback.dispatched).toBe(0)
  })

  it('any call without the APIv2 key', async () => {
    for (const secret of [undefined, null] as unknown as string[]) {
      const { pay } = instanceFor(loopback, { secret }).v2
      for (const sending of [
        pay.x.post({ xml: { mch_id: MCH_ID } }),
        pay.x.post({ xml: { mch_id: MCH_ID, sign_type: 'HMAC-SHA256' } }),
        pay.x.get({ query: { mch_id: MCH_ID } }),
      ]) {
        expect(await rejection(sending)).toMatchObject({ name: 'RequestError', field: 'secret' })
      }
    }
    expect(loopback.dispatched).toBe(0)
  })

  it('an empty or misshapen APIv2 key, at factory', () => {
    for (const secret of ['', 5, Buffer.from('x')] as unknown as string[]) {
      expect(() => instanceFor(loopback, { secret })).toThrow(
        expect.objectContaining({ name: 'ConfigError', field: 'secret' }),
      )
    }
  })
})

it('the platform of these specs tells a wrong signature from a right one', async () => {
  const request = await sent('post', { xml: { mch_id: MCH_ID, a: '1' } })
  expect(signFaults(request)).toEqual([])
  expect(signFaults(request, 'another key')).toHaveLength(1)
  const body = Buffer.from(request.body.toString().replace('<a>1</a>', '<a>2</a>'))
  expect(signFaults({ ...request, body })).toHaveLength(1)
  expect(signatureOf([['a', '1']])).not.toBe(signatureOf([['a', '1']], 'HMAC-SHA256'))
})

it('a GET has no body to be signed', async () => {
  const sent = instanceFor(loopback).v2.pay.x.get({ query: { mch_id: MCH_ID }, body: '<xml/>' })
  expect(await rejection(sent)).toMatchObject({ name: 'RequestError', field: 'body', delivery: 'not-sent' })
  expect(loopback.dispatched).toBe(0)
})
