import { ApiError, VerificationError } from '../../../lib'
import { answered, xmlAnswer } from '../apiv2'
import { type Answer, config, unsigned } from '../platform'
import {
  type Call,
  differs,
  fails,
  fault,
  gives,
  type Run,
  refusal,
  type Setup,
  same,
  type Table,
} from './entry'

const K = config.mchid
const post: Call = (i) => i.v2.pay.x.post({ xml: { mch_id: K } })
const transfer =
  (options: object = {}): Call =>
  (i) =>
    i.v2.mmpaymkttransfers.promotion.transfers.post({ xml: { mchid: K }, ...options })

const given = (answer: Answer): Setup => ({ apiv2: true, answer: () => answer })
const accepted = (answer: Answer): Run => same(post, given(answer))

/** Not believed, as in the PHP SDK. */
const disbelieved = (answer: Answer): Run =>
  fails(post, { type: VerificationError, has: { reason: 'signature', delivery: 'delivered' } }, given(answer))

/** A failure, as in the PHP SDK. */
const failing = (answer: Answer, has: Readonly<Record<string, unknown>>): Run =>
  fails(post, { type: ApiError, has: { delivery: 'delivered', ...has } }, given(answer))

const FAILED = answered({ return_code: 'FAIL' })

export const v2Response: Table = {
  'v2 response/ok': accepted(answered()),
  'v2 response/ok hmac': accepted(answered({}, 'HMAC-SHA256')),
  'v2 response/ok without result_code': accepted(answered({ result_code: null })),
  'v2 response/result_code empty': failing(answered({ result_code: '' }), {
    return_code: 'SUCCESS',
    verified: true,
  }),
  'v2 response/return_code FAIL': failing(answered({ return_code: 'FAIL', return_msg: '签名失败' }), {
    code: 'FAIL',
    return_code: 'FAIL',
    return_msg: '签名失败',
    verified: true,
  }),
  'v2 response/return_code lower case': failing(answered({ return_code: 'success' }), {
    code: 'success',
    verified: true,
  }),
  'v2 response/no return_code': disbelieved(xmlAnswer('<xml><a>1</a></xml>')),
  'v2 response/result_code FAIL': failing(answered({ result_code: 'FAIL', err_code: 'NOTENOUGH' }), {
    code: 'NOTENOUGH',
    err_code: 'NOTENOUGH',
    result_code: 'FAIL',
    return_code: 'SUCCESS',
    verified: true,
  }),
  'v2 response/bad sign': disbelieved(answered({}, 'MD5', { sign: 'BAD' })),
  'v2 response/bad 64 character sign': disbelieved(answered({}, 'MD5', { sign: 'A'.repeat(64) })),
  'v2 response/correct sign in lower case': disbelieved(
    answered({}, 'MD5', { sign: 'F686ED88D425BEF7322D5FEECB6F07C9'.toLowerCase() }),
  ),
  'v2 response/missing sign': disbelieved(answered({}, 'MD5', { sign: null })),
  'v2 response/empty sign': disbelieved(answered({}, 'MD5', { sign: '' })),
  'v2 response/invalid xml': disbelieved(unsigned(200, {}, 'garbage')),
  'v2 response/empty body': disbelieved(unsigned(200)),
  'v2 response/html body': disbelieved(unsigned(200, {}, '<html><body>x</body></html>')),
  'v2 response/404': failing(unsigned(404, {}, 'nope'), { status: 404, code: 'HTTP_404', verified: false }),
  'v2 response/500 with xml': failing({ ...answered(), status: 500 }, { status: 500, delivery: 'unknown' }),
  'v2 response/nested and repeated elements': disbelieved(
    xmlAnswer('<xml><return_code>SUCCESS</return_code><a>1</a><a>2</a><sign>X</sign></xml>'),
  ),
  'v2 response/xxe': disbelieved(
    xmlAnswer(
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><xml><return_code>&e;</return_code></xml>',
    ),
  ),
  'v2 response/return_code FAIL async: the reason is the Response itself': differs(
    'a failure is an error, with the answer behind it',
    (i) =>
      i.v2.pay.x
        .postAsync({ xml: { mch_id: K } })
        .otherwise((reason) => {
          const { name, code, response } = reason as ApiError
          return [name, code, `${response.body}`]
        })
        .wait(),
    gives(['ApiError', 'FAIL', `${FAILED.body}`]),
    given(FAILED),
  ),
  'v2 response/exempt path with FAIL passes': differs(
    'an endpoint that does not sign says all the same whether the call failed',
    transfer(),
    fault({
      type: ApiError,
      has: { status: 200, code: 'FAIL', return_code: 'FAIL', verified: false, delivery: 'delivered' },
    }),
    given(answered({ return_code: 'FAIL' }, 'MD5', { sign: null })),
  ),
  'v2 response/exempt path is compared case sensitively': differs(
    'signed requests go to WeChat Pay only, over https',
    transfer({ base_uri: 'https://h.example/P/' }),
    refusal(/^base_uri\b.*h\.example/),
    given(answered({}, 'MD5', { sign: null })),
  ),
  'v2 response/exempt path with garbage passes': same(
    (i) => i.v2.pay.downloadbill.post({ xml: { mch_id: K } }),
    { ...given(unsigned(200, {}, 'garbage')), verified: false },
  ),
}
