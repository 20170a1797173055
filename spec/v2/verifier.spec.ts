import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Readable, Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { ApiError, Builder, type Response, VerificationError } from '../../lib/lite'
import { ANSWERS } from '../../lib/v2/answers'
import {
  answered,
  type Fields,
  SECRET,
  type SignType,
  signatureOf,
  signedXml,
  writeXml,
  xmlAnswer,
} from '../conformance/apiv2'
import { type Answer, Loopback, REQUEST_ID, unsigned } from '../conformance/platform'
import { leaks } from '../support/leaks'
import { instanceFor, MCH_ID, rejection, serve, v2Config } from './server'

const ORIGIN = 'https://api.mch.weixin.qq.com'
const PATH = 'v2/pay/micropay'
/** An answer as the platform gives it. */
const PAID: Fields = {
  appid: 'wx2421b1c4370ec43b',
  attach: ' 一 & <二> ',
  bank_type: 'CMC',
  cash_fee: '0',
  coupon_id_0: '',
  nonce_str: 'sVEZwuEHRkjKSDdB',
  out_trade_no: '1409811653',
  total_fee: '888',
  transaction_id: '1008450740201411110005820873',
}
/** All its fields, by name. */
const FIELDS = { return_code: 'SUCCESS', result_code: 'SUCCESS', mch_id: MCH_ID, ...PAID }

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})
afterAll(() => loopback.close())

/** The outcome of a call that is answered so. */
async function call(answer: Answer, path = PATH, sign_type?: SignType): Promise<Response> {
  loopback.reset(() => answer)
  const xml = { mch_id: MCH_ID, ...(sign_type && { sign_type }) }
  return instanceFor(loopback).chain(path).post({ xml })
}

async function failed(...given: Parameters<typeof call>): Promise<ApiError> {
  const error = await rejection(call(...given))
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

async function refused(...given: Parameters<typeof call>): Promise<VerificationError> {
  const error = await rejection(call(...given))
  expect(error).toBeInstanceOf(VerificationError)
  expect(error).toMatchObject({
    reason: 'signature',
    code: 'ERR_VERIFICATION_SIGNATURE',
    delivery: 'delivered',
    response: { status: 200, verified: false },
  })
  return error as VerificationError
}

/** What logs make of an error, but for one that asks for what is hidden. */
function logged(error: Error): string[] {
  return [error.message, String(error.stack), inspect(error, { depth: 10 }), JSON.stringify(error)]
}

describe('a success is believed', () => {
  it.each<[SignType, SignType | undefined]>([
    ['MD5', undefined],
    ['MD5', 'MD5'],
    ['HMAC-SHA256', 'HMAC-SHA256'],
    ['HMAC-SHA256', 'MD5'],
    ['HMAC-SHA256', undefined],
  ])('with the %s of its fields, when %s was asked for', async (type, asked) => {
    const { data, verified, status, body } = await call(answered(PAID, type), PATH, asked)
    expect({ status, verified }).toEqual({ status: 200, verified: true })
    const sign = signatureOf(Object.entries(FIELDS) as [string, string][], type)
    expect(data).toEqual({ ...FIELDS, sign })
    expect(body.toString()).toBe(signedXml(PAID, type))
  })

  it.each<[string, (xml: string) => string | Buffer, Record<string, string>?]>([
    ['declared, with a byte order mark', (xml) => `\ufeff<?xml version="1.0" encoding="UTF-8"?>${xml}`],
    ['with white space between its elements', (xml) => xml.replace(/(<\/\w+>)/g, '$1\n  ')],
    ['without CDATA', (xml) => xml.replace(/<!\[CDATA\[([\w ]*)\]\]>/g, '$1')],
    ['as another root', (xml) => xml.replace(/^<xml>(.*)<\/xml>$/s, '<root>$1</root>')],
    ['in another order', (xml) => xml.replace(/^<xml>(<appid>.*?<\/appid>)(.*)<\/xml>$/s, '<xml>$2$1</xml>')],
    ['with an empty field more, which nobody signs', (xml) => xml.replace('<xml>', '<xml><more/>')],
    ['packed by gzip', (xml) => gzipSync(xml), { 'Content-Encoding': 'gzip' }],
    ['packed by brotli', (xml) => brotliCompressSync(xml), { 'Content-Encoding': 'br' }],
  ])('%s', async (_, change, headers = {}) => {
    const { data, verified } = await call(unsigned(200, headers, change(signedXml(PAID)) as Buffer))
    expect(verified).toBe(true)
    expect(data).toMatchObject(FIELDS)
  })

  it('and its values stay strings, untrimmed', async () => {
    const { data } = await call(answered({ a: '007', b: '1e3', c: ' \n ', d: 'true' }))
    expect(data).toMatchObject({ a: '007', b: '1e3', c: ' \n ', d: 'true' })
  })

  it('and names like __proto__ are fields like others', async () => {
    const changes = Object.fromEntries([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
    const data = (await call(answered(changes))).data as object
    expect(Object.getPrototypeOf(data)).toBeNull()
    expect(Object.getOwnPropertyDescriptor(data, '__proto__')?.value).toBe('p')
    expect(Object.getOwnPropertyDescriptor(data, 'constructor')?.value).toBe('c')
    expect(Reflect.get({}, 'p')).toBeUndefined()
  })

  it('byte by byte', async () => {
    const { instance } = await serve((_, response) => drip(response, Buffer.from(signedXml(PAID))))
    const { data, verified } = await instance.v2.pay.micropay.post({ xml: { mch_id: MCH_ID } })
    expect(verified).toBe(true)
    expect(data).toMatchObject(FIELDS)
  })

  it('with its Request-ID', async () => {
    const answer = answered(PAID)
    const headers = { ...answer.headers, 'Request-ID': REQUEST_ID }
    expect((await call({ ...answer, headers })).requestId).toBe(REQUEST_ID)
  })

  it('can be streamed and written once it is', async () => {
    loopback.reset(() => answered(PAID))
    const { micropay } = instanceFor(loopback).v2.pay
    const xml = { mch_id: MCH_ID }
    const streamed = await micropay.post<Readable>({ xml, stream: true })
    expect([await text(streamed.data), streamed.verified]).toEqual([signedXml(PAID), true])
    const written: Buffer[] = []
    const sink = collector(written)
    await micropay.post({ xml, sink })
    expect(Buffer.concat(written).toString()).toBe(signedXml(PAID))
  })
})

/** A body one byte at a time, of a length that is not told. */
function drip(response: Parameters<RequestListener>[1], body: Buffer): void {
  let at = 0
  const next = (): void => {
    if (at === body.length) response.end()
    else response.write(body.subarray(at, ++at), next)
  }
  response.flushHeaders()
  next()
}

function collector(chunks: Buffer[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      done()
    },
  })
}

describe.each<SignType>(['MD5', 'HMAC-SHA256'])('a forged success is refused (%s)', (type) => {
  const forged = (sent: Fields): Promise<VerificationError> => refused(answered(PAID, type, sent))
  const names = Object.keys(FIELDS).filter((name) => name !== 'return_code')
  const filled = names.filter((name) => Reflect.get(FIELDS, name) !== '')
  const plain = signedXml(PAID, type)

  it.each(names)('%s changed', async (name) => {
    await forged({ [name]: `${Reflect.get(FIELDS, name)}0` })
    await forged({ [name]: 'FAIL' })
  })

  it.each(filled)('%s taken away, or emptied', async (name) => {
    await forged({ [name]: null })
    await forged({ [name]: '' })
  })

  it.each(filled)('%s under another name', async (name) => {
    await forged({ [name]: null, [`${name}_`]: Reflect.get(FIELDS, name) as string })
    await forged({ [name]: null, [name.toUpperCase()]: Reflect.get(FIELDS, name) as string })
  })

  it.each(names)('%s twice', async (name) => {
    const element = new RegExp(`<${name}>.*?</${name}>`, 's').exec(plain)?.[0] ?? ''
    await refused(xmlAnswer(plain.replace('</xml>', `${element}</xml>`)))
    await refused(xmlAnswer(plain.replace('<xml>', `<xml><${name}>0</${name}>`)))
  })

  it.each(filled)('%s nested', async (name) => {
    const value = Reflect.get(FIELDS, name) as string
    const swap = (inside: string) =>
      refused(xmlAnswer(plain.replace(new RegExp(`(<${name}>).*?(</${name}>)`, 's'), `$1${inside}$2`)))
    await swap(`<a>${writeXml([['v', value]])}</a>`)
    await swap(`<${name}>0</${name}>`)
  })

  it('a field added', async () => {
    await forged({ added: '1' })
    await forged({ Sign: 'x' })
    await forged({ key: SECRET.slice(0, 8) })
  })

  it('a field smuggled in: nested, or as a list', async () => {
    for (const inside of [
      '<total>0</total>',
      '<item>1</item><item>2</item>',
      '<transaction_id>x</transaction_id>',
    ]) {
      await refused(xmlAnswer(plain.replace('</xml>', `<more>${inside}</more></xml>`)))
    }
  })

  it('sign taken away, emptied, twice or nested', async () => {
    const [element = ''] = /<sign>.*<\/sign>/.exec(plain) ?? []
    await forged({ sign: null })
    await forged({ sign: '' })
    await refused(xmlAnswer(plain.replace('</xml>', `${element}</xml>`)))
    await refused(xmlAnswer(plain.replace('</xml>', '<sign>0</sign></xml>')))
    await refused(xmlAnswer(plain.replace(element, `<sign>${element}</sign>`)))
  })

  it('sign in lower case, shortened, lengthened, padded or of another length', async () => {
    const [, sign = ''] = /<sign><!\[CDATA\[(\w+)\]\]><\/sign>/.exec(plain) ?? []
    expect(sign).toMatch(/^[0-9A-F]{32,64}$/)
    const flipped = `${sign.slice(0, -1)}${sign.endsWith('0') ? '1' : '0'}`
    for (const other of [
      sign.toLowerCase(),
      sign.slice(1),
      sign.slice(0, -1),
      `${sign}0`,
      ` ${sign}`,
      `${sign}\n`,
      flipped,
      '0',
      '中'.repeat(sign.length),
      '0'.repeat(32),
      '0'.repeat(64),
      'A'.repeat(100_000),
    ]) {
      await forged({ sign: other })
    }
  })

  it('sign of another key, or of none', async () => {
    const fields = Object.entries(FIELDS) as [string, string][]
    for (const key of [
      'another key of thirty two letters',
      '',
      SECRET.toUpperCase(),
      `${SECRET} `,
      'undefined',
    ]) {
      await forged({ sign: signatureOf(fields, type, key) })
    }
  })

  it('sign of another answer, or of the request', async () => {
    const other = Object.entries({ ...FIELDS, total_fee: '1' }) as [string, string][]
    await forged({ sign: signatureOf(other, type) })
    loopback.reset(() => {
      const sign = /<sign>(\w+)/.exec(loopback.received[0]?.body.toString() ?? '')?.[1] ?? ''
      return answered({}, type, { sign })
    })
    const sending = instanceFor(loopback).v2.pay.micropay.post({ xml: { mch_id: MCH_ID, sign_type: type } })
    expect(await rejection(sending)).toMatchObject({ reason: 'signature' })
  })

  it.each<[string, (xml: string) => string]>([
    ['cut short', (xml) => xml.slice(0, -1)],
    ['with something behind it', (xml) => `${xml}<xml/>`],
    ['with a DTD', (xml) => `<!DOCTYPE xml>${xml}`],
    ['with an entity', (xml) => xml.replace('<xml>', '<xml><a>&e;</a>')],
    ['in HTML', (xml) => `<html>${xml}</html>`],
    ['as JSON', () => JSON.stringify(FIELDS)],
    ['not at all', () => ''],
    ['without its fields', () => '<xml/>'],
    ['as text in the root', () => '<xml>SUCCESS</xml>'],
    ['too deep', (xml) => xml.replace('</xml>', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</xml>`)],
    ['too large', (xml) => xml.replace('</xml>', `<a>${'x'.repeat(2 ** 20)}</a></xml>`)],
    ['not in UTF-8', (xml) => Buffer.from(xml.replace('CMC', 'é'), 'latin1').toString('latin1')],
  ])('%s', async (_, change) => {
    await refused(xmlAnswer(change(plain)))
  })

  it('return_code that is not there, or there twice', async () => {
    await forged({ return_code: null })
    await refused(xmlAnswer(plain.replace('</xml>', '<return_code>FAIL</return_code></xml>')))
    await refused(
      xmlAnswer(plain.replace(/<return_code>.*?<\/return_code>/, '<return_code><a/></return_code>')),
    )
  })

  it('for a GET as for a POST', async () => {
    loopback.reset(() => answered(PAID, type, { total_fee: '1' }))
    const sending = instanceFor(loopback).v2.pay.x.get({ query: { mch_id: MCH_ID, sign_type: type } })
    expect(await rejection(sending)).toMatchObject({ reason: 'signature' })
  })
})

describe('an MD5 answer to an HMAC request', () => {
  it('is refused, however right', async () => {
    await refused(answered(PAID, 'MD5'), PATH, 'HMAC-SHA256')
  })

  it('is refused for a GET, and for the XML of undici, too', async () => {
    loopback.reset(() => answered(PAID, 'MD5'))
    const instance = instanceFor(loopback)
    const query = { mch_id: MCH_ID, sign_type: 'HMAC-SHA256' }
    expect(await rejection(instance.v2.pay.x.get({ query }))).toMatchObject({ reason: 'signature' })
    const sending = Builder.driver(instance)
      .select('v2')
      .request({
        origin: ORIGIN,
        path: '/pay/x',
        method: 'POST',
        body: writeXml(Object.entries(query)),
      })
    expect(await rejection(sending)).toMatchObject({ reason: 'signature' })
  })

  it('that says FAIL is a failure nobody has signed', async () => {
    const error = await failed(answered({ return_code: 'FAIL' }, 'MD5'), PATH, 'HMAC-SHA256')
    expect(error.verified).toBe(false)
  })

  it('an answer as long as an HMAC is not compared with MD5', async () => {
    const md5 = signatureOf(Object.entries(FIELDS) as [string, string][], 'MD5')
    await refused(answered(PAID, 'MD5', { sign: `${md5}${md5}` }), PATH, 'HMAC-SHA256')
  })
})

describe('a refusal', () => {
  it('says what to do, keeps the answer for whoever wants to look, and prints none of it', async () => {
    const error = await refused(answered({ openid: 'o-openid' }, 'MD5', { total_fee: '1' }))
    expect(error.message).toMatch(/HTTP 200.*query/)
    expect(error.response?.body.toString()).toContain('o-openid')
    expect(error.response?.data).toBeUndefined()
    for (const shown of logged(error)) expect(shown).not.toContain('o-openid')
  })

  it('writes and streams nothing', async () => {
    loopback.reset(() => answered({}, 'MD5', { total_fee: '1' }))
    const { micropay } = instanceFor(loopback).v2.pay
    const xml = { mch_id: MCH_ID }
    const written: Buffer[] = []
    expect(await rejection(micropay.post({ xml, sink: collector(written) }))).toBeInstanceOf(
      VerificationError,
    )
    expect(await rejection(micropay.post({ xml, stream: true }))).toBeInstanceOf(VerificationError)
    expect(written).toEqual([])
  })
})

describe('a failure', () => {
  it('return_code FAIL needs no signature', async () => {
    const xml = writeXml([
      ['return_code', 'FAIL'],
      ['return_msg', '签名失败'],
    ])
    const error = await failed(xmlAnswer(xml))
    expect(error).toMatchObject({
      status: 200,
      code: 'FAIL',
      return_code: 'FAIL',
      return_msg: '签名失败',
      verified: false,
      delivery: 'delivered',
    })
    expect(error).not.toHaveProperty('result_code')
    expect(error).not.toHaveProperty('err_code')
    expect(error.message).toBe('POST v2/pay/micropay: FAIL (HTTP 200): 签名失败')
    expect(error.response.data).toEqual({ return_code: 'FAIL', return_msg: '签名失败' })
  })

  it('return_code FAIL with a sign that is not its own is the same', async () => {
    expect(await failed(answered({ return_code: 'FAIL' }, 'MD5', { sign: 'BAD' }))).toMatchObject({
      code: 'FAIL',
      verified: false,
    })
  })

  it('return_code FAIL that is signed is verified', async () => {
    const error = await failed(answered({ return_code: 'FAIL' }))
    expect(error).toMatchObject({ code: 'FAIL', verified: true, response: { verified: true } })
  })

  it('result_code FAIL must be signed, and carries the five fields', async () => {
    const fields = {
      return_msg: 'OK',
      result_code: 'FAIL',
      err_code: 'USERPAYING',
      err_code_des: '需要用户输入支付密码',
    }
    const error = await failed(answered(fields))
    expect(error).toMatchObject({
      status: 200,
      code: 'USERPAYING',
      return_code: 'SUCCESS',
      ...fields,
      verified: true,
    })
    expect(error.message).toBe(
      'POST v2/pay/micropay: USERPAYING (HTTP 200): 需要用户输入支付密码; whether the platform has acted is unknown: query, or repeat with the same numbers',
    )
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name: 'ApiError', ...fields })
    await refused(answered(fields, 'MD5', { sign: null }))
    await refused(answered(fields, 'MD5', { err_code: 'SYSTEMERROR' }))
  })

  it.each<[string, Fields]>([
    ['result_code is something else', { result_code: 'success' }],
    ['result_code is empty', { result_code: '' }],
    ['return_code is something else', { return_code: 'success' }],
    ['return_code is empty', { return_code: '' }],
    ['there is no return_code, though it is signed', { return_code: null }],
  ])('%s', async (_, fields) => {
    expect(await failed(answered(fields))).toMatchObject({ status: 200, verified: true })
  })

  it('without result_code there is none to judge', async () => {
    await expect(call(answered({ result_code: null }))).resolves.toMatchObject({ verified: true })
  })

  it.each<[number, string, Record<string, unknown>]>([
    [400, '', { code: 'HTTP_400' }],
    [404, 'nope', { code: 'HTTP_404' }],
    [500, '<html>', { code: 'HTTP_500' }],
    [502, '<html><body>x</body></html>', { code: 'HTTP_502' }],
    [302, '', { code: 'HTTP_302' }],
    [304, '', { code: 'HTTP_304' }],
    [
      500,
      writeXml([
        ['return_code', 'FAIL'],
        ['return_msg', 'x'],
      ]),
      { code: 'FAIL', return_msg: 'x' },
    ],
  ])('HTTP %d %s', async (status, body, has) => {
    expect(await failed(xmlAnswer(body, status))).toMatchObject({ status, verified: false, ...has })
  })

  it('a success with a status that is none is a failure all the same', async () => {
    expect(await failed({ ...answered(PAID), status: 500 })).toMatchObject({ status: 500 })
    expect(await failed({ ...answered(PAID), status: 302 })).toMatchObject({ status: 302 })
  })

  it('of a path with variables names the template, not the values', async () => {
    loopback.reset(() => answered({ return_code: 'FAIL' }))
    const sending = instanceFor(loopback)
      .chain('v2/pay/{id}')
      .get({ id: 'o-openid', query: { mch_id: MCH_ID } })
    const error = (await rejection(sending)) as ApiError
    expect(error).toMatchObject({ name: 'ApiError', code: 'FAIL' })
    expect(error.message).not.toContain('o-openid')
    expect(error.message).toContain('v2/pay/{id}')
  })

  it('prints nothing of the answer but what names the failure', async () => {
    const error = await failed(answered({ result_code: 'FAIL', err_code: 'X', openid: 'o-openid' }))
    for (const shown of logged(error)) expect(shown).not.toContain('o-openid')
    expect(error.response.data).toMatchObject({ openid: 'o-openid' })
  })
})

describe('endpoints that do not sign', () => {
  const rows = ANSWERS.filter(({ kind }) => kind === 'unsigned').map(({ path }) => [`v2${path}`] as const)
  const bare = (fields: Fields): Answer => answered(fields, 'MD5', { sign: null })

  it.each(rows)('%s is judged all the same', async (path) => {
    const { data, verified } = await call(bare({ a: '1' }), path)
    expect({ data, verified }).toMatchObject({ data: { a: '1', return_code: 'SUCCESS' }, verified: false })
    await expect(call(answered(), path)).resolves.toMatchObject({ verified: true })
    expect(await failed(bare({ return_code: 'FAIL' }), path)).toMatchObject({ code: 'FAIL', verified: false })
    expect(await failed(bare({ result_code: 'FAIL', err_code: 'NOTENOUGH' }), path)).toMatchObject({
      code: 'NOTENOUGH',
      result_code: 'FAIL',
      verified: false,
    })
    expect(await failed(bare({ return_code: null }), path)).toMatchObject({ verified: false })
    for (const body of [
      'garbage',
      '',
      '{}',
      '<xml>',
      '<!DOCTYPE xml><xml><return_code>SUCCESS</return_code></xml>',
    ]) {
      expect(await failed(xmlAnswer(body), path)).toMatchObject({
        code: 'INVALID_RESPONSE',
        status: 200,
        verified: false,
        delivery: 'delivered',
      })
    }
  })

  it('may nest', async () => {
    const xml =
      '<xml><return_code>SUCCESS</return_code><hblist><hbinfo><amount>1</amount></hbinfo><hbinfo><amount>2</amount></hbinfo></hblist></xml>'
    const { data } = await call(xmlAnswer(xml), 'v2/mmpaymkttransfers/gethbinfo')
    expect(data).toEqual({ return_code: 'SUCCESS', hblist: { hbinfo: [{ amount: '1' }, { amount: '2' }] } })
  })

  it.each([
    'v2/mmpaymkttransfers/sendredpack/',
    'v2/MMPaymktTransfers/SendRedpack',
    'v2/mmpaymkttransfers/sendredpacks',
    'v2/x/mmpaymkttransfers/sendredpack',
    'v2/pay/x?/mmpaymkttransfers/sendredpack',
  ])('%s is none of them', async (path) => {
    await refused(bare({}), path)
  })

  it('have no signature to miss in the query of their path', async () => {
    await expect(call(bare({}), 'v2/mmpaymkttransfers/sendredpack?a=1')).resolves.toMatchObject({
      verified: false,
    })
  })
})

describe('bills', () => {
  const BILL = '\ufeff交易时间,公众账号ID\n`2026-01-01,`wx1\n'
  const FAILURE = writeXml([
    ['return_code', 'FAIL'],
    ['return_msg', 'No Bill Exist'],
    ['error_code', '20002'],
  ])
  const xml = { mch_id: MCH_ID, bill_date: '20260101' }
  const paths = ANSWERS.filter(({ kind }) => kind === 'text').map(({ path }) => [`v2${path}`] as const)

  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bills-'))
  })
  beforeEach(() => {
    for (const file of readdirSync(folder)) rmSync(join(folder, file))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(paths)('%s: text is a Buffer', async (path) => {
    const { data, body, verified } = await call(unsigned(200, { 'Content-Type': 'text/plain' }, BILL), path)
    expect({ data, body, verified }).toEqual({
      data: Buffer.from(BILL),
      body: Buffer.from(BILL),
      verified: false,
    })
  })

  it.each(paths)('%s: XML is a failure', async (path) => {
    expect(await failed(unsigned(200, { 'Content-Type': 'text/plain' }, FAILURE), path)).toMatchObject({
      code: '20002',
      return_code: 'FAIL',
      return_msg: 'No Bill Exist',
      err_code: '20002',
      verified: false,
    })
  })

  const bills: Record<string, [wire: Buffer, headers: Record<string, string>, plain: Buffer]> = {
    text: [Buffer.from(BILL), {}, Buffer.from(BILL)],
    'gzip that was asked for': [gzipSync(BILL), { 'Content-Type': 'application/x-gzip' }, gzipSync(BILL)],
    'text packed for the way': [gzipSync(BILL), { 'Content-Encoding': 'gzip' }, Buffer.from(BILL)],
    nothing: [Buffer.alloc(0), {}, Buffer.alloc(0)],
    'nothing, packed': [gzipSync(''), { 'Content-Encoding': 'gzip' }, Buffer.alloc(0)],
    'text that begins like XML': [Buffer.from('<1,2\n'), {}, Buffer.from('<1,2\n')],
    'one byte': [Buffer.from('x'), {}, Buffer.from('x')],
  }
  const manners: Record<string, (wire: Buffer, headers: Record<string, string>) => RequestListener> = {
    'at once': (wire, headers) => (_, response) => response.writeHead(200, headers).end(wire),
    'byte by byte': (wire, headers) => (_, response) => drip(response.writeHead(200, headers), wire),
  }

  describe.each(Object.entries(manners))('%s', (_, manner) => {
    it.each(Object.entries(bills))(
      '%s: as data, stream, Writable and file',
      async (_, [wire, headers, plain]) => {
        const { instance } = await serve(manner(wire, headers))
        const { downloadbill } = instance.v2.pay
        const { data } = await downloadbill.post<Buffer | undefined>({ xml })
        expect(data).toEqual(plain.length === 0 ? undefined : plain)
        const { data: stream } = await downloadbill.post<Readable>({ xml, stream: true })
        expect(await buffer(stream)).toEqual(plain)
        const written: Buffer[] = []
        const outcome = await downloadbill.post({ xml, sink: collector(written) })
        expect(Buffer.concat(written)).toEqual(plain)
        expect([outcome.data, outcome.body.length, outcome.verified]).toEqual([undefined, 0, false])
        await downloadbill.post({ xml, sink: join(folder, 'bill.csv') })
        expect(readFileSync(join(folder, 'bill.csv'))).toEqual(plain)
      },
    )

    it.each<[string, Buffer, Record<string, string>]>([
      ['plain', Buffer.from(FAILURE), {}],
      ['packed for the way', gzipSync(FAILURE), { 'Content-Encoding': 'gzip' }],
      ['declared', Buffer.from(`<?xml version="1.0"?>\n${FAILURE}`), {}],
      ['behind white space', Buffer.from(`\r\n \t${FAILURE}`), {}],
      ['behind a byte order mark', Buffer.from(`\ufeff${FAILURE}`), {}],
    ])('a failure (%s) never reaches data, stream, Writable or file', async (_, wire, headers) => {
      const { instance } = await serve(manner(wire, headers))
      const { downloadbill } = instance.v2.pay
      const written: Buffer[] = []
      const sink = collector(written)
      const failure = { name: 'ApiError', code: '20002', return_msg: 'No Bill Exist' }
      await expect(downloadbill.post({ xml })).rejects.toMatchObject(failure)
      await expect(downloadbill.post({ xml, stream: true })).rejects.toMatchObject(failure)
      await expect(downloadbill.post({ xml, sink })).rejects.toMatchObject(failure)
      await expect(downloadbill.post({ xml, sink: join(folder, 'bill.csv') })).rejects.toMatchObject(failure)
      expect(written).toEqual([])
      expect(readdirSync(folder)).toEqual([])
    })
  })

  it('text goes on as it comes', async () => {
    let finish: (() => void) | undefined
    const { instance } = await serve((_, response) => {
      response.write('first ')
      finish = () => response.end('second')
    })
    const { data } = await instance.v2.pay.downloadbill.post<Readable>({ xml, stream: true })
    const first = await new Promise<Buffer>((resolve) => data.once('data', resolve))
    expect(first.toString()).toBe('first ')
    finish?.()
    expect(await text(data)).toBe('second')
  })

  it('text does not run ahead of its reader', async () => {
    let written = 0
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const { instance } = await serve((_, response) => {
      const write = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += chunk.length
          if (!response.write(chunk)) return void response.once('drain', write)
        }
        response.end()
      }
      write()
    })
    const { data } = await instance.v2.pay.downloadbill.post<Readable>({ xml, stream: true })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(written).toBeLessThan(32 * 1024 * 1024)
    let read = 0
    for await (const piece of data) read += (piece as Buffer).length
    expect(read).toBe(64 * 1024 * 1024)
  })

  it('white space of any length, in pieces of any length, does not keep the process busy', async () => {
    const { instance } = await serve((_, response) =>
      drip(response, Buffer.from(`${' '.repeat(20_000)}bill`)),
    )
    const { user } = process.cpuUsage()
    const { data } = await instance.v2.pay.downloadbill.post<Buffer>({ xml })
    expect(data).toHaveLength(20_004)
    expect(process.cpuUsage().user - user).toBeLessThan(3_000_000)
  })

  it.each(['half a bill', FAILURE.slice(0, 20)])('cut off in the middle: %s', async (half) => {
    const { instance } = await serve((_, response) => {
      response.write(half)
      setTimeout(() => response.destroy(), 20)
    })
    const sending = instance.v2.pay.downloadbill.post({ xml, sink: join(folder, 'bill.csv') })
    await expect(sending).rejects.toMatchObject({ name: 'TransportError', delivery: 'unknown' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('packed, with damage', async () => {
    const answer = unsigned(200, { 'Content-Encoding': 'gzip' }, gzipSync(BILL).subarray(0, -4))
    await expect(call(answer, 'v2/pay/downloadbill')).rejects.toMatchObject({ code: 'ERR_DECODE' })
  })

  it('that cannot be had with their status', async () => {
    expect(await failed(unsigned(404, {}, BILL), 'v2/pay/downloadbill')).toMatchObject({ code: 'HTTP_404' })
    expect(await failed(unsigned(500, {}, FAILURE), 'v2/pay/downloadbill')).toMatchObject({ code: '20002' })
  })
})

describe('redirects', () => {
  const LOCATION = 'https://payapp.weixin.qq.com/x?a=%26&b=中'
  const paths = ANSWERS.filter(({ kind }) => kind === 'redirect').map(({ path }) => [`v2${path}`] as const)
  const redirected = (status: number) => unsigned(status, { Location: encodeURI(LOCATION) })
  async function open(answer: Answer, path: string): Promise<Response> {
    loopback.reset(() => answer)
    return instanceFor(loopback)
      .chain(path)
      .get({ query: { mch_id: MCH_ID } })
  }

  it('are three', () => {
    expect(paths.flat()).toEqual([
      'v2/appauth/authindex',
      'v2/papay/entrustweb',
      'v2/papay/partner/entrustweb',
    ])
  })

  describe.each(paths)('%s', (path) => {
    it.each([301, 302, 303, 307, 308])('%d: data is the location, which is not followed', async (status) => {
      const { data, verified, ...rest } = await open(redirected(status), path)
      expect({ data, verified, status: rest.status }).toEqual({
        data: encodeURI(LOCATION),
        verified: false,
        status,
      })
      expect(loopback.received).toHaveLength(1)
    })

    it('without location there is nothing to open', async () => {
      expect(await rejection(open(unsigned(302), path))).toMatchObject({ name: 'ApiError', code: 'HTTP_302' })
    })

    it('a status that is none', async () => {
      const error = await rejection(open({ ...redirected(400) }, path))
      expect(error).toMatchObject({ name: 'ApiError', code: 'HTTP_400' })
    })

    it('a failure in XML', async () => {
      const answer = xmlAnswer(
        writeXml([
          ['return_code', 'FAIL'],
          ['return_msg', '签名错误'],
        ]),
      )
      expect(await rejection(open(answer, path))).toMatchObject({
        name: 'ApiError',
        code: 'FAIL',
        return_msg: '签名错误',
        verified: false,
      })
    })
  })

  it.each([301, 302, 303, 307, 308])('%d of any other endpoint is a failure', async (status) => {
    for (const path of [PATH, 'v2/papay/h5entrustweb', 'v2/pay/downloadbill', 'v2/appauth/getaccesstoken']) {
      const error = await rejection(open(redirected(status), path))
      expect(error).toMatchObject({ name: 'ApiError', code: `HTTP_${status}`, verified: false })
      expect(loopback.received).toHaveLength(1)
    }
  })
})

describe('getaccesstoken', () => {
  const path = 'v2/appauth/getaccesstoken'
  const TOKEN = { retcode: 0, retmsg: 'ok', access_token: 'ACCESS', access_token_expire_in: 7200 }
  async function get(answer: Answer): Promise<Response> {
    loopback.reset(() => answer)
    return instanceFor(loopback)
      .chain(path)
      .get({ query: { mch_id: MCH_ID, sign_type: 'HMAC-SHA256' } })
  }

  it.each(['application/json', 'text/plain'])('is JSON, as %s', async (type) => {
    const { data, verified } = await get(unsigned(200, { 'Content-Type': type }, JSON.stringify(TOKEN)))
    expect({ data, verified }).toEqual({ data: TOKEN, verified: false })
  })

  it('a failure in XML', async () => {
    const answer = xmlAnswer(
      writeXml([
        ['return_code', 'FAIL'],
        ['return_msg', '签名错误'],
      ]),
    )
    expect(await rejection(get(answer))).toMatchObject({
      name: 'ApiError',
      code: 'FAIL',
      return_msg: '签名错误',
      verified: false,
    })
  })
})

describe('nothing is handed out before it is judged', () => {
  /** What undici itself is told of an answer. */
  async function events(answer: Answer, path = '/pay/x'): Promise<string[]> {
    loopback.reset(() => answer)
    const dispatcher = Builder.driver(instanceFor(loopback)).select('v2')
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      dispatcher.dispatch(
        { origin: ORIGIN, method: 'GET', path: `${path}?mch_id=${MCH_ID}` },
        {
          onRequestStart: () => seen.push('start'),
          onResponseStart: (_, status) => seen.push(String(status)),
          onResponseData: (_, chunk) => seen.push(chunk.toString()),
          onResponseEnd: () => resolve(void seen.push('end')),
          onResponseError: (_, error) => resolve(void seen.push(error.name)),
        },
      )
    })
    return seen
  }

  it.each<[string, Answer, string, string[]]>([
    ['an honest answer comes whole', answered(), '/pay/x', ['200', signedXml(), 'end']],
    ['a forged one not at all', answered({}, 'MD5', { a: '1' }), '/pay/x', ['VerificationError']],
    ['nor a failure', answered({ result_code: 'FAIL' }), '/pay/x', ['ApiError']],
    ['nor one unsigned', xmlAnswer('<xml/>'), '/risk/getviolation', ['ApiError']],
    ['a bill as it comes', unsigned(200, {}, 'bill'), '/pay/downloadbill', ['200', 'bill', 'end']],
    ['an empty one, too', unsigned(200), '/pay/downloadbill', ['200', 'end']],
    ['the failure of one not', xmlAnswer('<xml/>'), '/pay/downloadbill', ['ApiError']],
    ['another status as it is', unsigned(500, {}, 'x'), '/pay/x', ['500', 'x', 'end']],
  ])('%s', async (_, answer, path, seen) => {
    expect(await events(answer, path)).toEqual(['start', ...seen])
  })

  it('a consumer that gives up gets no more', async () => {
    loopback.reset(() => answered())
    const dispatcher = Builder.driver(instanceFor(loopback)).select('v2')
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      dispatcher.dispatch(
        { origin: ORIGIN, method: 'GET', path: `/pay/x?mch_id=${MCH_ID}` },
        {
          onRequestStart: () => {},
          onResponseStart: (controller) => {
            controller.abort(new Error('enough'))
            seen.push(String(controller.aborted))
          },
          onResponseData: () => seen.push('data'),
          onResponseEnd: () => resolve(void seen.push('end')),
          onResponseError: (_, error) => resolve(void seen.push(error.message)),
        },
      )
    })
    expect(seen).toEqual(['true', 'enough'])
  })
})

describe('nothing secret is in any error', () => {
  const fields: Fields = { openid: 'o-openid-of-somebody-who-pays' }
  /** The text that is hashed, with the key in it. */
  const message = `total_fee=1&key=${SECRET}`
  const xml = { mch_id: MCH_ID, auth_code: '134567890123456789' }

  it.each<[string, Answer]>([
    ['forged', answered(fields, 'MD5', { sign: 'BAD' })],
    ['unsigned', answered(fields, 'MD5', { sign: null })],
    ['failed', answered({ ...fields, return_code: 'FAIL' })],
    ['failed in business', answered({ ...fields, result_code: 'FAIL', err_code: 'X' })],
    ['no XML', unsigned(200, {}, `garbage ${fields.openid}`)],
    ['no success', unsigned(500, {}, `garbage ${fields.openid}`)],
    ['elsewhere', unsigned(302, { Location: 'https://evil.example/' })],
  ])('%s', async (_, answer) => {
    loopback.reset(() => answer)
    const error = await rejection(instanceFor(loopback).v2.pay.micropay.post({ xml }))
    expect(error).toBeInstanceOf(Error)
    expect(leaks(error, SECRET, message, xml.auth_code, v2Config.privateKey)).toBe(false)
    for (const shown of logged(error as Error)) expect(shown).not.toContain(fields.openid)
    const [request] = loopback.received
    const [, sign = ''] = /<sign>(\w+)/.exec(request?.body.toString() ?? '') ?? []
    expect(sign).toMatch(/^[0-9A-F]{32}$/)
    expect(leaks(error, sign)).toBe(false)
  })

  it('nor in one that the transport throws', async () => {
    const { instance } = await serve((request) => void request.socket.destroy())
    const error = await rejection(instance.v2.pay.micropay.post({ xml }))
    expect(error).toMatchObject({ name: 'TransportError', delivery: 'unknown' })
    expect(leaks(error, SECRET, message, xml.auth_code)).toBe(false)
  })

  it('nor in what a client or a chain prints', () => {
    const instance = instanceFor(loopback)
    for (const thing of [
      instance,
      instance.v2.pay,
      Builder.driver(instance),
      Builder.driver(instance).select('v2'),
    ]) {
      expect(inspect(thing, { depth: 10, showHidden: true })).not.toContain(SECRET)
    }
  })
})
