import { config } from '../platform'
import { type Call, differs, type Run, refusal, refused, same, type Table } from './entry'

const base = (value: unknown): Call => {
  return (i) => i.v3.x.get({ base_uri: value })
}

const foreign = (value: unknown): Run =>
  differs(
    'signed requests go to WeChat Pay only, over https',
    base(value),
    refusal(/^base_uri\b.*h\.example/),
  )

export const baseUri: Table = {
  'base_uri/option hk without slash': base('https://api.mch.weixin.qq.com/hk'),
  'base_uri/option hk with slash': base('https://api.mch.weixin.qq.com/hk/'),
  'base_uri/option upper case host': base('HTTPS://APIHK.Mch.Weixin.QQ.com/'),
  'base_uri/option with query': foreign('https://h.example/?k=1'),
  'base_uri/option UriInterface': foreign(new URL('https://h.example/p/')),
  'base_uri/option no scheme': refused(base('h.example'), /^base_uri\b/),
  'base_uri/option empty': refused(base(''), /^base_uri\b/),
  'base_uri/option null': refused(base(null), /^base_uri\b/),
  'base_uri/option int': refused(base(5), /^base_uri\b/),
  'base_uri/option default port': foreign('https://h.example:443/'),
  'base_uri/option odd port': foreign('https://h.example:8443/'),
  'base_uri/option with leading slash path': (i) =>
    i.chain('/v3/x').get({ base_uri: 'https://api.mch.weixin.qq.com/hk/' }),
  'base_uri/config': same((i) => i.v3.x.get(), { config: { base_uri: 'https://apihk.mch.weixin.qq.com/' } }),
  'base_uri/config applies to v2 too': same((i) => i.v2.x.post({ xml: { mch_id: config.mchid } }), {
    apiv2: true,
    config: { base_uri: 'https://apihk.mch.weixin.qq.com/' },
  }),
  'base_uri/config with path': same((i) => i.v3.x.get(), {
    config: { base_uri: 'http://127.0.0.1:18080/proxy/' },
  }),
}
