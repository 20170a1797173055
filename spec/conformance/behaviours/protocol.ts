import { config } from '../platform'
import { type Call, differs, type Run, refusal, same, type Table, yields } from './entry'

/** The PHP SDK drops an `xml` on this side; ours refuses one, so none is given. */
const post = (template: string): Call => {
  return (i) => i.chain(template).post()
}

const APIV2 = { apiv2: true } as const
const XML = { mch_id: config.mchid }

const v2 = (template: string, variables: object = {}): Run =>
  same((i) => i.chain(template).post({ ...variables, xml: XML }), APIV2)

export const protocol: Table = {
  "protocol/'v2'": post('v2'),
  "protocol/'/v2/x'": post('/v2/x'),
  "protocol/'v20/x'": post('v20/x'),
  "protocol/'v2x'": post('v2x'),
  "protocol/'v2?x'": post('v2?x'),
  "protocol/'hk/v3/x'": post('hk/v3/x'),
  "protocol/'global/v3/x'": post('global/v3/x'),
  "protocol/'v3/global/x'": post('v3/global/x'),
  "protocol/'foo/v2/x'": post('foo/v2/x'),
  "protocol/'v4/x'": post('v4/x'),
  "protocol/'x'": post('x'),
  "protocol/'v2/x'": v2('v2/x'),
  "protocol/'V2/x'": v2('V2/x'),
  "protocol/'v2/'": v2('v2/'),
  "protocol/'v2//x'": v2('v2//x'),
  "protocol/'v2/v3/x'": v2('v2/v3/x'),
  'protocol/template decides: {ver}/x with v2': v2('{ver}/x', { ver: 'v2' }),
  'protocol/property V2': same((i) => i.V2.x.post({ xml: XML }), APIV2),
  'protocol/v2 keeps the rest of the path relative to base_uri': differs(
    'signed requests go to WeChat Pay only, over https',
    (i) => i.v2.x.post({ base_uri: 'https://h.example/p/', xml: XML }),
    refusal(/^base_uri\b.*h\.example/),
    APIV2,
  ),
  'protocol/select()': differs(
    'undici takes the place of Guzzle',
    (_, { driver }) => [typeof driver.select('v3').dispatch, driver.select('zzz') === driver.select('v3')],
    yields(['function', true]),
  ),
}
