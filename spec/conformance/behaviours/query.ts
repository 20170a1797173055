import { ConfigError } from '../../../lib'
import { type Call, differs, failure, type Run, refusal, refused, sends, type Table } from './entry'

const query = (value: unknown): Call => {
  return (i) => i.v3.x.get({ query: value })
}

const configured = (call: Call): Run =>
  differs(
    'the configuration has no query: a parameter of every call would be signed unseen',
    call,
    failure({ type: ConfigError, message: /^query\b/ }),
    { config: { query: { def: '1' } } },
  )

class P {
  a = 1
}

export const queryOption: Table = {
  'query option/array': query({ a: '1', b: '2' }),
  'query option/bools': differs(
    'the documentation writes true and false',
    query({ t: true, f: false }),
    sends({ target: '/v3/x?t=true&f=false' }),
  ),
  'query option/null dropped': query({ a: null, b: '1' }),
  'query option/numbers': differs(
    'numbers print as JavaScript does',
    query({ i: 5, z: 0, f: 1.5, g: 1.0, h: 1e25 }),
    sends({ target: '/v3/x?i=5&z=0&f=1.5&g=1&h=1e%2B25' }),
  ),
  'query option/list value': query({ a: ['x', 'y'] }),
  'query option/map value': query({ a: { k: 'v', l: { m: 'n' } } }),
  'query option/empty list value': query({ a: [], b: '1' }),
  'query option/empty array': query({}),
  'query option/empty string': query(''),
  'query option/empty value': query({ a: '' }),
  'query option/list': query(['x', 'y']),
  'query option/string': query('a=1&b=2'),
  'query option/string with ?': query('?a=1'),
  'query option/string unencoded': query('a=中 文&b=[x]'),
  'query option/string encoded': query('a=%e4%b8%ad'),
  'query option/string #': query('a=#b'),
  'query option/string 0': query('0'),
  'query option/int': refused(query(5), /^query\b/),
  'query option/true': refused(query(true), /^query\b/),
  'query option/null': query(null),
  'query option/object': refused(query(new P()), /^query\b/),
  'query option/unicode key and value': query({ 键: '值 😀' }),
  'query option/special': query({ 'a b': "-._~!*'()+ /:@&=%" }),
  'query option/key with brackets': query({ 'a[b]': '1' }),
  'query option/Stringable value': differs(
    'an object that is no map is a mistake, better told than left out',
    query({ a: { toString: () => 'str/ing' } }),
    refusal(/^query\.a\b/),
  ),
  'query option/stdClass value': query({ a: { k: 1 } }),
  'query option/camelCase keys untouched': query({ outTradeNo: 'A' }),
  'query option/duplicate via list': query({ a: ['1', '2'] }),
  'query option/newline': query({ a: '1\n2' }),
  'query option/invalid utf8': differs(
    'half of a surrogate pair stands for no character',
    query({ a: '\ud800' }),
    refusal(/^query\.a\b.*surrogate/),
  ),
  'query option/iso time': query({ t: '2015-05-20T13:29:35+08:00' }),
  'query option/replaces the query of the uri': (i) => i.chain('v3/x?a=1').get({ query: { b: '2' } }),
  'query option/empty array removes the query of the uri': (i) => i.chain('v3/x?a=1').get({ query: {} }),
  'query option/null keeps the query of the uri': (i) => i.chain('v3/x?a=1').get({ query: null }),
  'query option/with fragment': (i) => i.chain('v3/x#f').get({ query: { b: '2' } }),
  'query option/on POST with json': (i) => i.v3.x.post({ query: { b: '2' }, json: { a: 1 } }),
  'query option/config-level query default': configured((i) => i.v3.x.get()),
  'query option/config-level query and request query': configured((i) => i.v3.x.get({ query: { b: '2' } })),
}
