import { type Call, differs, type Table, yields } from './entry'

/** The PHP SDK drops an `xml` on this side; ours refuses one, so none is given. */
const post = (template: string): Call => {
  return (i) => i.chain(template).post()
}

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
  'protocol/select()': differs(
    'undici takes the place of Guzzle',
    (_, { driver }) => [typeof driver.select('v3').dispatch, driver.select('zzz') === driver.select('v3')],
    yields(['function', true]),
  ),
}
