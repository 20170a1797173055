import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import {
  ApiError,
  ConfigError,
  RequestError,
  TransportError,
  VerificationError,
  type VerificationReason,
  WechatpayError,
} from '../lib'
import { Response } from '../lib/response'
import { leaks, printed } from './support/leaks'

const PERSONAL = 'oUpF8uMuAJO-M2pxb1Q9zNjWeS6o'
const detail = { field: 'a', value: PERSONAL }
const body = Buffer.from(JSON.stringify({ code: 'PARAM_ERROR', message: 'wrong', detail }))
const headers = { 'request-id': '08F78BB9AA06-268435457', 'x-y': PERSONAL }
const response = new Response(400, headers, body, true, undefined)

const config = new ConfigError('certs.X', 'not a key')
const request = new RequestError('query.a', 'got NaN')
const bare = new RequestError(undefined, 'the client is closed')
const transport = new TransportError('GET v3/x: refused', { code: 'ECONNREFUSED', delivery: 'not-sent' })
const forged = new VerificationError('signature', 'not signed by the key', response)
const undecipherable = new VerificationError('decrypt', 'another key')
const api = new ApiError('GET v3/x: PARAM_ERROR', 'PARAM_ERROR', response, { detail })

describe.each<[string, WechatpayError, new (...args: never[]) => Error, Record<string, unknown>]>([
  [
    'ConfigError',
    config,
    ConfigError,
    { code: 'ERR_CONFIG', delivery: 'not-sent', field: 'certs.X', message: 'certs.X: not a key' },
  ],
  [
    'RequestError',
    request,
    RequestError,
    { code: 'ERR_REQUEST', delivery: 'not-sent', field: 'query.a', message: 'query.a: got NaN' },
  ],
  [
    'RequestError',
    bare,
    RequestError,
    { code: 'ERR_REQUEST', field: undefined, message: 'the client is closed' },
  ],
  ['TransportError', transport, TransportError, { code: 'ECONNREFUSED', delivery: 'not-sent' }],
  [
    'VerificationError',
    forged,
    VerificationError,
    { code: 'ERR_VERIFICATION_SIGNATURE', delivery: 'delivered', reason: 'signature', response },
  ],
  [
    'VerificationError',
    undecipherable,
    VerificationError,
    { code: 'ERR_VERIFICATION_DECRYPT', delivery: 'not-sent', response: undefined },
  ],
  [
    'ApiError',
    api,
    ApiError,
    {
      code: 'PARAM_ERROR',
      delivery: 'delivered',
      status: 400,
      verified: true,
      requestId: '08F78BB9AA06-268435457',
      detail,
    },
  ],
])('%s (%#)', (name, error, type, fields) => {
  test('is what it says', () => {
    expect(error).toBeInstanceOf(type)
    expect(error).toBeInstanceOf(WechatpayError)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(name)
    expect(Object.prototype.toString.call(error)).toBe('[object Error]')
    expect(String(error)).toBe(`${name}: ${error.message}`)
    expect(error.stack).toContain(error.message)
    expect(error).toMatchObject(fields)
  })

  test('is no other kind', () => {
    for (const other of [ConfigError, RequestError, TransportError, VerificationError, ApiError]) {
      expect(error instanceof other).toBe(other === (type as unknown))
    }
  })

  test('serialises to name, message and what it is about', () => {
    const json = JSON.parse(JSON.stringify(error)) as Record<string, unknown>
    expect(json).toMatchObject({ name, message: error.message, code: error.code, delivery: error.delivery })
    for (const hidden of ['response', 'detail', 'cause', 'stack', 'body', 'headers'])
      expect(json).not.toHaveProperty(hidden)
    expect(error.toJSON()).toMatchObject({ name, message: error.message })
  })

  test('shows neither the answer nor its detail', () => {
    expect(
      printed(error)
        .filter((_, at) => at !== 3)
        .join(),
    ).not.toContain(PERSONAL)
    expect(inspect({ error }, { depth: 10 })).not.toContain(PERSONAL)
    expect(inspect(error)).toContain(error.message)
    expect(inspect(error)).toContain(error.code)
    expect(Object.keys(error)).not.toEqual(expect.arrayContaining(['response']))
    expect(Object.keys(error)).not.toEqual(expect.arrayContaining(['detail']))
    expect(JSON.stringify({ ...error })).not.toContain(PERSONAL)
  })
})

describe('codes and delivery', () => {
  test.each<[VerificationReason, string]>([
    ['headers', 'ERR_VERIFICATION_HEADERS'],
    ['clock', 'ERR_VERIFICATION_CLOCK'],
    ['serial', 'ERR_VERIFICATION_SERIAL'],
    ['signature', 'ERR_VERIFICATION_SIGNATURE'],
    ['digest', 'ERR_VERIFICATION_DIGEST'],
    ['decrypt', 'ERR_VERIFICATION_DECRYPT'],
  ])('%s', (reason, code) => {
    expect(new VerificationError(reason, 'x', response)).toMatchObject({
      reason,
      code,
      delivery: 'delivered',
    })
    expect(new VerificationError(reason, 'x')).toMatchObject({ reason, code, delivery: 'not-sent' })
  })

  test.each(['not-sent', 'unknown', 'delivered'] as const)('a TransportError says %s', (delivery) => {
    expect(new TransportError('x', { code: 'ERR_TIMEOUT', delivery })).toMatchObject({
      delivery,
      code: 'ERR_TIMEOUT',
    })
  })

  test('an ApiError hands the answer out to whoever asks', () => {
    expect(api.response.body).toEqual(body)
    expect(api.response.headers.get('x-y')).toBe(PERSONAL)
    expect(api.detail).toEqual(detail)
    expect(new ApiError('x', 'HTTP_500', new Response(500, {}, Buffer.alloc(0), false))).toMatchObject({
      requestId: undefined,
      verified: false,
      detail: undefined,
    })
  })
})

describe('the cause', () => {
  const wrap = (cause: unknown): TransportError =>
    new TransportError('refused', { code: 'ERR_NETWORK', delivery: 'unknown', cause })

  test('is kept', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    expect(wrap(cause).cause).toBe(cause)
    expect(new ConfigError('x', 'y', cause).cause).toBe(cause)
    expect(new RequestError('x', 'y', cause).cause).toBe(cause)
    expect(new VerificationError('digest', 'y', undefined, cause).cause).toBe(cause)
    expect(inspect(wrap(cause))).toContain('connect ECONNREFUSED')
  })

  test('is not there when there was none', () => {
    for (const error of [config, request, transport, forged, api])
      expect(Object.hasOwn(error, 'cause')).toBe(false)
  })

  test.each([['text'], [5], [null], [false], [''], [{ a: 1 }], [Symbol('x')]])(
    'may be anything: %p',
    (cause) => {
      expect(wrap(cause).cause).toEqual(cause)
      expect(() => printed(wrap(cause))).not.toThrow()
    },
  )

  describe('that quotes an Authorization header loses it', () => {
    const signature = `${Buffer.alloc(192, 'signature').toString('base64')}==`
    const header =
      `WECHATPAY2-SHA256-RSA2048 mchid="1230000109",serial_no="3775B6A45ACD588826D15E583A95F5DD",` +
      `timestamp="1554208460",nonce_str="593BEC0C930BF1AFEB40B4A08C8FB242",signature="${signature}"`

    class Custom extends Error {
      override readonly name = 'MockNotMatchedError'
      readonly code = 'UND_MOCK_ERR_MOCK_NOT_MATCHED'
    }

    test.each<[string, () => unknown]>([
      ['in its message', () => new Error(`no match for {"authorization":"${header}"}`)],
      [
        'in its message, escaped as JSON',
        () => new Error(`no match for ${JSON.stringify({ authorization: header })}`),
      ],
      ['in the first of several lines', () => new Error(`${header}\nsecond line`)],
      ['in two places', () => new Error(`${header}\n${header}`)],
      ['in its stack only', () => Object.assign(new Error('x'), { stack: `Error: ${header}\n at y` })],
      ['in a class of its own', () => new Custom(`no match: ${header}`)],
      ['in the cause of the cause', () => new Error('outer', { cause: new Error(header) })],
      ['in an AggregateError', () => new AggregateError([new Error(header)], 'all failed')],
      [
        'in a property',
        () => Object.assign(new Error('x'), { request: { headers: { authorization: header } } }),
      ],
      ['in a list of headers', () => Object.assign(new Error('x'), { headers: ['authorization', header] })],
      ['as text', () => `failed with ${header}`],
      ['in an object', () => ({ headers: { authorization: header } })],
      ['in an error of another realm', () => runInNewContext('new Error(text)', { text: header })],
    ])('%s', (_, make) => {
      const error = wrap(make())
      expect(leaks(error, signature)).toBe(false)
      expect(inspect(error, { depth: 10 })).not.toContain(signature.slice(0, 60))
      expect(error.cause).toBeDefined()
    })

    test('and keeps the rest', () => {
      const { cause } = wrap(new Custom(`no match: ${header}\nsecond line`))
      expect(cause).toMatchObject({
        name: 'MockNotMatchedError',
        message: expect.stringContaining('no match'),
      })
      expect(cause).toMatchObject({ message: expect.stringContaining('second line') })
      expect(cause).toMatchObject({ code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' })
    })
  })
})
