import { ApiError } from '../../../lib'
import { answered } from '../apiv2'
import { config, type Responder, signed, unsigned } from '../platform'
import { type Call, differs, fails, fault, type Run, refusal, type Table } from './entry'

const get: Call = (i) => i.v3.x.get()
const getQuery: Call = (i) => i.v3.x.get({ query: { a: '1' } })
const post: Call = (i) => i.v3.x.post({ json: { a: 1 } })

const once =
  (status: number, location: string): Responder =>
  (n) =>
    n ? signed() : unsigned(status, { Location: location })

const stays = (status: number, location: string, call: Call = get): Run =>
  differs(
    'a redirect is never followed: the signature is a credential',
    call,
    fault({
      type: ApiError,
      has: { status, code: `HTTP_${status}`, delivery: 'delivered', verified: false },
    }),
    { answer: once(status, location) },
  )

/** The same for APIv2. */
const staysXml = (status: number): Run => ({
  ...stays(status, '/y', (i) => i.v2.x.post({ xml: { mch_id: config.mchid, a: '1' } })),
  apiv2: true,
  answer: (n) => (n ? answered() : unsigned(status, { Location: '/y' })),
})

export const redirect: Table = {
  'redirect/301 on GET, same origin': stays(301, '/v3/y?z=1', getQuery),
  'redirect/301 on POST json': stays(301, '/v3/y', post),
  'redirect/302 on GET, same origin': stays(302, '/v3/y?z=1', getQuery),
  'redirect/302 on POST json': stays(302, '/v3/y', post),
  'redirect/303 on GET, same origin': stays(303, '/v3/y?z=1', getQuery),
  'redirect/303 on POST json': stays(303, '/v3/y', post),
  'redirect/307 on GET, same origin': stays(307, '/v3/y?z=1', getQuery),
  'redirect/307 on POST json': stays(307, '/v3/y', post),
  'redirect/308 on GET, same origin': stays(308, '/v3/y?z=1', getQuery),
  'redirect/308 on POST json': stays(308, '/v3/y', post),
  'redirect/302 to another host: signed again for it': stays(302, 'https://evil.example/steal'),
  'redirect/307 POST to another host: body and a fresh signature are sent': stays(
    307,
    'https://evil.example/steal',
    post,
  ),
  'redirect/302 to plain http': stays(302, 'http://api.mch.weixin.qq.com/v3/y'),
  'redirect/302 to file scheme': fails(
    get,
    { type: ApiError, has: { status: 302 } },
    { answer: once(302, 'file:///etc/hostname') },
  ),
  'redirect/302 without location': fails(
    get,
    { type: ApiError, has: { status: 302 } },
    { answer: () => unsigned(302) },
  ),
  'redirect/loop': stays(302, '/v3/x'),
  'redirect/v2 302 on POST xml': staysXml(302),
  'redirect/v2 307 on POST xml': staysXml(307),
  'redirect/allow_redirects false': differs(
    "Guzzle's own options are not taken",
    (i) => i.v3.x.get({ allow_redirects: false }),
    refusal(/\ballow_redirects\b/),
  ),
  'redirect/304': fails(get, { type: ApiError, has: { status: 304 } }, { answer: () => unsigned(304) }),
}
