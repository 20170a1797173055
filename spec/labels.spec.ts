import { PassThrough, type Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { request } from 'undici'
import type { CallOptions, WechatpayError } from '../lib/lite'
import { answered, xmlAnswer } from './conformance/apiv2'
import { signed, tampered, unsigned } from './conformance/platform'
import { type Act, answers, damages, halves, scripted } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

/*
 * Every error of a call begins with its verb and template, whoever made it, and so does its stack, which is what is printed.
 */

const LIMIT = 4_096
const LONG = JSON.stringify({ a: 'a'.repeat(LIMIT) })
const V3 = 'v3/pay/transactions/id/{transaction_id}'
const FILE = 'v3/billdownload/file'
const V2 = 'v2/pay/unifiedorder'
const xml = { mch_id: MCH_ID }

async function failing(act: Act, method: string, uri: string, options: CallOptions): Promise<WechatpayError> {
  const { driver } = await scripted([act], { maxResponseSize: LIMIT, retry: false })
  return (await rejection(driver.request(method, uri, options))) as WechatpayError
}

const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) })

test.each<[string, string, Act, string, string, CallOptions]>([
  [
    'forged',
    'ERR_VERIFICATION_SIGNATURE',
    answers(() => tampered(signed('{}'), '[]')),
    'GET',
    V3,
    { transaction_id: '1' },
  ],
  [
    'unsigned',
    'ERR_VERIFICATION_HEADERS',
    answers(unsigned(200, {}, '{}')),
    'POST',
    'v3/refund/domestic/refunds',
    { json: {} },
  ],
  [
    'forged, of APIv2',
    'ERR_VERIFICATION_SIGNATURE',
    answers(() => answered({}, 'MD5', { sign: 'X' })),
    'POST',
    V2,
    { xml },
  ],
  ['damaged', 'ERR_DECODE', damages, 'GET', V3, { transaction_id: '1' }],
  ['damaged, for a sink', 'ERR_DECODE', damages, 'GET', FILE, { sink: new PassThrough() }],
  [
    'packed in an unknown way, for a stream',
    'ERR_DECODE',
    answers(unsigned(200, { 'Content-Encoding': 'zip' }, 'x')),
    'GET',
    FILE,
    { stream: true },
  ],
  ['too large', 'ERR_TOO_LARGE', answers(() => signed(LONG)), 'GET', V3, { transaction_id: '1' }],
  ['too large, and unsigned', 'ERR_TOO_LARGE', answers(unsigned(200, {}, LONG)), 'GET', FILE, {}],
  ['too large, of APIv2', 'ERR_TOO_LARGE', answers(xmlAnswer(LONG)), 'POST', V2, { xml }],
  ['not to be written', 'ERR_SINK', answers(unsigned(200, {}, 'x')), 'GET', FILE, { sink: full }],
  [
    'not to be written there',
    'ERR_SINK',
    answers(unsigned(200, {}, 'x')),
    'GET',
    FILE,
    { sink: '/nowhere/x' },
  ],
  ['cut short', 'UND_ERR_SOCKET', halves, 'GET', FILE, {}],
])('an answer that is %s (%s)', async (_, code, act, method, uri, options) => {
  const error = await failing(act, method, uri, options)
  const prefix = `${method} ${uri}: `
  expect(error).toMatchObject({ code })
  expect(error.message.startsWith(prefix)).toBe(true)
  expect(error.message.split(prefix)).toHaveLength(2)
  expect(error.stack?.startsWith(`${error.name}: ${error.message}\n`)).toBe(true)
})

test('a stream that turns out to be damaged', async () => {
  const { instance } = await scripted([damages])
  const { data } = await instance.chain(FILE).get<Readable>({ stream: true })
  const error = (await rejection(buffer(data))) as WechatpayError
  expect(error).toMatchObject({ code: 'ERR_DECODE' })
  expect(error.message).toMatch(/^GET v3\/billdownload\/file: the body of the answer is damaged/)
})

test('a remote key that fails', async () => {
  const privateKey = { sign: () => Promise.reject(new Error('asleep')) }
  const { instance } = await scripted([halves], { privateKey })
  const error = (await rejection(instance.chain(V3).get({ transaction_id: '1' }))) as WechatpayError
  expect(error).toMatchObject({ code: 'ERR_SIGNER', cause: { message: 'asleep' } })
  expect(error.message).toBe(`GET ${V3}: privateKey.sign() failed; nothing was sent`)
})

test('a wrong call names what is wrong with it first', async () => {
  const { instance } = await scripted([halves])
  const early = (await rejection(instance.chain(V3).get({}))) as WechatpayError
  expect(early.message).toMatch(/^transaction_id: /)
  // This is found out when it is signed.
  const late = (await rejection(
    instance.chain(V2).post({ xml: { ...xml, sign_type: 'RSA' } }),
  )) as WechatpayError
  expect(late.message).toMatch(/^xml\.sign_type: /)
})

test('a request made with undici itself is no call of ours, and has no name', async () => {
  const { driver, base_uri } = await scripted([answers(unsigned(200, {}, '{}'))])
  const error = (await rejection(
    request(`${base_uri}v3/x`, { dispatcher: driver.select() }),
  )) as WechatpayError
  expect(error.message).toMatch(/^the answer \(HTTP 200\) is not believed/)
})

describe('an answer that is too large says what helps', () => {
  const message = async (...call: Parameters<typeof failing>) => (await failing(...call)).message

  test('a signed one is held back, however it is taken', async () => {
    for (const options of [{}, { stream: true }, { sink: new PassThrough() }]) {
      const said = await message(
        answers(() => signed(LONG)),
        'GET',
        'v3/x',
        options,
      )
      expect(said).toMatch(/larger than 4096 bytes: raise maxResponseSize; with stream or sink, too/)
    }
  })

  test('one that answers unsigned can be had as a stream', async () => {
    const packed = unsigned(200, { 'Content-Encoding': 'gzip' }, gzipSync(LONG))
    for (const answer of [unsigned(200, {}, LONG), packed]) {
      const said = await message(answers(answer), 'GET', FILE, {})
      expect(said).toMatch(/larger than 4096 bytes: take it with stream or sink, or raise maxResponseSize$/)
    }
  })

  test('XML of APIv2 is held back, too', async () => {
    const long = `<xml><a>${'a'.repeat(LIMIT)}</a></xml>`
    const packed = { ...xmlAnswer(long), headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(long) }
    for (const answer of [xmlAnswer(long), packed]) {
      const said = await message(answers(answer), 'POST', V2, { xml })
      expect(said).toMatch(/larger than 4096 bytes: raise maxResponseSize; with stream or sink, too/)
    }
  })

  test.each(['plain', 'packed'])('XML that is larger than any, %s, is helped by nothing', async (form) => {
    const long = `<xml><a>${'a'.repeat(600_000)}</a></xml>`
    const answer =
      form === 'plain' ? xmlAnswer(long) : unsigned(200, { 'Content-Encoding': 'gzip' }, gzipSync(long))
    const { instance } = await scripted([answers(answer)])
    const order = (await rejection(instance.chain(V2).post({ xml }))) as WechatpayError
    expect(order).toMatchObject({ name: 'VerificationError', reason: 'signature', delivery: 'delivered' })
    expect(order.message).toMatch(/not believed: it is larger than 524288 bytes, which no XML of APIv2 is/)
    const unsignedKind = instance.v2.mmpaymkttransfers.sendredpack.post({ xml })
    const other = (await rejection(unsignedKind)) as WechatpayError
    expect(other).toMatchObject({ name: 'ApiError', code: 'INVALID_RESPONSE', delivery: 'delivered' })
    expect(other.message).toMatch(/the answer is larger than 524288 bytes, which no XML of APIv2 is/)
    for (const { message } of [order, other]) expect(message).not.toContain('maxResponseSize')
  })
})
