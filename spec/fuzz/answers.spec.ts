import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { Dispatcher } from 'undici'
import {
  ApiError,
  Builder,
  Certificates,
  TransportError,
  VerificationError,
  WechatpayError,
} from '../../lib/lite'
import type { Response } from '../../lib/response'
import { readXml } from '../../lib/simulator/xml'
import { type Fields, SECRET, type SignType, signatureOf } from '../conformance/apiv2'
import {
  type Answer,
  config,
  keys,
  PLATFORM_SERIAL,
  signed,
  statement,
  unsigned,
} from '../conformance/platform'
import { sealed, toXml } from '../support/callbacks'
import { anything, JSON_WORDS, jsonText, NAMES, XML_WORDS } from './hostile'
import { cutAt, cuts, damage, damaged, effort, fuzz } from './runs'

/*
 * Answers: those of WeChat Pay, in pieces, packed and damaged, and those of anybody else.
 */

const APIV3_KEY = '0123456789abcdef0123456789abcdef'
/** Stands in bodies, and in no message. */
const PRIVATE = 'privatum'

/** Gives one answer, in pieces, without a network. */
class Played extends Dispatcher {
  answer: Answer = signed()
  places: readonly number[] = []

  override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { answer, places } = this
    let reason: Error | null = null
    const controller = {
      get reason() {
        return reason
      },
      get aborted() {
        return reason !== null
      },
      paused: false,
      pause() {},
      resume() {},
      abort(error: Error) {
        reason ??= error
      },
    }
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value as string]),
    )
    setImmediate(() => {
      handler.onRequestStart?.(controller, undefined)
      if (!reason) handler.onResponseStart?.(controller, answer.status, headers)
      for (const piece of cutAt(answer.body, places)) {
        if (!reason && piece.length > 0) handler.onResponseData?.(controller, Buffer.from(piece))
      }
      if (reason) handler.onResponseError?.(controller, reason)
      else handler.onResponseEnd?.(controller, {})
    })
    return true
  }

  override async close(): Promise<void> {}

  override async destroy(): Promise<void> {}
}

const played = new Played()
const client = Builder.driver(
  Builder.factory({
    ...config,
    secret: SECRET,
    apiv3Key: APIV3_KEY,
    retry: false,
    timeout: 5_000,
    maxResponseSize: 2 ** 20,
    dispatcher: played,
  }),
)

type Outcome =
  | { readonly response: Response; readonly error?: never }
  | { readonly error: WechatpayError; readonly response?: never }

function expectOurs(error: unknown): asserts error is WechatpayError {
  expect(error).toBeInstanceOf(WechatpayError)
  const { code, delivery } = error as WechatpayError
  expect(typeof code === 'string' && code !== '').toBe(true)
  expect(['delivered', 'unknown', 'not-sent']).toContain(delivery)
}

/** What comes of a call that is answered so. */
async function outcome(call: Promise<Response>): Promise<Outcome> {
  try {
    return { response: await call }
  } catch (error) {
    expectOurs(error)
    // All of it can be read, whatever the answer was.
    JSON.stringify(error)
    const { response } = error as Partial<ApiError>
    if (response !== undefined) expect([...response.headers].length).toBeGreaterThanOrEqual(0)
    expect(error.delivery).not.toBe('not-sent')
    return { error }
  }
}

async function v3(answer: Answer, path = 'v3/x', options: object = {}): Promise<Outcome> {
  played.answer = answer
  return outcome(client.request('post', path, { json: {}, ...options }))
}

async function v2(answer: Answer, path = 'v2/pay/micropay', sign_type?: SignType): Promise<Outcome> {
  played.answer = answer
  return outcome(
    client.request('post', path, { xml: { mch_id: config.mchid, ...(sign_type && { sign_type }) } }),
  )
}

/** Nothing of the body is printed. */
function expectSilent({ message, stack, cause }: Error): void {
  expect(`${message}${stack}${String(cause)}${JSON.stringify(cause)}`).not.toContain(PRIVATE)
}

const PACKERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, 'x-gzip': gzipSync }
const packing = fc.option(fc.constantFrom(...(Object.keys(PACKERS) as (keyof typeof PACKERS)[])))
const packed = (answer: Answer, how: keyof typeof PACKERS | null): Answer =>
  how === null
    ? answer
    : { ...answer, headers: { ...answer.headers, 'Content-Encoding': how }, body: PACKERS[how](answer.body) }

const body = jsonText.map((text) => `{"name":"${PRIVATE}","more":${text}}`)

describe('answers', () => {
  fuzz(
    'that are signed say what they say, however packed and cut',
    60,
    fc.asyncProperty(body, packing, cuts, fc.boolean(), async (text, how, places, stream) => {
      played.places = places
      const { response } = await v3(packed(signed(text), how))
      expect(response).toMatchObject({ status: 200, verified: true })
      expect(response?.body.toString()).toBe(text)
      // Too deep for a comparison that calls itself.
      if (text.length < 5_000) expect(response?.data).toEqual(JSON.parse(text))
      if (!stream) return
      const streamed = await v3(packed(signed(text), how), 'v3/x', { stream: true })
      const whole = await buffer(streamed.response?.data as Readable)
      expect(whole.toString()).toBe(text)
    }),
  )

  fuzz(
    'of which one byte was changed are not believed',
    100,
    fc.asyncProperty(
      body,
      packing,
      damage([...JSON_WORDS, '\x1f\x8b']),
      cuts,
      async (text, how, changes, places) => {
        played.places = places
        const answer = packed(signed(text), how)
        const changed = damaged(answer.body, changes)
        const { response, error } = await v3({ ...answer, body: changed })
        if (response) {
          // Of what is packed, some bytes say nothing.
          expect(how !== null || changed.equals(answer.body)).toBe(true)
          expect(response.body.toString()).toBe(text)
          expect(response.verified).toBe(true)
          return
        }
        expect(error.code).toMatch(
          how ? /^ERR_(?:VERIFICATION_SIGNATURE|DECODE|TOO_LARGE)$/ : /^ERR_VERIFICATION_SIGNATURE$/,
        )
        expect(error.delivery).toBe('delivered')
        expectSilent(error)
      },
    ),
  )

  fuzz(
    'of which a header was changed are not believed',
    80,
    fc.asyncProperty(
      fc.constantFrom('Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'),
      damage(['0', '1', '=', '-', ' ', 'WECHATPAY/SIGNTEST/', PLATFORM_SERIAL, '\0', '书']),
      async (name, changes) => {
        const answer = signed(`{"name":"${PRIVATE}"}`)
        const given = String(answer.headers[name])
        const changed = damaged(Buffer.from(given), changes).toString()
        const { response, error } = await v3({ ...answer, headers: { ...answer.headers, [name]: changed } })
        const same =
          name === 'Wechatpay-Signature' &&
          Buffer.from(changed, 'base64').equals(Buffer.from(given, 'base64'))
        if (response) expect(changed === given || (same && changed.length === given.length)).toBe(true)
        else {
          expect(error).toBeInstanceOf(VerificationError)
          expectSilent(error)
        }
      },
    ),
  )

  const part = fc.constantFrom('code', 'message', 'detail', 'field', 'sign_information', ...NAMES)
  const failure = fc.oneof(
    jsonText,
    fc
      .array(
        fc.tuple(part, fc.oneof(jsonText, fc.constantFrom('"SIGN_ERROR"', '"NOT_ENOUGH"', '""', '"a\\nb"'))),
        { maxLength: 6 },
      )
      .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  )
  const type = fc.constantFrom(
    'application/json',
    'text/html',
    'text/plain',
    '',
    'application/problem+json',
    '书',
  )
  const field = fc.constantFrom(
    'Location',
    'Date',
    'Retry-After',
    'Request-ID',
    'Content-Encoding',
    'Wechatpay-Serial',
    'Content-Length',
  )
  const content = fc.oneof(
    fc.constantFrom(
      '',
      '书',
      'é',
      '\x80',
      '\0',
      'gzip',
      'gzip, br',
      ...NAMES,
      '9'.repeat(400),
      'Sat, 21 Nov 2026 00:00:00 GMT',
      '-1',
      'NaN',
      'Infinity',
      '+275760-09-13',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  const fields = fc.dictionary(field, fc.oneof(content, fc.array(content, { minLength: 1, maxLength: 2 })), {
    maxKeys: 3,
  })

  fuzz(
    'that fail are told as failures, whatever they say',
    150,
    fc.asyncProperty(
      fc.constantFrom(301, 400, 401, 404, 429, 500, 502, 599, 999),
      failure,
      type,
      fields,
      damage(JSON_WORDS),
      fc.boolean(),
      async (status, text, type, headers, changes, whole) => {
        const answer = unsigned(status, {}, whole ? text : damaged(Buffer.from(text), changes))
        const { error } = await v3({ ...answer, headers: { 'Content-Type': type, ...headers } })
        expect([ApiError, TransportError].some((kind) => error instanceof kind)).toBe(true)
        if (error instanceof ApiError)
          expect(error).toMatchObject({ status, verified: false, response: { status } })
        else expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(?:DECODE|TOO_LARGE)$/) })
      },
    ),
  )

  fuzz(
    'that are signed, and of no use, are told as such',
    100,
    fc.asyncProperty(
      fc.oneof(
        jsonText,
        fc.string({ unit: 'binary' }).map((text) => PRIVATE + text),
      ),
      type,
      fields,
      fc.boolean(),
      async (text, type, headers, stream) => {
        const answer = signed(text, { 'Content-Type': type, ...headers, 'Wechatpay-Serial': PLATFORM_SERIAL })
        const { response, error } = await v3(answer, 'v3/x', { stream })
        if (error) {
          expect(error.code).toMatch(/^(?:INVALID_RESPONSE|ERR_DECODE|ERR_TOO_LARGE)$/)
          expectSilent(error)
          return
        }
        expect(response.verified).toBe(true)
        if (response.data instanceof Readable) expect((await buffer(response.data)).toString()).toBe(text)
        else if (Buffer.isBuffer(response.data)) expect(response.data.toString()).toBe(text)
        else if (response.data !== undefined && text.length < 5_000)
          expect(response.data).toEqual(JSON.parse(text))
      },
    ),
  )

  fuzz(
    'that are not signed, and streamed, are what was packed, or there is an error of ours',
    100,
    fc.asyncProperty(
      jsonText,
      packing,
      fc.option(damage(['\x1f\x8b', '\0'])),
      fc.option(fc.constantFrom(...NAMES, 'gzip, br', 'compress', ' GZIP ')),
      cuts,
      async (text, how, changes, encoding, places) => {
        played.places = places
        const answer = packed(unsigned(200, {}, text), how)
        const headers =
          encoding === null ? answer.headers : { ...answer.headers, 'Content-Encoding': encoding }
        played.answer = { ...answer, headers, body: changes ? damaged(answer.body, changes) : answer.body }
        const { response } = await outcome(client.request('get', 'v3/billdownload/file', { stream: true }))
        if (response === undefined) {
          expect(encoding).not.toBeNull()
          return
        }
        try {
          const whole = await buffer(response.data as Readable)
          if (!changes && encoding === null) expect(whole.toString()).toBe(text)
        } catch (error) {
          expect(changes !== null || encoding !== null).toBe(true)
          expect(error).toMatchObject({ code: 'ERR_DECODE', delivery: 'delivered' })
        }
      },
    ),
  )

  const entry = fc.oneof(
    jsonText,
    fc
      .record(
        {
          serial_no: fc.constantFrom<unknown>('1', PLATFORM_SERIAL, '', 1, null, {}),
          effective_time: fc.constantFrom<unknown>('2020-01-01T00:00:00+08:00', '', 0, {}, '9'.repeat(99)),
          expire_time: fc.constantFrom<unknown>('2030-01-01T00:00:00+08:00', 'never', null),
          encrypt_certificate: fc.oneof(
            fc.constantFrom<unknown>(
              null,
              {},
              [],
              { ciphertext: 1, nonce: [] },
              { ciphertext: 'AAAA', nonce: '' },
            ),
            fc
              .constantFrom(keys.platformCertificate, keys.strangerPublic, PRIVATE, '')
              .map((text) => sealed(text, APIV3_KEY, 'certificate')),
          ),
        },
        { requiredKeys: [] },
      )
      .map((entry) => JSON.stringify(entry)),
  )

  fuzz(
    'that list certificates hold some, or there is an error of ours',
    100,
    fc.asyncProperty(
      fc.array(entry, { maxLength: 3 }),
      fc.boolean(),
      anything,
      async (entries, forged, other) => {
        const text = `{"data":[${entries.join(',')}]}`
        for (const data of [JSON.parse(text) as unknown, other]) {
          try {
            for (const { certificate, effective, expires } of Certificates.decrypt(data, APIV3_KEY)) {
              expect([typeof certificate, Number.isFinite(effective), Number.isFinite(expires)]).toEqual([
                'string',
                true,
                true,
              ])
            }
          } catch (error) {
            expect(error).toBeInstanceOf(VerificationError)
            expectSilent(error as Error)
          }
        }
        const answer = signed(text)
        played.answer = forged ? { ...answer, body: Buffer.from(`${text} `) } : answer
        const { response, error } = await outcome(client.request('get', 'v3/certificates'))
        if (forged) expect(error).toBeInstanceOf(VerificationError)
        else expect(response).toMatchObject({ verified: true })
      },
    ),
  )

  fuzz(
    'that are statements are those of the signed digest',
    50,
    fc.asyncProperty(
      fc.string({ unit: 'binary' }),
      damage([',', '\n', '`']),
      cuts,
      fc.boolean(),
      async (csv, changes, places, whole) => {
        played.places = places
        const answer = statement(csv)
        const body = whole ? answer.body : damaged(answer.body, changes)
        played.answer = { ...answer, body }
        const { response, error } = await outcome(client.request('get', 'v3/global/statements'))
        if (body.equals(answer.body)) expect(response?.body).toEqual(Buffer.from(csv))
        else expect(error).toMatchObject({ code: 'ERR_VERIFICATION_DIGEST' })
      },
    ),
  )
})

const value = fc.oneof(
  fc.constantFrom(...'&=<>]', '&amp;', ' ', '\n', '书', '0', ''),
  fc.stringMatching(/^[a-z0-9]{1,8}$/),
)
const more = fc.dictionary(
  fc.oneof(fc.stringMatching(/^[a-z_]{1,5}$/), fc.constantFrom('err_code', 'return_msg', 'err_code_des')),
  value,
  { maxKeys: 5 },
)
const result = fc.constantFrom('SUCCESS', 'SUCCESS', 'SUCCESS', 'FAIL', '')

function xml(fields: Readonly<Record<string, string>>, type: SignType): Answer {
  const sign = signatureOf(Object.entries(fields), type)
  return unsigned(200, { 'Content-Type': 'text/xml' }, toXml({ ...fields, sign }))
}

/** What is signed of fields. */
const canonical = (fields: Readonly<Record<string, string>>): string =>
  signatureOf(Object.entries(fields) as [keyof Fields & string, string][])

describe('answers of APIv2', () => {
  fuzz(
    'that are signed say what they say, however packed and cut',
    60,
    fc.asyncProperty(
      more,
      result,
      result,
      fc.constantFrom<SignType>('MD5', 'HMAC-SHA256'),
      packing,
      cuts,
      async (more, return_code, result_code, type, how, places) => {
        played.places = places
        const fields = { ...more, return_code, result_code, name: PRIVATE }
        const { response, error } = await v2(packed(xml(fields, type), how), undefined, type)
        if (return_code === 'SUCCESS' && result_code === 'SUCCESS') {
          expect(response).toMatchObject({ verified: true, data: fields })
          return
        }
        expect(error).toBeInstanceOf(ApiError)
        const given = more.err_code || (return_code === 'SUCCESS' ? result_code : return_code)
        // A code is one short word.
        const code = given.length > 64 || /[\s\p{C}]/u.test(given) ? '' : given
        expect(error).toMatchObject({ verified: true, code: code || 'HTTP_200' })
        expectSilent(error as Error)
      },
    ),
  )

  fuzz(
    'that were damaged are not believed, unless they say what was signed',
    150,
    fc.asyncProperty(
      more,
      damage(XML_WORDS),
      fc.constantFrom<SignType>('MD5', 'HMAC-SHA256'),
      packing,
      cuts,
      async (more, changes, type, how, places) => {
        played.places = places
        const fields = { ...more, return_code: 'SUCCESS', result_code: 'SUCCESS', name: PRIVATE }
        const answer = packed(xml(fields, type), how)
        const { response, error } = await v2(
          { ...answer, body: damaged(answer.body, changes) },
          undefined,
          type,
        )
        if (error) {
          expect([ApiError, VerificationError, TransportError].some((kind) => error instanceof kind)).toBe(
            true,
          )
          if (!(error instanceof ApiError)) expectSilent(error)
          return
        }
        const said = response.data as Record<string, string>
        expect(signatureOf(Object.entries(said), type)).toBe(said.sign)
        expect(response.verified).toBe(true)
        const flat = readXml(response.body)
        if (flat !== undefined) expect(canonical(said)).toBe(canonical(Object.fromEntries(flat)))
      },
    ),
  )

  fuzz(
    'of other kinds are given as they came, or fail',
    100,
    fc.asyncProperty(
      fc.constantFrom(
        'v2/pay/downloadbill',
        'v2/appauth/getaccesstoken',
        'v2/appauth/authindex',
        'v2/mmpaymkttransfers/gethbinfo',
      ),
      fc.oneof(
        jsonText,
        more.map((fields) => toXml(fields)),
        fc.constantFrom(' ', '\u{feff}<', '\u{feff}', '<a>', '<html><body>'),
      ),
      fc.option(damage([...XML_WORDS, ...JSON_WORDS])),
      packing,
      cuts,
      fc.constantFrom(200, 302, 404, 500),
      async (path, text, changes, how, places, status) => {
        played.places = places
        const answer = packed(unsigned(status, { location: '/x' }, text), how)
        const body = changes ? damaged(answer.body, changes) : answer.body
        const { response, error } = await v2({ ...answer, body }, path)
        if (error) expect([ApiError, TransportError].some((kind) => error instanceof kind)).toBe(true)
        else if (Buffer.isBuffer(response.data)) expect(response.data).toEqual(response.body)
        else if (path === 'v2/appauth/authindex') expect(response.data).toBe('/x')
        if (response && how === null && status === 200) expect(response.body).toEqual(body)
      },
    ),
  )
})

describe('HTTP', () => {
  let server: Server
  let bytes: Buffer = Buffer.alloc(0)
  let places: readonly number[] = []
  let http: typeof client

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', async () => {
        for (const piece of cutAt(bytes, places)) {
          socket.write(piece)
          await new Promise(setImmediate)
        }
        socket.end()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    http = Builder.driver(
      Builder.factory({
        ...config,
        secret: SECRET,
        retry: false,
        timeout: 5_000,
        base_uri: `http://127.0.0.1:${port}/`,
      }),
    )
  })
  afterAll(async () => {
    server.close()
    await http.close()
  })

  const head = ({ status, headers, body }: Answer): string =>
    [
      `HTTP/1.1 ${status} OK`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
      `Content-Length: ${body.length}`,
      '',
      '',
    ].join('\r\n')

  const words = [
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ':',
    ' ',
    '\0',
    '\xff',
    '书',
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: 99999\r\n',
    'Content-Encoding: gzip\r\n',
    'Connection: close\r\n',
    'Location: /书\r\n',
    'Date: 书\r\n',
    'Retry-After: 书\r\n',
    'Request-ID: \xe9\r\n',
    'Content-Type: \r\n',
    `X-Long: ${'x'.repeat(17_000)}\r\n`,
    '204',
    '304',
    '401',
    '500',
    'ffffffff\r\n',
    '0\r\n\r\n',
  ]

  fuzz(
    'that was damaged is a failure of ours, or an answer that is believed',
    80,
    fc.asyncProperty(
      fc.constantFrom(200, 204, 202, 401, 500),
      jsonText.filter((text) => text.length < 9_999),
      damage(words),
      cuts,
      fc.boolean(),
      async (status, text, changes, pieces, inHead) => {
        const answer = signed(text, {}, status)
        const start = Buffer.from(head(answer))
        bytes = inHead
          ? Buffer.concat([damaged(start, changes), answer.body])
          : damaged(Buffer.concat([start, answer.body]), changes)
        places = pieces
        const { response } = await outcome(http.request('post', 'v3/x', { json: {} }))
        if (response) {
          expect(response.verified).toBe(true)
          expect([text, '']).toContain(response.body.toString())
        }
      },
    ),
  )
})

const unit = fc
  .array(fc.constantFrom(...JSON_WORDS, ...XML_WORDS, '[', '{"a":', '"', '\\', ' '), {
    minLength: 1,
    maxLength: 4,
  })
  .map((pieces) => pieces.join(''))

describe('what is no answer', () => {
  fuzz(
    'takes no long time, whatever is repeated in it',
    15,
    fc.asyncProperty(
      fc.constantFrom(
        '',
        '{"code":"SIGN_ERROR","detail":{"sign_information":{"url":"',
        '{"message":"',
        '<xml><return_msg>',
      ),
      unit,
      fc.constantFrom('', '"}}}', '"}', '</return_msg></xml>'),
      async (beginning, unit, end) => {
        played.places = [200, 500, 800]
        const body = Buffer.from(beginning + unit.repeat(2 ** 19 / Buffer.byteLength(unit)) + end)
        const run = async () => {
          await v3({ status: 401, headers: { 'Content-Type': 'application/json' }, body })
          await v3({ ...signed(), body })
          await v2({ status: 200, headers: {}, body })
          await v2({ status: 500, headers: {}, body })
        }
        expect(await effort(run)).toBeLessThan(4)
      },
    ),
  )
})

describe('found', () => {
  test.each([
    [302, 'Location', '/书', 'HTTP_302'],
    [503, 'Retry-After', '一', 'HTTP_503'],
    [429, 'X-A', '\0', 'HTTP_429'],
    [200, 'Request-ID', 'é书', 'ERR_VERIFICATION_HEADERS'],
  ])(
    'of an answer %d the header %s with %j, as a dispatcher of the caller gives it, was no error of ours',
    async (status, name, value, code) => {
      const driver = Builder.driver(
        Builder.factory({ ...config, dispatcher: played, retry: { attempts: 2, delay: 1 } }),
      )
      played.answer = unsigned(status, { [name]: value }, '{}')
      const { error } = await outcome(driver.request('get', 'v3/x'))
      expect(error).toMatchObject({ code })
      const given = (error as ApiError).response.headers.get(name)
      expect(Buffer.from(given ?? '', 'latin1').toString()).toBe(value === '\0' ? '' : value)
    },
  )
})
