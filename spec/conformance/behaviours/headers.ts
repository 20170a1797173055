import { config } from '../platform'
import {
  type Call,
  type Change,
  DEFAULT_HEADERS,
  differs,
  type Run,
  refusal,
  refused,
  type Sent,
  same,
  sends,
  type Table,
  V2_HEADERS,
} from './entry'

const APIV2 = { apiv2: true } as const
const postXml =
  (options: object = {}): Call =>
  (i) =>
    i.v2.x.post({ xml: { mch_id: config.mchid }, ...options })

/** The recorded request with these header fields. */
const bears = (fields: Sent['headers']): Change => {
  return ({ sent, outcome }) => ({
    sent: sent.map((request) => ({ ...request, headers: { ...request.headers, ...fields } })),
    outcome,
  })
}

const headers = (value: unknown): Call => {
  return (i) => i.v3.x.get({ headers: value })
}

/** The recorder left these fields out: the call hands back what arrived. */
const userAgent =
  (call: Call): Call =>
  async (i, bench) => {
    const response = await call(i, bench)
    const sent = bench.loopback.received[0]?.headers['user-agent']
    return sent === 'me/1' ? response : `User-Agent: ${sent}`
  }

const own = (name: string, value: string): Run =>
  differs(
    'only the client knows this field: another value could only be wrong',
    headers({ [name]: value }),
    refusal(new RegExp(`\\b${name}\\b`)),
  )

export const headerFields: Table = {
  'headers option/Accept': headers({ Accept: 'text/plain' }),
  'headers option/accept lower': headers({ accept: 'text/plain' }),
  'headers option/Content-Type on GET': headers({ 'Content-Type': 'text/x' }),
  'headers option/Wechatpay-Serial': headers({ 'Wechatpay-Serial': 'ABC' }),
  'headers option/User-Agent': userAgent(headers({ 'User-Agent': 'me/1' })),
  'headers option/user-agent lower': userAgent(headers({ 'user-agent': 'me/1' })),
  'headers option/Authorization is overwritten': own('Authorization', 'Bearer x'),
  'headers option/authorization lower is overwritten': own('authorization', 'Bearer x'),
  'headers option/array value': headers({ 'X-A': ['1', '2'] }),
  'headers option/int value': headers({ 'X-A': 5 }),
  'headers option/true value': headers({ 'X-A': true }),
  'headers option/null value': headers({ 'X-A': null }),
  'headers option/null Accept': headers({ Accept: null }),
  'headers option/empty value': headers({ 'X-A': '' }),
  'headers option/empty Accept': headers({ Accept: '' }),
  'headers option/empty array': headers({}),
  'headers option/null': differs(
    'null means absent: the defaults stay',
    headers(null),
    sends({ headers: DEFAULT_HEADERS }),
  ),
  'headers option/list': differs(
    'a list of lines would be sent as fields named 0, 1, …',
    headers(['X-A: b']),
    refusal(/^headers\b/),
  ),
  'headers option/string': refused(headers('X-A: b'), /^headers\b/),
  'headers option/crlf': refused(headers({ 'X-A': 'a\r\nB: c' }), /\bX-A\b/),
  'headers option/unicode': differs(
    'HTTP has Latin-1 only: the bytes would arrive as other characters',
    headers({ 'X-A': '中' }),
    refusal(/\bX-A\b/),
  ),
  'headers option/name with space': refused(headers({ 'X A': 'b' }), /\bX A\b/),
  'headers option/Host': own('Host', 'h.example'),
  'headers option/Idempotency-Key': headers({ 'Idempotency-Key': 'k' }),
  'headers option/Accept-Encoding': headers({ 'Accept-Encoding': 'gzip' }),
  'headers option/Expect': differs(
    'undici sends no Expect: no 100-continue is ever waited for',
    headers({ Expect: '' }),
    refusal(/\bExpect\b/),
  ),
  'headers option/both cases': headers({ 'X-A': '1', 'x-a': '2' }),
  'headers option/Content-Type wins over json': (i) =>
    i.v3.x.post({ json: { a: 1 }, headers: { 'Content-Type': 'application/x-mine' } }),
  'headers option/content-type lower wins over json': (i) =>
    i.v3.x.post({ json: { a: 1 }, headers: { 'content-type': 'application/x-mine' } }),
  'headers option/Content-Length': differs(
    'only the client knows this field: another value could only be wrong',
    (i) => i.v3.x.post({ body: '12345', headers: { 'Content-Length': '3' } }),
    refusal(/\bContent-Length\b/),
  ),

  'headers config/headers merged over defaults': same((i) => i.v3.x.get(), {
    config: { headers: { Accept: 'a/b', 'X-A': 'c' } },
  }),
  'headers config/headers other case duplicates': differs(
    'names of header fields are case-insensitive: the configured one replaces the default',
    (i) => i.v3.x.get(),
    sends({ headers: { accept: 'a/b' } }),
    { config: { headers: { accept: 'a/b' } } },
  ),
  'headers config/User-Agent': same(
    userAgent((i) => i.v3.x.get()),
    { config: { headers: { 'User-Agent': 'me/1' } } },
  ),
  'headers config/user-agent lower': same(
    userAgent((i) => i.v3.x.get()),
    { config: { headers: { 'user-agent': 'me/1' } } },
  ),
  'headers config/headers null': differs(
    'null means absent: the defaults stay',
    (i) => i.v3.x.get(),
    sends({ headers: DEFAULT_HEADERS }),
    {
      config: { headers: null },
    },
  ),

  'headers option/on v2': same(
    postXml({ headers: { 'Content-Type': 'application/xml', Accept: '*/*' } }),
    APIV2,
  ),
  'headers config/headers merged over defaults (v2)': same(postXml(), {
    ...APIV2,
    config: { headers: { Accept: 'a/b', 'X-A': 'c' } },
  }),
  'headers config/headers other case duplicates (v2)': differs(
    'names of header fields are case-insensitive: the configured one replaces the default',
    postXml(),
    bears({ accept: 'a/b' }),
    { ...APIV2, config: { headers: { accept: 'a/b' } } },
  ),
  'headers config/User-Agent (v2)': same(userAgent(postXml()), {
    ...APIV2,
    config: { headers: { 'User-Agent': 'me/1' } },
  }),
  'headers config/user-agent lower (v2)': same(userAgent(postXml()), {
    ...APIV2,
    config: { headers: { 'user-agent': 'me/1' } },
  }),
  'headers config/headers null (v2)': differs(
    'null means absent: the defaults stay',
    postXml(),
    bears(V2_HEADERS),
    { ...APIV2, config: { headers: null } },
  ),
}
