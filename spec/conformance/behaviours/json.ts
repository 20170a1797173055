import { type Call, differs, refused, same, sends, type Table } from './entry'

const json = (value: unknown): Call => {
  return (i) => i.v3.x.post({ json: value })
}

class P {
  a = 1
  readonly #b = 2

  sum(): number {
    return this.a + this.#b
  }
}

class J {
  toJSON(): object {
    return { j: 1 }
  }
}

export const jsonOption: Table = {
  'json option/array': json({ a: 1 }),
  'json option/empty array': json([]),
  'json option/empty object': json({}),
  'json option/null (ignored)': json(null),
  'json option/false': json(false),
  'json option/zero': json(0),
  'json option/empty string': json(''),
  'json option/string': json('x'),
  'json option/list': json([1, 2]),
  'json option/nested empty array': json({ a: [] }),
  'json option/nested null': json({ a: null }),
  'json option/slashes and unicode': json({ a: 'https://x/中文😀' }),
  'json option/html chars': json({ a: '<>&\'"' }),
  'json option/control chars': json({ a: '\t\n\u0001\u007f' }),
  'json option/line separator': json({ a: '\u2028\u2029' }),
  'json option/float 1.0': json({ a: 1.0 }),
  'json option/float 0.1': json({ a: 0.1 }),
  'json option/float 1e100': json({ a: 1e100 }),
  'json option/float 1e15': json({ a: 1e15 }),
  'json option/float 1e20': json({ a: 1e20 }),
  'json option/float 1e21': json({ a: 1e21 }),
  'json option/float 1e-7': json({ a: 1e-7 }),
  'json option/float 123456789.12345678': json({ a: 123456789.12345678 }),
  'json option/float -0.0': differs(
    'JSON.stringify writes -0 as 0',
    json({ a: -0 }),
    sends({ body: '{"a":0}' }),
  ),
  'json option/NAN': refused(json({ a: Number.NaN }), /^json\b.*\ba\b/),
  'json option/big int': same(json({ a: 9223372036854775807n }), { exactly: true }),
  'json option/invalid utf8': refused(json({ a: '\ud800' }), /^json\b.*\ba\b.*surrogate/),
  'json option/object public props': json(new P()),
  'json option/JsonSerializable': json(new J()),
  'json option/int-like keys': json({ 2: 'b', 1: 'a' }),
  'json option/list with hole': json({ 0: 'a', 2: 'b' }),
  'json option/empty key': json({ '': 1 }),
  'json option/lone surrogate escape text': json({ a: '\\ud800' }),
  'json option/closure': differs(
    'JSON.stringify leaves functions out',
    json({ a: () => undefined }),
    sends({ body: '{}' }),
  ),
  'json option/with get': (i) => i.v3.x.get({ json: { a: 1 } }),
  'json option/with put': (i) => i.v3.x.put({ json: { a: 1 } }),
  'json option/with patch': (i) => i.v3.x.patch({ json: { a: 1 } }),
  'json option/with delete': (i) => i.v3.x.delete({ json: { a: 1 } }),
}
