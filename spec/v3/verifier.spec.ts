import { createHash, createPrivateKey, sign as rsaSign } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type ApiError, Builder, type Config, Rsa, VerificationError } from '../../lib'
import {
  type Answer,
  config,
  keys,
  Loopback,
  type Overrides,
  PLATFORM_SERIAL,
  PUBLIC_KEY_ID,
  signed,
  statement,
  tampered,
  unsigned,
} from '../conformance/platform'

const ORIGIN = 'https://api.mch.weixin.qq.com'
const BODY = '{"amount":100}'

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})
afterAll(() => loopback.close())

/** The outcome of a call that is answered so. */
async function call(answer: Answer, path = 'v3/x', changes: Partial<Config> = {}) {
  loopback.reset(() => answer)
  const instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher, ...changes })
  return instance.chain(path).post({ json: {} })
}

async function refused(answer: Answer, path?: string, changes?: Partial<Config>): Promise<VerificationError> {
  const error = await call(answer, path, changes).then(
    (response) => {
      throw new Error(`believed: ${response.body}`)
    },
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(VerificationError)
  return error as VerificationError
}

const seconds = (offset: number) => ({
  'Wechatpay-Timestamp': String(Math.floor(Date.now() / 1000) + offset),
})

describe('a 2xx is believed', () => {
  it('with the signature of a configured key', async () => {
    const { data, verified, status, requestId, body, headers } = await call(signed(BODY))
    expect({ data, verified, status }).toEqual({ data: { amount: 100 }, verified: true, status: 200 })
    expect(requestId).toBe(headers.get('Request-ID'))
    expect(body.toString()).toBe(BODY)
  })

  it('whichever of several keys it names', async () => {
    const certs = { [PUBLIC_KEY_ID]: keys.strangerPublic, ...config.certs }
    await expect(call(signed(BODY), 'v3/x', { certs })).resolves.toMatchObject({ verified: true })
  })

  it('with the key of a certificate', async () => {
    const certs = { [PLATFORM_SERIAL]: keys.platformCertificate }
    await expect(call(signed(BODY), 'v3/x', { certs })).resolves.toMatchObject({ verified: true })
  })

  it('empty', async () => {
    await expect(call(signed('', {}, 204))).resolves.toMatchObject({
      status: 204,
      data: undefined,
      verified: true,
    })
  })

  it.each([-300, -1, 0, 1, 300])('signed %d s from now', async (offset) => {
    jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_500)
    await expect(call(signed(BODY, seconds(offset)))).resolves.toMatchObject({ verified: true })
    jest.restoreAllMocks()
  })

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('packed by %s: the signature is that of the plain bytes', async (encoding, pack) => {
    const answer = tampered(signed(BODY, { 'Content-Encoding': encoding }), pack(BODY))
    const { data, headers, body } = await call(answer)
    expect(data).toEqual({ amount: 100 })
    expect(body.toString()).toBe(BODY)
    expect(headers.has('content-encoding')).toBe(false)
    expect(headers.has('content-length')).toBe(false)
  })

  it('with the first of a repeated field', async () => {
    const answer = signed(BODY, { 'Wechatpay-Nonce': ['first', 'second'] })
    await expect(call(answer)).resolves.toMatchObject({ verified: true })
  })
})

describe('a 2xx is refused', () => {
  const FIELDS = ['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature']
  it.each(FIELDS)('without %s, and says so', async (name) => {
    for (const value of [null, '']) {
      const error = await refused(signed(BODY, { [name]: value }))
      expect(error).toMatchObject({
        reason: 'headers',
        code: 'ERR_VERIFICATION_HEADERS',
        delivery: 'delivered',
      })
      expect(error.message.toLowerCase()).toContain(name.toLowerCase())
    }
  })

  it('without any', async () => {
    expect(await refused(unsigned(200, { 'Content-Type': 'application/json' }, BODY))).toMatchObject({
      reason: 'headers',
    })
  })

  it.each(['x', '1e9', '-1', '1x', '0x10', '1'.repeat(16)])('at the time %p', async (time) => {
    const error = await refused(signed(BODY, { 'Wechatpay-Timestamp': time }))
    expect(error.reason).toBe('headers')
  })

  it.each([
    [-301, '301 s ago'],
    [301, '301 s in the future'],
  ])('signed %d s from now, and says by how much', async (offset, words) => {
    jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_500)
    const error = await refused(signed(BODY, seconds(offset)))
    jest.restoreAllMocks()
    expect(error).toMatchObject({ reason: 'clock', code: 'ERR_VERIFICATION_CLOCK' })
    expect(error.message).toContain(words)
  })

  it.each(['DEADBEEF', PLATFORM_SERIAL.toLowerCase(), '__proto__', 'x'.repeat(500)])(
    'with the unknown serial %s, and names the known ones',
    async (serial) => {
      const error = await refused(signed(BODY, { 'Wechatpay-Serial': serial }))
      expect(error.reason).toBe('serial')
      expect(error.message).toContain(PLATFORM_SERIAL)
      expect(error.message.length).toBeLessThan(500)
    },
  )

  const forgeries: Record<string, [Overrides, string?]> = {
    'another body': [{}, '{"amount":1}'],
    'a body cut short': [{}, BODY.slice(0, -1)],
    'a line feed more': [{}, `${BODY}\n`],
    'no body': [{}, ''],
    'another nonce': [{ 'Wechatpay-Nonce': 'other' }],
    'no base64': [{ 'Wechatpay-Signature': '###' }],
    'an empty base64': [{ 'Wechatpay-Signature': '====' }],
    'a signature of all zeros': [{ 'Wechatpay-Signature': Buffer.alloc(256).toString('base64') }],
    'a probe': [{ 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/abcdef' }],
  }
  it.each(Object.entries(forgeries))('with %s', async (_, [overrides, body = BODY]) => {
    const honest = signed(BODY)
    const fields = overrides['Wechatpay-Nonce'] ? {} : overrides
    const answer = tampered(
      { ...honest, headers: { ...honest.headers, ...fields, ...overrides } as Answer['headers'] },
      body,
    )
    expect(await refused(answer)).toMatchObject({ reason: 'signature', code: 'ERR_VERIFICATION_SIGNATURE' })
  })

  it("with the signature of the merchant's own key", async () => {
    const time = String(Math.floor(Date.now() / 1000))
    const signature = rsaSign(
      'sha256',
      Buffer.from(`${time}\nn\n${BODY}\n`),
      createPrivateKey(keys.merchantPrivate),
    )
    const answer = signed(BODY, {
      'Wechatpay-Timestamp': time,
      'Wechatpay-Nonce': 'n',
      'Wechatpay-Signature': signature.toString('base64'),
    })
    expect(await refused(answer)).toMatchObject({ reason: 'signature' })
  })

  it('with a signature made for another serial', async () => {
    const certs = { [PUBLIC_KEY_ID]: keys.strangerPublic, ...config.certs }
    const answer = signed(BODY, { 'Wechatpay-Serial': PUBLIC_KEY_ID })
    expect(await refused(answer, 'v3/x', { certs })).toMatchObject({ reason: 'signature' })
  })

  it('even by a verifier that would take a probe', async () => {
    const certs = { [PLATFORM_SERIAL]: { verify: () => true } }
    const answer = signed(BODY, { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/abcdef' })
    expect(await refused(answer, 'v3/x', { certs })).toMatchObject({ reason: 'signature' })
  })

  it('keeps the answer for whoever wants to look, and prints none of it', async () => {
    const error = await refused(tampered(signed(BODY), '{"name":"张三"}'))
    expect(error.response).toMatchObject({ status: 200, verified: false, data: undefined })
    expect(error.response?.body.toString()).toBe('{"name":"张三"}')
    expect(JSON.stringify(error)).not.toContain('张三')
    expect(error.message).toContain('query')
  })

  it('packed, with damage', async () => {
    const answer = tampered(signed(BODY, { 'Content-Encoding': 'gzip' }), gzipSync(BODY).subarray(0, -4))
    await expect(call(answer)).rejects.toMatchObject({ code: 'ERR_DECODE', delivery: 'delivered' })
  })

  it.each(['zip', 'gzip, br', 'constructor'])('packed by the unknown %s', async (encoding) => {
    await expect(call(signed(BODY, { 'Content-Encoding': encoding }))).rejects.toMatchObject({
      code: 'ERR_DECODE',
    })
  })
})

describe('a failure is passed on, whoever signed it', () => {
  const failure = '{"code":"PARAM_ERROR","message":"参数错误"}'
  const forged = tampered(signed('{}', {}, 400), failure)
  it.each<[string, Answer, boolean]>([
    ['signed', signed(failure, {}, 400), true],
    ['unsigned', unsigned(400, { 'Content-Type': 'application/json' }, failure), false],
    ['with a signature that is not its own', forged, false],
    ['with an unknown serial', signed(failure, { 'Wechatpay-Serial': 'X' }, 400), false],
    ['from another time', signed(failure, seconds(-900), 400), false],
  ])('%s', async (_, answer, verified) => {
    const error = (await call(answer).catch((reason: unknown) => reason)) as ApiError
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'PARAM_ERROR',
      status: 400,
      verified,
      delivery: 'delivered',
    })
    expect(error.response.verified).toBe(verified)
  })

  it('is no success with status 300', async () => {
    await expect(call(unsigned(300, {}, ''))).rejects.toMatchObject({ code: 'HTTP_300', verified: false })
  })
})

describe('nothing is handed out before it is verified', () => {
  /** What undici itself is told of an answer. */
  async function events(
    answer: Answer,
    path = '/v3/x',
    certs: Config['certs'] = config.certs,
  ): Promise<string[]> {
    loopback.reset(() => answer)
    const dispatcher = Builder.driver(
      Builder.factory({ ...config, certs, dispatcher: loopback.dispatcher }),
    ).select()
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      dispatcher.dispatch(
        { origin: ORIGIN, method: 'GET', path },
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

  it('an honest answer comes whole', async () => {
    expect(await events(signed(BODY))).toEqual(['start', '200', BODY, 'end'])
    expect(await events(signed('', {}, 204))).toEqual(['start', '204', 'end'])
  })

  it('a forged one not at all', async () => {
    expect(await events(tampered(signed(BODY), '{}'))).toEqual(['start', 'VerificationError'])
  })

  it('nor while a remote verifier is asked', async () => {
    const asked: string[] = []
    const verify = async (message: string, signature: string) => {
      asked.push(message)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return Rsa.verify(message, signature, keys.platformPublic)
    }
    expect(await events(signed(BODY), '/v3/x', { [PLATFORM_SERIAL]: { verify } })).toEqual([
      'start',
      '200',
      BODY,
      'end',
    ])
    expect(asked).toEqual([expect.stringMatching(/^\d+\n\w+\n\{"amount":100\}\n$/)])
    const forged = tampered(signed(BODY), '{}')
    expect(await events(forged, '/v3/x', { [PLATFORM_SERIAL]: { verify } })).toEqual([
      'start',
      'VerificationError',
    ])
  })

  it('an unsigned download as it comes', async () => {
    expect(await events(unsigned(200, {}, 'bill'), '/v3/billdownload/file?token=t')).toEqual([
      'start',
      '200',
      'bill',
      'end',
    ])
  })

  it('a consumer that gives up gets no more', async () => {
    loopback.reset(() => signed(BODY))
    const dispatcher = Builder.driver(
      Builder.factory({ ...config, dispatcher: loopback.dispatcher }),
    ).select()
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      dispatcher.dispatch(
        { origin: ORIGIN, method: 'GET', path: '/v3/x' },
        {
          onRequestStart: () => {},
          onResponseStart: (controller) => {
            controller.pause()
            controller.resume()
            controller.abort(new Error('enough'))
            controller.abort(new Error('again'))
            seen.push(String(controller.aborted), String(controller.paused))
          },
          onResponseData: () => seen.push('data'),
          onResponseEnd: () => resolve(void seen.push('end')),
          onResponseError: (_, error) => resolve(void seen.push(error.message)),
        },
      )
    })
    expect(seen).toEqual(['true', 'false', 'enough'])
  })
})

describe('remote verifiers', () => {
  const answered = (verify: (message: string, signature: string) => unknown) =>
    call(signed(BODY), 'v3/x', { certs: { [PLATFORM_SERIAL]: { verify: verify as () => boolean } } })

  it.each<[string, () => unknown]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['something true', () => 1],
    ['a promise of something true', () => Promise.resolve('yes')],
    ['nothing', () => undefined],
  ])('only true will do, not %s', async (_, verify) => {
    await expect(answered(verify)).rejects.toMatchObject({ reason: 'signature' })
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('offline')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('offline'))],
  ])('one that %s does not verify', async (name, verify) => {
    const cause = name === 'throws nothing' ? undefined : { message: 'offline' }
    await expect(answered(verify)).rejects.toMatchObject({
      name: 'VerificationError',
      reason: 'signature',
      ...(cause && { cause }),
    })
  })

  it('one that says true', async () => {
    await expect(answered(() => true)).resolves.toMatchObject({ verified: true })
  })
})

describe('downloads without signature', () => {
  it.each([
    'v3/billdownload/file',
    'V3/BillDownload/File',
    'v3/billdownload/file?token=a&x=/',
    'v3/transferdownload/signfile',
    'v3/transferdownload/elecvoucherfile?token=t',
    'v3/merchant-service/images/abc%2Fd',
    'v3/merchant-service/images/',
    'v3/global/merchant-service/images/abc',
  ])('%s', async (path) => {
    const { data, verified, body } = await call(unsigned(200, {}, 'data'), path)
    expect({ data, verified, body }).toEqual({
      data: Buffer.from('data'),
      verified: false,
      body: Buffer.from('data'),
    })
  })

  it.each([
    'v3/billdownload/files',
    'v3/billdownload/file/',
    'x/v3/billdownload/file',
    'hk/v3/billdownload/file',
    'v3/x?/v3/billdownload/file',
    'v3/merchant-service/images/upload',
    'v3/merchant-service/images/abc/d',
    'v3/merchant-service/images',
    'v3/hk/merchant-service/images/abc',
    'v3/transferdownload/signfiles',
    'v3/transferdownload',
    'v3/statements',
  ])('not %s', async (path) => {
    expect(await refused(unsigned(200, {}, 'data'), path)).toMatchObject({ reason: 'headers' })
  })

  it('their failures are verified like any other', async () => {
    const error = await call(signed('{"code":"NO_AUTH"}', {}, 403), 'v3/billdownload/file').catch(
      (reason) => reason,
    )
    expect(error).toMatchObject({ code: 'NO_AUTH', verified: true })
  })
})

describe('overseas statements', () => {
  const csv = '日期,金额\n2024-01-01,1.00\n'

  it.each(['hk/v3/statements', 'v3/global/statements', 'v3/global/statements?date=2024-01-01'])(
    '%s',
    async (path) => {
      await expect(call(statement(csv), path)).resolves.toMatchObject({
        verified: true,
        data: Buffer.from(csv),
      })
    },
  )

  it('with the digest in capitals', async () => {
    const sha1 = createHash('sha1').update(csv).digest('hex').toUpperCase()
    await expect(call(statement(csv, sha1), 'hk/v3/statements')).resolves.toMatchObject({ verified: true })
  })

  it('packed: the digest is that of the plain file', async () => {
    const plain = statement(csv)
    const answer = tampered(
      { ...plain, headers: { ...plain.headers, 'Content-Encoding': 'gzip' } },
      gzipSync(csv),
    )
    await expect(call(answer, 'hk/v3/statements')).resolves.toMatchObject({ data: Buffer.from(csv) })
  })

  it.each<[string, Answer, string]>([
    ['changed', tampered(statement(csv), `${csv}x`), 'digest'],
    ['with a digest of another length', statement(csv, 'abc'), 'digest'],
    ['without digest', signed(csv), 'headers'],
    [
      'signed like any other answer',
      {
        ...signed(csv),
        headers: {
          ...signed(csv).headers,
          'Wechatpay-Statement-Sha1': createHash('sha1').update(csv).digest('hex'),
        },
      },
      'signature',
    ],
  ])('%s', async (_, answer, reason) => {
    expect(await refused(answer, 'hk/v3/statements')).toMatchObject({ reason })
  })

  it.each([
    'v3/statements',
    'hk/v3/statements/x',
    'v3/hk/statements',
    'x/hk/v3/statements',
    'x/v3/global/statements',
    'v3/global/statements/x',
  ])('not %s', async (path) => {
    expect(await refused(statement(csv), path)).toMatchObject({ reason: 'signature' })
  })
})
