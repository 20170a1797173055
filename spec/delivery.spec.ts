import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { resolveConfig } from '../lib/config'
import { deliveryOf } from '../lib/delivery'
import type { CallOptions, Delivery, WechatpayError } from '../lib/lite'
import { prepare } from '../lib/request'
import { answered, SECRET, signedXml, xmlAnswer } from './conformance/apiv2'
import { config, keys, signed, tampered, unsigned } from './conformance/platform'
import {
  type Act,
  answers,
  client,
  closing,
  damages,
  freePort,
  halves,
  halvesInChunks,
  hangs,
  resets,
  scripted,
  speaksNonsense,
  stalls,
} from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

type Root = Awaited<ReturnType<typeof scripted>>['instance']
const xml = { mch_id: MCH_ID, out_trade_no: 'A1' }
const CALLS: Readonly<Record<string, (root: Root, options?: CallOptions) => Promise<unknown>>> = {
  GET: (root, options) => root.v3.x.get(options),
  POST: (root, options) => root.v3.x.post({ json: { out_trade_no: 'A1' }, ...options }),
  query: (root, options) => root.v2.pay.orderquery.post({ xml, ...options }),
  order: (root, options) => root.v2.pay.unifiedorder.post({ xml, ...options }),
}
const EVERY = Object.keys(CALLS)
const WRITES = ['POST', 'order']

/** What a call that is tried once is rejected with. */
const failing = async (name: string, root: Root, options: object = {}): Promise<WechatpayError> =>
  (await rejection(CALLS[name]?.(root, { retry: false, ...options }) ?? Promise.resolve())) as WechatpayError

/** The message says what to do about it. */
const ADVICE: Readonly<Record<Delivery, RegExp>> = {
  'not-sent': /nothing was sent/,
  unknown: /unknown: query, or repeat with the same numbers/,
  delivered: /^(?!.*(?:nothing was sent|unknown: query))/s,
}
/** Of what only reads, there is no outcome that anyone could ask for. */
const READ_AGAIN =
  /^(?!.*(?:nothing was sent|whether|unknown: query)).*; it only reads: nothing was changed, and it can be asked again$/s

async function listenTcp(server: TcpServer, close = true): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  if (close) closing(async () => void server.close())
  return (server.address() as AddressInfo).port
}

describe.each(EVERY)('not-sent, of a %s:', (name) => {
  const expected = { name: 'TransportError', delivery: 'not-sent' }

  test('nobody listens', async () => {
    const { instance } = client({ base_uri: `http://127.0.0.1:${await freePort()}/` })
    const error = await failing(name, instance)
    expect(error).toMatchObject({ ...expected, code: 'ECONNREFUSED' })
    expect(error.message).toMatch(ADVICE['not-sent'])
  })

  test('the name of the host leads nowhere', async () => {
    const { instance } = client({ base_uri: 'http://nothing.invalid/' })
    expect(await failing(name, instance)).toMatchObject(expected)
  })

  test('its certificate is nobody one knows', async () => {
    const server = createTlsServer({ key: keys.merchantPrivate, cert: keys.merchantCertificate })
    const { instance } = client({ base_uri: `https://127.0.0.1:${await listenTcp(server)}/` })
    const error = await failing(name, instance)
    expect(error).toMatchObject({ ...expected, code: expect.stringMatching(/CERT/) })
  })

  test('it does not speak TLS', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    const { instance } = client({ base_uri: `https://127.0.0.1:${await listenTcp(server)}/` })
    expect(await failing(name, instance)).toMatchObject(expected)
  })

  test('it takes the connection, and no more: TLS never begins', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => {}))
    const { instance } = client({
      base_uri: `https://127.0.0.1:${await listenTcp(server)}/`,
      timeout: { connect: 100 },
    })
    expect(await failing(name, instance)).toMatchObject({ ...expected, code: 'UND_ERR_CONNECT_TIMEOUT' })
  })

  test('the client is closed', async () => {
    const { instance, driver } = client({})
    await driver.close()
    expect(await failing(name, instance)).toMatchObject({ name: 'RequestError', delivery: 'not-sent' })
  })
})

describe('not-sent, of what is signed elsewhere:', () => {
  test.each([
    ['the signer fails', () => Promise.reject(new Error('no key'))],
    ['the signer gives nonsense', () => 'no base64'],
  ])('%s', async (_, sign) => {
    const { instance, visits } = await scripted([answers(() => signed())], { privateKey: { sign } })
    expect(await failing('POST', instance)).toMatchObject({ code: 'ERR_SIGNER', delivery: 'not-sent' })
    expect(visits).toEqual([])
  })
})

describe.each(EVERY)('unknown, of a %s:', (name) => {
  test.each<[string, Act]>([
    ['the connection is reset', resets],
    ['the body breaks off', halves],
    ['the body breaks off between two chunks', halvesInChunks],
    ['the answer is no HTTP', speaksNonsense],
    ['the connection ends without a word', (response) => void response.socket?.end()],
    ['there is no answer in time', hangs],
    ['the body stays away', stalls],
  ])('%s', async (_, act) => {
    const { instance } = await scripted([act])
    const error = await failing(name, instance, { timeout: 100 })
    expect(error).toMatchObject({ name: 'TransportError', delivery: 'unknown' })
    expect(error.message).toMatch(WRITES.includes(name) ? ADVICE.unknown : READ_AGAIN)
  })
})

describe('unknown, of a read that is given up', () => {
  test('while its answer comes in', async () => {
    const cut: Act = (response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('half', () => response.destroy())
    }
    const { instance } = await scripted([cut])
    const { data } = await instance.chain('v3/billdownload/file').get<Readable>({ stream: true })
    const error = (await rejection(buffer(data))) as WechatpayError
    expect(error).toMatchObject({ name: 'TransportError', delivery: 'unknown' })
    expect(error.message).toMatch(READ_AGAIN)
  })

  /** A read that is given up while it waits for its next attempt. @param act what the first one meets */
  async function givenUp(act: Act): Promise<WechatpayError> {
    const controller = new AbortController()
    const { signal } = controller
    const { instance } = await scripted([
      (response, visit, request) => {
        act(response, visit, request)
        setTimeout(() => controller.abort(), 50)
      },
    ])
    const read = instance.v3.x.get({ signal, retry: { delay: 10_000, maxDelay: 10_000 } })
    return (await rejection(read)) as WechatpayError
  }

  test('before it is tried again', async () => {
    const error = await givenUp(resets)
    expect(error).toMatchObject({ code: 'ERR_ABORTED', delivery: 'unknown' })
    expect(error.message).toMatch(/aborted before attempt 2/)
    expect(error.message).toMatch(READ_AGAIN)
  })

  test('of an answer that asks to come again, with the name of the call once', async () => {
    const { message } = await givenUp(answers(unsigned(503)))
    expect(message).toMatch(/aborted before attempt 2/)
    expect(message.match(/GET v3\/x/g)).toHaveLength(1)
  })
})

describe.each(WRITES)('unknown, of a %s that got an answer:', (name) => {
  test.each<[number, string]>([
    [429, ''],
    [429, '{"code":"RATELIMIT_EXCEEDED"}'],
    [500, '{"code":"SYSTEM_ERROR"}'],
    [502, '<html>Bad Gateway</html>'],
    [503, ''],
    [504, 'upstream timed out'],
  ])('%d %s', async (status, body) => {
    const { instance } = await scripted([answers(unsigned(status, {}, body))])
    const error = await failing(name, instance)
    expect(error).toMatchObject({ name: 'ApiError', status, delivery: 'unknown' })
    expect(error.message).toMatch(ADVICE.unknown)
  })
})

describe.each([
  ['GET', (status: number) => unsigned(status)],
  ['query', (status: number) => xmlAnswer(signedXml({ return_code: 'FAIL' }), status)],
] as const)('delivered, of a %s, which has nothing to carry out:', (name, answer) => {
  test.each([400, 401, 404, 429, 500, 502, 503])('%d', async (status) => {
    const { instance } = await scripted([answers(answer(status))])
    const error = await failing(name, instance)
    expect(error).toMatchObject({ name: 'ApiError', status, delivery: 'delivered' })
    expect(error.message).toMatch(ADVICE.delivered)
  })
})

describe('delivered, of a POST:', () => {
  test.each([301, 400, 401, 403, 404, 409, 422])('it was refused with %d', async (status) => {
    const { instance } = await scripted([answers(unsigned(status, {}, '{"code":"PARAM_ERROR"}'))])
    const error = await failing('POST', instance)
    expect(error).toMatchObject({ name: 'ApiError', code: 'PARAM_ERROR', delivery: 'delivered' })
    expect(error.message).toMatch(ADVICE.delivered)
  })

  test.each<[string, Act, object]>([
    [
      'forged',
      answers(() => tampered(signed('{}'), '{"a":1}')),
      { name: 'VerificationError', reason: 'signature' },
    ],
    ['unsigned', answers(unsigned(200, {}, '{}')), { name: 'VerificationError', reason: 'headers' }],
    ['old', answers(() => signed('{}', { 'Wechatpay-Timestamp': '1' })), { reason: 'clock' }],
    ['of nobody one knows', answers(() => signed('{}', { 'Wechatpay-Serial': 'X' })), { reason: 'serial' }],
    ['damaged', damages, { name: 'TransportError', code: 'ERR_DECODE' }],
    [
      'packed in an unknown way',
      answers(unsigned(200, { 'Content-Encoding': 'zip' }, 'x')),
      { code: 'ERR_DECODE' },
    ],
    [
      'no JSON, though it says so',
      answers(() => signed('{"a"')),
      { name: 'ApiError', code: 'INVALID_RESPONSE' },
    ],
  ])('its answer is a success, but %s', async (_, act, expected) => {
    const { instance } = await scripted([act])
    expect(await failing('POST', instance)).toMatchObject({ ...expected, delivery: 'delivered' })
  })

  test('its answer is larger than can be kept, packed or not', async () => {
    const large = JSON.stringify({ a: 'a'.repeat(5_000) })
    const { instance } = await scripted(
      [
        answers(() => signed(large)),
        answers(() => ({ ...signed(large, { 'Content-Encoding': 'gzip' }), body: gzipSync(large) })),
      ],
      { maxResponseSize: 4_096 },
    )
    for (let n = 0; n < 2; n++) {
      expect(await failing('POST', instance)).toMatchObject({ code: 'ERR_TOO_LARGE', delivery: 'delivered' })
    }
  })
})

describe("what APIv2's own words leave known", () => {
  const says = (err_code: string): Act => answers(() => answered({ result_code: 'FAIL', err_code }))

  test.each<[string, Delivery, Delivery]>([
    ['SYSTEMERROR', 'unknown', 'delivered'],
    ['USERPAYING', 'unknown', 'delivered'],
    ['BANKERROR', 'unknown', 'delivered'],
    ['PROCESSING', 'unknown', 'delivered'],
    ['ORDERPAID', 'delivered', 'delivered'],
    ['NOTENOUGH', 'delivered', 'delivered'],
    ['AUTH_CODE_INVALID', 'delivered', 'delivered'],
  ])('%s: of an order %s, of a query %s', async (code, ofOrder, ofQuery) => {
    const { instance } = await scripted([says(code)])
    for (const [name, delivery] of [
      ['order', ofOrder],
      ['query', ofQuery],
    ] as const) {
      const error = await failing(name, instance)
      expect(error).toMatchObject({ name: 'ApiError', code, delivery })
      expect(error.message).toMatch(ADVICE[delivery])
    }
  })

  test('a failure to communicate (return_code) is an answer', async () => {
    const { instance } = await scripted([
      answers(xmlAnswer('<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>')),
    ])
    expect(await failing('order', instance)).toMatchObject({ code: 'FAIL', delivery: 'delivered' })
  })

  test('a success that is not signed has been carried out, if it was one', async () => {
    const { instance } = await scripted([answers(() => answered({}, 'MD5', { sign: 'X' }))])
    expect(await failing('order', instance)).toMatchObject({
      name: 'VerificationError',
      delivery: 'delivered',
    })
  })
})

test.each<[string, number, string, Delivery]>([
  ['POST v3/pay/transactions/codepay', 400, 'USER_PAYING', 'unknown'],
  ['POST v3/pay/transactions/codepay', 400, 'BANK_ERROR', 'unknown'],
  ['POST v3/refund/domestic/refunds', 429, 'FREQUENCY_LIMITED', 'unknown'],
  ['PATCH v3/x', 599, 'HTTP_599', 'unknown'],
  ['DELETE v3/x', 500, 'HTTP_500', 'unknown'],
  ['GET v3/x', 500, 'SYSTEM_ERROR', 'delivered'],
  ['POST v3/pay/orderquery', 500, 'HTTP_500', 'unknown'],
  ['POST V2/pay/orderquery', 500, 'HTTP_500', 'delivered'],
  ['POST v2/pay/unifiedorder', 500, 'HTTP_500', 'unknown'],
  // What is sent counts, however it is written.
  ['POST v2/pay/{call}', 500, 'HTTP_500', 'delivered'],
  ['GET v2/appauth/getaccesstoken', 500, 'HTTP_500', 'unknown'],
])('%s, %d %s: %s', (label, status, code, expected) => {
  const [verb = '', uri = ''] = label.split(' ')
  const call = uri.includes('{') ? { call: 'orderquery' } : {}
  const { reads } = prepare(verb, uri, call, resolveConfig({ ...config, secret: SECRET }))
  expect(deliveryOf(reads, status, code)).toBe(expected)
})
