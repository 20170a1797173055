import { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough, Readable, Writable } from 'node:stream'
import { inspect } from 'node:util'
import { MockAgent } from 'undici'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { prepare, type Request } from '../lib/request'
import { credentials } from './support/keys'
import { printed, thrownBy } from './support/leaks'

const responded = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

const config = resolveConfig(credentials)
const PERSONAL = 'oUpF8uMuAJO-personal-data'

const made = (options?: unknown, uri = 'v3/pay/{id}', verb = 'post'): Request =>
  prepare(verb, uri, options, config)

function refused(options: unknown, uri = 'v3/pay'): RequestError {
  const error = thrownBy(() => prepare('post', uri, options, config))
  expect(error).toBeInstanceOf(RequestError)
  expect(error).toMatchObject({ code: 'ERR_REQUEST', delivery: 'not-sent' })
  expect(printed(error).join('\n')).not.toContain(PERSONAL)
  return error as RequestError
}

const header = ({ headers }: Request, name: string): string | undefined => {
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? undefined : headers[at + 1]
}

describe('what is sent', () => {
  test.each(['get', 'put', 'post', 'patch', 'delete', 'GET', 'Patch'])(
    '%s is the method in capitals',
    (verb) => {
      expect(made({ id: 1 }, undefined, verb).method).toBe(verb.toUpperCase())
    },
  )

  test.each<[string, Record<string, unknown>, string]>([
    ['v3/certificates', {}, '/v3/certificates'],
    ['/v3/certificates', {}, '/v3/certificates'],
    ['v3/pay/{id}', { id: 'a b/c?d#e' }, '/v3/pay/a%20b%2Fc%3Fd%23e'],
    ['v3/pay/{id}', { id: '' }, '/v3/pay/'],
    ['v3/pay/{id}', { id: 9007199254740993n }, '/v3/pay/9007199254740993'],
    ['v3/pay/{empty}', {}, '/v3/pay/'],
    ['v3/pay/{id}', { id: '中文🎁' }, '/v3/pay/%E4%B8%AD%E6%96%87%F0%9F%8E%81'],
    ['v3/pay/{id}', { id: "!'()*" }, '/v3/pay/%21%27%28%29%2A'],
    ['v3/中文', {}, '/v3/%E4%B8%AD%E6%96%87'],
    ['v3/pay{?a,b}', { a: 1, b: 'x y' }, '/v3/pay?a=1&b=x%20y'],
    ['v3/pay?a=1', {}, '/v3/pay?a=1'],
    ['v3/pay?a=1', { query: { b: 2 } }, '/v3/pay?b=2'],
    ['v3/pay?a=1', { query: {} }, '/v3/pay'],
    ['v3/pay?a=1', { query: undefined }, '/v3/pay?a=1'],
    ['v3/pay#fragment', {}, '/v3/pay'],
    ['', {}, '/'],
    ['https://api2.mch.weixin.qq.com/v3/x?y=z', {}, '/v3/x?y=z'],
    ['https://api2.mch.weixin.qq.com', {}, '/'],
    ['https://api2.mch.weixin.qq.com?a=b', {}, '/?a=b'],
  ])('%s with %j: %s', (uri, options, path) => {
    expect(made(options, uri).path).toBe(path)
  })

  test.each<[string, string, string]>([
    ['http://127.0.0.1:8080/base/', 'v3/x', '/base/v3/x'],
    ['http://127.0.0.1:8080/base/', '/v3/x', '/v3/x'],
    ['http://127.0.0.1:8080/base', 'v3/x', '/v3/x'],
    ['http://127.0.0.1:8080', 'v3/x', '/v3/x'],
    ['http://127.0.0.1:8080/a%20b/', 'v3/x', '/a%20b/v3/x'],
  ])('below %s, %s is %s', (base_uri, uri, path) => {
    const settings = resolveConfig({ ...credentials, base_uri })
    expect(prepare('get', uri, undefined, settings)).toMatchObject({ path, origin: 'http://127.0.0.1:8080' })
  })

  test('nothing but defaults without options, given as nothing, null or {}', () => {
    for (const options of [undefined, null, {}, Object.create(null) as object]) {
      const request = made(options, 'v3/certificates', 'get')
      expect(request).toMatchObject({
        method: 'GET',
        origin: 'https://api.mch.weixin.qq.com',
        path: '/v3/certificates',
        body: null,
        timeout: 30_000,
        signal: undefined,
        sink: undefined,
        stream: false,
        security: false,
      })
      expect(header(request, 'accept')).toContain('application/json')
    }
  })

  test('every option may be undefined', () => {
    const options = Object.fromEntries(
      [
        'query',
        'json',
        'xml',
        'body',
        'headers',
        'base_uri',
        'timeout',
        'signal',
        'retry',
        'sink',
        'stream',
        'security',
        'nonceless',
      ].map((name) => [name, undefined]),
    )
    expect(made(options, 'v3/certificates')).toEqual(made({}, 'v3/certificates'))
  })

  test('the options are not changed, and may be frozen', () => {
    const options = Object.freeze({
      id: 1,
      query: Object.freeze({ a: Object.freeze(['b']) }),
      json: Object.freeze({ c: Object.freeze({}) }),
      headers: Object.freeze({ X: 'y' }),
    })
    expect(made(options)).toMatchObject({ path: '/v3/pay/1?a%5B0%5D=b', body: '{"c":{}}' })
  })

  test('an object with a null prototype, and a Proxy, are options like any other', () => {
    const bare = Object.assign(Object.create(null) as object, { id: 7, query: Object.create(null) as object })
    expect(made(bare).path).toBe('/v3/pay/7')
    expect(made(new Proxy({ id: 7 }, {})).path).toBe('/v3/pay/7')
  })
})

describe('bodies', () => {
  test.each<[string, unknown, unknown]>([
    ['text', '{"a":1}', '{"a":1}'],
    ['empty text', '', ''],
    ['a Buffer', Buffer.from([1, 2]), Buffer.from([1, 2])],
    ['a Uint8Array', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), Buffer.from([1, 2])],
    ['null', null, null],
    ['nothing', undefined, null],
  ])('%s', (_, body, sent) => {
    expect(made({ body }, 'v3/pay').body).toEqual(sent)
  })

  test('streams are handed on', () => {
    const body = Readable.from(['x'])
    expect(made({ body }, 'v3/pay').body).toBe(body)
    async function* chunks() {
      yield Buffer.from('x')
    }
    const iterable = chunks()
    expect(made({ body: iterable }, 'v3/pay').body).toBe(iterable)
    const web = new Blob(['x']).stream()
    expect(made({ body: web }, 'v3/pay').body).toBe(web)
  })

  test.each<[string, unknown]>([
    ['an object', { a: PERSONAL }],
    ['a list', [PERSONAL]],
    ['a promise', Promise.resolve('x')],
    ['a function', () => 'x'],
    ['a symbol', Symbol('x')],
    ['URLSearchParams', new URLSearchParams('a=b')],
    ['a Date', new Date()],
    ['NaN', Number.NaN],
  ])('%s is none', (_, body) => {
    expect(refused({ body }).field).toBe('body')
  })

  test('json sets its type, which an explicit one beats', () => {
    expect(header(made({ json: { a: 1 } }, 'v3/pay'), 'content-type')).toBe('application/json')
    const headers = { 'content-type': 'application/json; charset=x' }
    expect(header(made({ json: {}, headers }, 'v3/pay'), 'content-type')).toBe(headers['content-type'])
  })

  test('json with body, xml in APIv3, a promise for json: RequestError', () => {
    expect(refused({ json: {}, body: '' }).field).toBe('body')
    expect(refused({ xml: { a: PERSONAL } }).field).toBe('xml')
    expect(refused({ json: Promise.resolve({}) }).field).toBe('json')
  })
})

describe('unknown options', () => {
  test.each([
    ['qeury', 'query'],
    ['Query', 'query'],
    ['params', ''],
    ['jsno', 'json'],
    ['data', ''],
    ['header', 'headers'],
    ['baseUri', 'base_uri'],
    ['time_out', 'timeout'],
    ['out_trade_num', 'out_trade_no'],
    ['outTradeNo', 'out_trade_no'],
    ['transactionid', ''],
    ['verify', ''],
    ['allow_redirects', ''],
    ['http_errors', ''],
    ['constructor', ''],
    ['toString', ''],
    ['0', ''],
    ['', ''],
  ])('%j suggests %j', (name, nearest) => {
    const error = refused({ out_trade_no: '1', [name]: PERSONAL }, 'v3/pay/{out_trade_no}')
    expect(error.field).toBe(name)
    if (nearest) expect(error.message).toContain(`"${nearest}"`)
  })

  test('__proto__ as an own key is one', () => {
    expect(refused(JSON.parse(`{"__proto__":{"json":"${PERSONAL}"}}`)).field).toBe('__proto__')
  })

  test('a variable that is not in the template', () => {
    expect(refused({ id: PERSONAL }, 'v3/pay').field).toBe('id')
  })

  test('a long name is dealt with in no time', () => {
    refused({ ['x'.repeat(100_000)]: 1 })
  })
})

describe('options that are none', () => {
  test.each<[string, unknown]>([
    ['text', PERSONAL],
    ['empty text', ''],
    ['a number', 5],
    ['zero', 0],
    ['a bigint', 5n],
    ['false', false],
    ['a symbol', Symbol('x')],
    ['a list', [{ json: PERSONAL }]],
    ['a function', () => ({ json: {} })],
    ['a promise that was not awaited', Promise.resolve({ json: { a: 1 } })],
    ['a Map', new Map([['json', { a: PERSONAL }]])],
    ['a Set', new Set(['json'])],
    ['a Date', new Date()],
    ['a Buffer', Buffer.from(PERSONAL)],
    ['a String', Object('text')],
    ['URLSearchParams', new URLSearchParams('a=b')],
    ['an Error', new Error(PERSONAL)],
    ['a regular expression', /x/],
    [
      'an instance of a class, whose getters would not be seen',
      new (class {
        readonly json = { a: PERSONAL }
      })(),
    ],
  ])('%s', (_, options) => {
    refused(options)
  })

  test.each(['json', 'query', 'headers', 'id', 'timeout', 'base_uri'])(
    'a getter of %s that throws',
    (name) => {
      const options = Object.defineProperty({}, name, {
        enumerable: true,
        get: () => {
          throw new Error('the getter failed')
        },
      })
      const error = refused(options, name === 'id' ? 'v3/pay/{id}' : 'v3/pay')
      expect(error.cause).toMatchObject({ message: 'the getter failed' })
    },
  )

  test('Proxies that throw or are revoked', () => {
    const handler = {
      ownKeys: () => {
        throw new TypeError('no')
      },
    }
    refused(new Proxy({}, handler))
    refused({ query: new Proxy({}, handler) })
    refused({ headers: new Proxy({}, handler) })
    refused({ json: new Proxy({ a: 1 }, handler) })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    refused(proxy)
    for (const name of ['query', 'json', 'body', 'headers', 'base_uri', 'signal', 'sink'])
      refused({ [name]: proxy })
    refused({ id: proxy }, 'v3/pay/{id}')
  })
})

describe('each option, bad in each way', () => {
  const SIGNAL = AbortSignal.abort()
  test.each<[string, readonly unknown[]]>([
    ['timeout', [-1, Number.NaN, Number.POSITIVE_INFINITY, '1000', {}, true, 2 ** 31, 5n]],
    ['signal', [{}, true, 'x', new AbortController(), []]],
    ['sink', ['', 5, {}, true, Readable.from(['x']), new URL('file:///x')]],
    ['stream', [1, 'true', {}]],
    ['security', [1, 'true', {}]],
    ['nonceless', [1, 'true', {}]],
    ['retry', [true, 1, 'no', () => false]],
    ['base_uri', ['', 'x', 5, null, {}, 'ftp://api.mch.weixin.qq.com', 'https://u:p@api.mch.weixin.qq.com']],
    ['query', [5, true, () => ({}), Symbol('x'), new Map(), new Date()]],
    ['headers', ['X: y', 5, true, [], () => ({})]],
  ])('%s', (name, values) => {
    for (const value of values) {
      const error = refused({ [name]: value })
      expect([inspect(value), error.field]).toEqual([inspect(value), name])
    }
  })

  test('null means that it was left out', () => {
    const nothing = Object.fromEntries(
      [
        'timeout',
        'signal',
        'sink',
        'stream',
        'security',
        'nonceless',
        'retry',
        'query',
        'json',
        'body',
        'headers',
      ].map((name) => [name, null]),
    )
    expect(made(nothing, 'v3/pay')).toEqual(made({}, 'v3/pay'))
  })

  test('and what goes through', () => {
    const sink = new Writable()
    expect(made({ timeout: 0, signal: SIGNAL, sink, stream: false, retry: false }, 'v3/pay')).toMatchObject({
      timeout: 0,
      signal: SIGNAL,
      sink,
    })
    expect(made({ sink: 'bill.csv', retry: { attempts: 3 } }, 'v3/pay').sink).toBe('bill.csv')
    expect(made({ stream: true }, 'v3/pay').stream).toBe(true)
  })

  test.each<[string, () => Writable]>([
    ['has ended', () => new PassThrough().end()],
    ['was destroyed', () => new PassThrough().destroy()],
    ['has failed', () => new PassThrough().on('error', () => {}).destroy(new Error('full'))],
    ['is the answer of a server, and has ended', () => responded().end()],
    ['is the answer of a server, and was destroyed', () => responded().destroy()],
    ['only says so', () => Object.assign(new EventEmitter(), { write() {}, writable: false }) as never],
  ])('a sink that %s takes nothing any more', (_, over) => {
    const error = refused({ sink: over() })
    expect(error).toMatchObject({
      field: 'sink',
      message: expect.stringMatching(/^sink: has ended.*still open/),
    })
  })

  test.each<[string, Writable]>([
    ['is open', new PassThrough()],
    ['is the answer of a server', responded()],
    ['does not say', Object.assign(new EventEmitter(), { write() {}, end() {} }) as never],
  ])('a sink that %s is taken', (_, sink) => {
    expect(made({ sink }, 'v3/pay').sink).toBe(sink)
  })

  test('sink with stream', () => {
    expect(refused({ sink: 'x', stream: true }).field).toBe('sink')
  })

  test('security needs a client certificate, or a dispatcher that may have one', () => {
    expect(refused({ security: true }).field).toBe('security')
    const dispatcher = new MockAgent()
    const settings = resolveConfig({ ...credentials, dispatcher })
    expect(prepare('post', 'v3/pay', { security: true }, settings).security).toBe(true)
  })
})

describe('path variables', () => {
  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['.', '.'],
    ['..', '..'],
    ['true', true],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['an unsafe integer', 2 ** 53],
    ['a list', [PERSONAL]],
    ['an object', { a: PERSONAL }],
    ['a Date', new Date()],
    ['half a pair', `${PERSONAL}\ud83c`],
    ['a function', () => PERSONAL],
    ['a symbol', Symbol(PERSONAL)],
  ])('%s: RequestError that names it', (_, id) => {
    expect(refused({ id }, 'v3/pay/{id}/close').field).toBe('id')
  })

  test("the prototype's members are no values", () => {
    expect(refused({}, 'v3/pay/{toString}').field).toBe('toString')
    expect(refused({}, 'v3/pay/{constructor}').field).toBe('constructor')
    refused(Object.create({ id: 1 }), 'v3/pay/{id}')
  })

  test.each([
    'query',
    'json',
    'xml',
    'body',
    'headers',
    'base_uri',
    'timeout',
    'signal',
    'retry',
    'sink',
    'stream',
    'security',
    'nonceless',
  ])('cannot be named like the option %s', (name) => {
    const error = refused({ [name]: 'x' }, `v3/pay/{${name}}`)
    expect(error.field).toBe(name)
    expect(error.message).toContain('rename')
  })

  test.each([
    'v3/{',
    'v3/}',
    'v3/{}',
    'v3/{a b}',
    'v3/{id',
    'v3/{{id}}',
    'v3/./pay',
    'v3/../pay',
    'v3/%2e%2E/pay',
    '..',
    'v3/{=x}',
    'v3/\ud83c',
  ])('in a template that is malformed or walks: %s', (uri) => {
    refused({ id: 'x' }, uri)
  })

  test('their values are in no label', () => {
    expect(made({ id: PERSONAL }).label).toBe('POST v3/pay/{id}')
    expect(made({}, 'v3/pay?openid=1').label).toBe('POST v3/pay')
    expect(made({ id: 'x', a: PERSONAL }, 'v3/pay/{id}{?a}').label).toMatch(/^POST v3\/pay\/\{id\}/)
  })
})

describe('verbs and paths that are none', () => {
  test.each([
    undefined,
    null,
    '',
    5,
    {},
    'G T',
    'GET\r\nX: y',
    'CONNECT',
    'TRACE',
    'HEAD',
    'fetch',
    Symbol('x'),
  ])('verb %p', (verb) => {
    const error = thrownBy(() => prepare(verb as string, 'v3/pay', {}, config))
    expect(error).toBeInstanceOf(RequestError)
  })

  test.each([undefined, null, 5, {}, ['v3/pay'], Symbol('x')])('path %p', (uri) => {
    const error = thrownBy(() => prepare('get', uri as string, {}, config))
    expect(error).toBeInstanceOf(RequestError)
  })
})
