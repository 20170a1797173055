import { gzipSync } from 'node:zlib'
import { ApiError, VerificationError } from '../../../lib'
import {
  type Answer,
  keys,
  PLATFORM_SERIAL,
  PUBLIC_KEY_ID,
  type Responder,
  signed,
  statement,
  tampered,
  unsigned,
} from '../platform'
import {
  type Call,
  differs,
  type Expected,
  fails,
  fault,
  gives,
  type Run,
  refusal,
  type Setup,
  same,
  type Table,
} from './entry'

const get: Call = (i) => i.v3.x.get()
const answered = (answer: Answer): Setup => ({ answer: () => answer })

type Reason = VerificationError['reason']

/** Not believed, as in the PHP SDK. */
const disbelieved = (reason: Reason, answer: Responder, call: Call = get, setup: Setup = {}): Run =>
  fails(call, { type: VerificationError, has: { reason, delivery: 'delivered' } }, { ...setup, answer })

const PROBLEM = JSON.stringify({ code: 'PARAM_ERROR', message: '参数错误', detail: { field: '/amount' } })

const problem = (status: number, answer: Answer, verified: boolean): Run =>
  fails(
    get,
    {
      type: ApiError,
      message: /参数错误/,
      has: { status, code: 'PARAM_ERROR', verified, delivery: 'delivered', detail: { field: '/amount' } },
    },
    answered(answer),
  )

const unsignedProblem = (status: number): Run =>
  problem(status, unsigned(status, { 'Content-Type': 'application/json' }, PROBLEM), false)

/** At an offset to our clock, which stands still. */
const clock = (offset: number): Responder => {
  return () => signed('{}', { 'Wechatpay-Timestamp': String(Math.floor(Date.now() / 1000) + offset) })
}

const download =
  (path: string): Call =>
  (_, { driver }) =>
    driver.request('GET', path)

const DATA = unsigned(200, {}, 'data')
const exempt = (path: string): Run => same(download(path), { ...answered(DATA), verified: false })
const unexempt = (path: string): Run => disbelieved('headers', () => DATA, download(path))

/** The body of a 200 that was handed out unverified. */
const handedOut = ({ sent }: Expected): Expected => ({
  sent,
  outcome: { kind: 'response', status: 200, body: 'data', verified: false },
})

const alsoExempt = (path: string): Run =>
  differs('the platform documents this download as unsigned', download(path), handedOut, answered(DATA))

const overseas = (path: string): Run =>
  differs(
    'the signed digest must also be that of the file',
    download(path),
    fault({ type: VerificationError, has: { reason: 'digest', delivery: 'delivered' } }),
    { answer: () => statement('the,csv', 'abc') },
  )

interface Caught {
  readonly name: string
  readonly code: string
  readonly verified?: boolean
  readonly reason?: string
  readonly response: { readonly status: number; readonly body: Buffer }
}

const otherwise =
  (report: (error: Caught) => unknown): Call =>
  (i) =>
    i.v3.x
      .getAsync()
      .otherwise((error) => report(error as Caught))
      .wait()

export const v3Response: Table = {
  'v3 response/missing Wechatpay-Nonce': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Nonce': null }),
  ),
  'v3 response/missing Wechatpay-Serial': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Serial': null }),
  ),
  'v3 response/missing Wechatpay-Signature': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Signature': null }),
  ),
  'v3 response/missing Wechatpay-Timestamp': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Timestamp': null }),
  ),
  'v3 response/all signature headers missing': disbelieved('headers', () => unsigned(200, {}, '{}')),
  'v3 response/empty Wechatpay-Signature': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Signature': '' }),
  ),
  'v3 response/clock offset -301': disbelieved('clock', clock(-301), get, { frozen: true }),
  'v3 response/clock offset -300': same(get, { answer: clock(-300), frozen: true }),
  'v3 response/clock offset 300': same(get, { answer: clock(300), frozen: true }),
  'v3 response/clock offset 301': disbelieved('clock', clock(301), get, { frozen: true }),
  'v3 response/timestamp not a number': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Timestamp': 'abc' }),
  ),
  'v3 response/timestamp with trailing garbage': disbelieved('headers', () =>
    signed('{}', { 'Wechatpay-Timestamp': `${Math.floor(Date.now() / 1000)}x` }),
  ),
  'v3 response/unknown serial': disbelieved('serial', () => signed('{}', { 'Wechatpay-Serial': 'DEADBEEF' })),
  'v3 response/serial in lower case is unknown': disbelieved('serial', () =>
    signed('{}', { 'Wechatpay-Serial': PLATFORM_SERIAL.toLowerCase() }),
  ),
  'v3 response/public key id with the wrong key': differs(
    'with a public key configured, its id is sent on every call',
    get,
    ({ sent }) => ({
      sent: sent.map((request) => ({
        ...request,
        headers: { ...request.headers, 'wechatpay-serial': PUBLIC_KEY_ID },
      })),
      outcome: { kind: 'fault', fault: { type: VerificationError, has: { reason: 'signature' } } },
    }),
    {
      config: { certs: { [PLATFORM_SERIAL]: keys.platformPublic, [PUBLIC_KEY_ID]: keys.strangerPublic } },
      answer: () => signed('{}', { 'Wechatpay-Serial': PUBLIC_KEY_ID }),
    },
  ),
  'v3 response/body altered': disbelieved('signature', () => tampered(signed('{}'), '{"x":1}')),
  'v3 response/signature is not base64': disbelieved('signature', () =>
    signed('{}', { 'Wechatpay-Signature': '###' }),
  ),
  'v3 response/signature probe WECHATPAY/SIGNTEST/': disbelieved('signature', () =>
    signed('{}', { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/abcdef' }),
  ),
  'v3 response/two Wechatpay-Nonce headers: the first is used': same(
    get,
    answered(signed('{}', { 'Wechatpay-Nonce': ['responseNonce', 'other'] })),
  ),
  'v3 response/204 signed': same((i) => i.v3.x.delete(), {
    answer: () => signed('', { 'Content-Type': null }, 204),
  }),
  'v3 response/204 unsigned': disbelieved(
    'headers',
    () => unsigned(204),
    (i) => i.v3.x.delete(),
  ),
  'v3 response/202 signed': same(get, { answer: () => signed('{}', {}, 202) }),
  'v3 response/unicode body': same(get, { answer: () => signed('{"a":"中文"}') }),
  'v3 response/gzip content-encoding is decoded before verifying': same(get, {
    answer: () => tampered(signed('{"z":1}', { 'Content-Encoding': 'gzip' }), gzipSync('{"z":1}')),
  }),
  'v3 response/json is never parsed: invalid json passes': differs(
    'data is the parsed JSON: there is none to hand out',
    get,
    fault({
      type: ApiError,
      has: { code: 'INVALID_RESPONSE', status: 200, verified: true, delivery: 'delivered' },
    }),
    { answer: () => signed('not json') },
  ),
  'v3 response/400 unsigned': unsignedProblem(400),
  'v3 response/401 unsigned': unsignedProblem(401),
  'v3 response/403 unsigned': unsignedProblem(403),
  'v3 response/404 unsigned': unsignedProblem(404),
  'v3 response/429 unsigned': unsignedProblem(429),
  'v3 response/500 unsigned': unsignedProblem(500),
  'v3 response/502 unsigned': unsignedProblem(502),
  'v3 response/503 unsigned': unsignedProblem(503),
  'v3 response/504 unsigned': unsignedProblem(504),
  'v3 response/400 with valid signature': problem(400, signed(PROBLEM, {}, 400), true),
  'v3 response/400 with bad signature is the same exception': problem(
    400,
    tampered(signed('{}', {}, 400), PROBLEM),
    false,
  ),
  'v3 response/400 with an empty body': fails(
    get,
    { type: ApiError, has: { status: 400, code: 'HTTP_400', verified: false } },
    answered(unsigned(400)),
  ),
  'v3 response/400 with a long body (message is truncated)': fails(
    get,
    { type: ApiError, message: /^.{1,500}$/s, has: { status: 400, code: 'HTTP_400' } },
    answered(unsigned(400, {}, '中文'.repeat(200))),
  ),
  'v3 response/500 http_errors=false unsigned: the verifier raises': differs(
    "Guzzle's own options are not taken",
    (i) => i.v3.x.get({ http_errors: false }),
    refusal(/\bhttp_errors\b/),
  ),
  'v3 response/400 http_errors=false signed: returned': differs(
    "Guzzle's own options are not taken",
    (i) => i.v3.x.get({ http_errors: false }),
    refusal(/\bhttp_errors\b/),
  ),
  'v3 response/400 async rejection reason': differs(
    "the error has the platform's code as a member",
    otherwise(({ name, code, verified, response }) => [
      name,
      code,
      verified,
      response.status,
      `${response.body}`,
    ]),
    gives(['ApiError', 'PARAM_ERROR', false, 400, PROBLEM]),
    answered(unsigned(400, { 'Content-Type': 'application/json' }, PROBLEM)),
  ),
  'v3 response/bad signature async rejection reason': differs(
    'the error says what was wrong with the answer',
    otherwise(({ name, reason, response }) => [name, reason, `${response.body}`]),
    gives(['VerificationError', 'signature', 'x']),
    { answer: () => tampered(signed('{}'), 'x') },
  ),
  'v3 response/unsigned 200 from /v3/billdownload/file': exempt('/v3/billdownload/file'),
  'v3 response/unsigned 200 from /V3/BillDownload/File': exempt('/V3/BillDownload/File'),
  'v3 response/unsigned 200 from /v3/merchant-service/images/abc': exempt('/v3/merchant-service/images/abc'),
  'v3 response/unsigned 200 from /v3/merchant-service/images/upload': unexempt(
    '/v3/merchant-service/images/upload',
  ),
  'v3 response/unsigned 200 from /v3/merchant-service/images/': exempt('/v3/merchant-service/images/'),
  'v3 response/unsigned 200 from /v3/global/merchant-service/images/abc': alsoExempt(
    '/v3/global/merchant-service/images/abc',
  ),
  'v3 response/unsigned 200 from /v3/transferdownload/signfile': alsoExempt('/v3/transferdownload/signfile'),
  'v3 response/unsigned 200 from /v3/statements': unexempt('/v3/statements'),
  'v3 response/unsigned 200 from /hk/v3/billdownload/file': unexempt('/hk/v3/billdownload/file'),
  'v3 response/unsigned 200 from /v3/marketing/favor/media/download': unexempt(
    '/v3/marketing/favor/media/download',
  ),
  'v3 response/Wechatpay-Statement-Sha1 from /hk/v3/statements': overseas('/hk/v3/statements'),
  'v3 response/Wechatpay-Statement-Sha1 from /v3/global/statements': overseas('/v3/global/statements'),
  'v3 response/Wechatpay-Statement-Sha1 from /v3/statements': disbelieved(
    'signature',
    () => statement('the,csv', 'abc'),
    download('/v3/statements'),
  ),
}
