import { ConfigError, VerificationError } from '../../../lib'
import { NONCE, signatureOf, signedXml } from '../apiv2'
import { config } from '../platform'
import {
  type Call,
  type Change,
  differs,
  fails,
  failure,
  fault,
  type Outcome,
  type Run,
  refusal,
  refused,
  type Sent,
  type Setup,
  same,
  type Table,
  V2_HEADERS,
  yields,
} from './entry'

const K = config.mchid
const APIV2 = { apiv2: true } as const

const post =
  (options: object): Call =>
  (i) =>
    i.v2.pay.x.post(options)
/** A POST of these fields beside the merchant number. */
const xml = (fields: object): Call => post({ xml: { mch_id: K, ...fields } })
const get =
  (options: object): Call =>
  (i) =>
    i.v2.pay.x.get(options)

const as = (call: Call, setup: Setup = {}): Run => same(call, { ...APIV2, ...setup })
const unlike = (why: string, call: Call, change: Change, setup: Setup = {}): Run =>
  differs(why, call, change, { ...APIV2, ...setup })
const declined = (call: Call, message: RegExp, setup: Setup = {}): Run =>
  refused(call, message, { ...APIV2, ...setup })

/** The recorded request but for this; the answer stays the recorded one. */
const rewrites = (request: Partial<Sent>): Change => {
  return ({ sent, outcome }) => ({ sent: sent.map((first) => ({ ...first, ...request })), outcome })
}

/** A POST of the merchant number alone, where the PHP SDK sends nothing. */
const ACCEPTED: Outcome = { kind: 'response', status: 200, body: signedXml(), verified: true }
const PLAIN: Sent = {
  method: 'POST',
  origin: 'https://api.mch.weixin.qq.com',
  target: '/pay/x',
  headers: V2_HEADERS,
  body: `<xml><mch_id>${K}</mch_id><nonce_str>${NONCE}</nonce_str><sign>36D0CC3C9D3D372BD62B34D4EB889C55</sign></xml>`,
}

const NESTED = 'what is nested has no signature that the platform could check'
const NO_NAME =
  "PHP sends it as <item> (or in letters of another script): not what it has signed, or no field's name"
const NO_SIGNATURE = 'an empty sign proves nothing'

const TYPES = {
  mch_id: K,
  i: 5,
  z: 0,
  s0: '0',
  f: 1.5,
  g: 1.0,
  t: true,
  n: null,
  e: '',
  x: false,
}

export const v2Request: Table = {
  'v2 request/types': unlike(
    'PHP signs "x=" for false and sends an empty element, which the platform leaves out of what it signs',
    post({ xml: TYPES }),
    rewrites({
      body:
        `<xml><mch_id>${K}</mch_id><i>5</i><z>0</z><s0>0</s0><f>1.5</f><g>1</g><t>1</t><n></n><e></e><x></x>` +
        `<nonce_str>${NONCE}</nonce_str><sign>${signatureOf([
          ['f', '1.5'],
          ['g', '1'],
          ['i', '5'],
          ['mch_id', K],
          ['nonce_str', NONCE],
          ['s0', '0'],
          ['t', '1'],
          ['z', '0'],
        ])}</sign></xml>`,
    }),
  ),
  'v2 request/nested array': unlike(NESTED, xml({ a: { k: 'v' } }), refusal(/^xml\.a\b/)),
  'v2 request/list': unlike(NESTED, xml({ a: ['x', 'y'] }), refusal(/^xml\.a\b/)),
  'v2 request/empty array': unlike(NESTED, xml({ a: [] }), refusal(/^xml\.a\b/)),
  'v2 request/cdata chars': as(xml({ a: '<>&"', b: "'", c: '>' })),
  'v2 request/cdata end marker': unlike(
    '"]]>" would end the CDATA section, and what follows would be markup',
    xml({ a: 'x]]>y' }),
    rewrites({
      body:
        `<xml><mch_id>${K}</mch_id><a><![CDATA[x]]]]><![CDATA[>y]]></a><nonce_str>${NONCE}</nonce_str>` +
        '<sign>AF939EE103130098582622EB1A0B3A2D</sign></xml>',
    }),
  ),
  'v2 request/text with cdata end marker only': as(xml({ a: ']]' })),
  'v2 request/control chars': unlike(
    'XML cannot carry U+0001: the platform would read no document at all',
    xml({ a: 'a\x01b\tc\nd\re' }),
    refusal(/^xml\.a\b.*U\+0001/),
  ),
  'v2 request/unicode': as(xml({ a: '中文😀é' })),
  'v2 request/invalid utf8': unlike(
    'half of a surrogate pair stands for no character',
    xml({ a: '\ud800' }),
    refusal(/^xml\.a\b.*surrogate/),
  ),
  'v2 request/spaces': as(xml({ a: '  x  ' })),
  'v2 request/json string': as(xml({ a: '{"k":"v"}' })),
  'v2 request/invalid element names': unlike(
    NO_NAME,
    xml({ 'a b': '1', '1a': '2', '-x': '3', 中: '4', 'a:b': '5', 'a.b-c_d': '6' }),
    refusal(/^xml\.a b\b/),
  ),
  'v2 request/numeric keys': unlike(NO_NAME, xml({ 0: 'x', 1: 'y' }), refusal(/^xml\.0\b/)),
  'v2 request/case order of keys': as(xml({ b: '1', B: '2', a: '3', _: '4', A: '5' })),
  'v2 request/key 0': unlike(NO_NAME, xml({ '0': '1' }), refusal(/^xml\.0\b/)),
  'v2 request/sign present': as(xml({ sign: 'MINE' })),
  'v2 request/nonce present': as(xml({ nonce_str: 'mine' })),
  'v2 request/nonce empty': as(xml({ nonce_str: '' })),
  'v2 request/sign_type HMAC-SHA256': unlike(
    'it was answered with MD5, and the weaker is not taken for the stronger that was asked for',
    xml({ sign_type: 'HMAC-SHA256' }),
    fault({ type: VerificationError, has: { reason: 'signature', delivery: 'delivered' } }),
  ),
  'v2 request/sign_type MD5': as(xml({ sign_type: 'MD5' })),
  'v2 request/sign_type lower': unlike(NO_SIGNATURE, xml({ sign_type: 'md5' }), refusal(/^xml\.sign_type\b/)),
  'v2 request/sign_type unknown': unlike(
    NO_SIGNATURE,
    xml({ sign_type: 'RSA' }),
    refusal(/^xml\.sign_type\b/),
  ),
  'v2 request/sign_type empty': unlike(NO_SIGNATURE, xml({ sign_type: '' }), refusal(/^xml\.sign_type\b/)),
  'v2 request/sign_type null': as(xml({ sign_type: null })),
  'v2 request/mchid': as(post({ xml: { mchid: K } })),
  'v2 request/combine_mch_id': as(post({ xml: { combine_mch_id: K } })),
  'v2 request/mch_id wins over mchid': declined(
    post({ xml: { mch_id: 'other', mchid: K } }),
    /^xml\.mch_id\b.*1900000109/,
  ),
  'v2 request/mch_id int': unlike(
    'a merchant number may be given as a number',
    post({ xml: { mch_id: Number(K) } }),
    () => ({ sent: [PLAIN], outcome: ACCEPTED }),
  ),
  'v2 request/mch_id other': declined(post({ xml: { mch_id: '1' } }), /^xml\.mch_id\b.*1900000109/),
  'v2 request/no mch_id': declined(post({ xml: { a: '1' } }), /^xml\.mch_id: missing/),
  'v2 request/empty xml': declined(post({ xml: {} }), /^xml\.mch_id: missing/),
  'v2 request/xml null': declined(post({ xml: null }), /^xml\b/),
  'v2 request/xml string': declined(post({ xml: '<xml/>' }), /^xml\b/),
  'v2 request/sub_mch_id only': declined(post({ xml: { sub_mch_id: K } }), /^xml\.mch_id: missing/),
  'v2 request/no options': declined((i) => i.v2.pay.x.post(), /^xml\b/),
  'v2 request/nonceless true': as(post({ nonceless: true, xml: { mch_id: K } })),
  'v2 request/nonceless false still means nonceless': unlike(
    'false means false',
    post({ nonceless: false, xml: { mch_id: K } }),
    rewrites({ body: PLAIN.body }),
  ),
  'v2 request/nonceless null': as(post({ nonceless: null, xml: { mch_id: K } })),
  'v2 request/security true': as(post({ security: true, xml: { mch_id: K } })),
  'v2 request/security 1 is ignored': unlike(
    'a certificate that was asked for in other words must not be forgotten silently',
    post({ security: 1, xml: { mch_id: K } }),
    refusal(/^security\b/),
  ),
  'v2 request/security without merchant config': as(post({ security: true, xml: { mch_id: K } }), {
    config: { merchant: null },
  }),
  'v2 request/security with missing file': fails(
    post({ security: true, xml: { mch_id: K } }),
    { type: ConfigError, message: /^merchant\b/ },
    { ...APIV2, config: { merchant: { cert: '/nonexistent.pem', key: '/nonexistent.key' } } },
  ),
  'v2 request/no secret: md5 without key': unlike(
    'a digest without key is no signature',
    xml({}),
    refusal(/^secret\b/),
    { config: { secret: null } },
  ),
  'v2 request/no secret: hmac': declined(xml({ sign_type: 'HMAC-SHA256' }), /^secret\b/, {
    config: { secret: null },
  }),
  'v2 request/mchid empty in config skips the check': unlike(
    'no request could be signed for nobody',
    post({ xml: { a: '1' } }),
    failure({ type: ConfigError, message: /^mchid\b/ }),
    { config: { mchid: '' } },
  ),
  'v2 request/GET with query': as(get({ query: { mch_id: K, b: '中 文+~*', e: '' } })),
  'v2 request/GET with list in query': unlike(
    'b[0] is no name of a field: a list cannot be meant',
    get({ query: { mch_id: K, b: ['1', '2'] } }),
    refusal(/^query\.b\b/),
  ),
  'v2 request/GET with duplicate keys in a query string': unlike(
    'PHP signs the word Array',
    get({ query: `mch_id=${K}&b=1&b=2` }),
    refusal(/^query\.b\b/),
  ),
  'v2 request/GET with plus in a query string': as(get({ query: `mch_id=${K}&b=1+2` })),
  'v2 request/GET with xml': as(get({ xml: { mch_id: K, b: '1' } })),
  'v2 request/GET with xml and query': as(get({ query: { q: '1' }, xml: { mch_id: K } })),
  'v2 request/GET with query in the path': as((i) => i.chain(`v2/pay/x?mch_id=${K}&b=1`).get()),
  'v2 request/GET bool and null in query': unlike(
    'the documentation writes true and false',
    get({ query: { mch_id: K, t: true, f: false, n: null } }),
    rewrites({
      target: `/pay/x?mch_id=${K}&t=true&f=false&nonce_str=${NONCE}&sign=${signatureOf([
        ['mch_id', K],
        ['t', 'true'],
        ['f', 'false'],
        ['nonce_str', NONCE],
      ])}`,
    }),
  ),
  'v2 request/POST with query and xml': as(post({ query: { q: '1' }, xml: { mch_id: K } })),
  'v2 request/POST with query only': declined(post({ query: { mch_id: K } }), /^xml\b/),
  'v2 request/json option is replaced by the xml': unlike(
    'one of the two would be dropped without a word',
    post({ json: { a: 1 }, xml: { mch_id: K } }),
    refusal(/^xml\b.*json/),
  ),
  'v2 request/PUT': as((i) => i.v2.pay.x.put({ xml: { mch_id: K } })),
  'v2 request/DELETE': as((i) => i.v2.pay.x.delete({ xml: { mch_id: K } })),
  'v2 request/async argument error is a rejection or a throw?': unlike(
    'our class, our words',
    (i) =>
      i.v2.pay.x
        .postAsync({ xml: { a: '1' } })
        .otherwise((error) => ['rejected with', (error as Error).name, (error as Error).message])
        .wait(),
    yields([
      'rejected with',
      'RequestError',
      'xml.mch_id: missing: an APIv2 request names its merchant (mch_id, mchid or combine_mch_id)',
    ]),
  ),
}
