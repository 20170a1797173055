import * as fc from 'fast-check'

/*
 * Texts as they should not be: what upsets those who read JSON, XML and headers.
 */

/** Names that mean something to JavaScript. */
export const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'then',
  'length',
  'hasOwnProperty',
] as const

/** What is likely to upset a reader of JSON. */
export const JSON_WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u0000',
  '\\ud800',
  'null',
  'true',
  '-',
  '1e999',
  '-0',
  '9007199254740993',
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":true}},',
  '"code":"SIGN_ERROR",',
  '"detail":{"sign_information":{}},',
  '\u{feff}',
  '\0',
  '\xff',
  '\n',
] as const

/** And a reader of XML. */
export const XML_WORDS = [
  '<',
  '>',
  '/>',
  '</',
  '</a>',
  '<a>',
  '<a/>',
  '<__proto__>1</__proto__>',
  '<constructor><prototype>1</prototype></constructor>',
  '&',
  '&amp;',
  '&lt;',
  '&#13;',
  '&#0;',
  '&#1;',
  '\x01',
  '&#x110000;',
  '&nbsp;',
  '&x;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '--',
  '<?x',
  '?>',
  '<?xml version="1.0"?>',
  '<?xml version="1.1" encoding="GBK"?>',
  '<!DOCTYPE xml [<!ENTITY x "y">]>',
  '<!DOCTYPE xml SYSTEM "file:///etc/passwd">',
  '<!',
  ' a="1"',
  " xmlns:a='1'",
  '"',
  "'",
  '=',
  ':',
  '\r',
  '\r\n',
  '\n',
  '\0',
  '\u{feff}',
  '\u{85}',
  '\u{a0}',
  '\u{2028}',
  '\xff',
  '\ufffe',
] as const

const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1e999',
    '-1E-999',
    '9007199254740993',
    '0.1e1',
    '"\\ud800"',
    '"\\u0000"',
    '"\\/"',
    '""',
  ),
)

const { text } = fc.letrec<{ text: string; list: string; object: string }>((tie) => ({
  text: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...NAMES, 'code', 'message', 'detail', 'a'), fc.string({ maxLength: 4 })),
        tie('text'),
      ),
      { maxLength: 5 },
    )
    // Names come twice, too.
    .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(' ,\n')}}`),
}))

/** Text of JSON, as no `JSON.stringify` writes it. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { weight: 9, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('[', '{"a":', '{"__proto__":'),
        fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constant(20_000)),
      )
      .map(([open, depth]) => `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`),
  },
)

/** What the caller's own code throws. */
export const OWN = new Error('of the caller')

/** Whatever a caller may give, by mistake: what cannot be read, refers to itself, or is not what it seems. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.anything({
      key: fc.oneof(fc.constantFrom(...NAMES, 'a', 'b'), fc.string({ maxLength: 3 })),
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withTypedArray: true,
      withSparseArray: false,
      maxDepth: 3,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...['list', 'object', 'deep', 'getter', 'proxy', 'symbol', 'function', 'promise'])
      .map(odd),
  },
)

function odd(kind: string): unknown {
  const list: unknown[] = []
  switch (kind) {
    case 'list':
      list.push(list)
      return list
    case 'object': {
      const object: Record<string, unknown> = { a: list }
      list.push(object)
      return object
    }
    case 'deep':
      return Object.assign(
        Array.from({ length: 20_000 }).reduce<object>((inner) => [inner], []),
        // Nor can it be printed.
        { [fc.toStringMethod]: () => '[[[[…]]]]' },
      )
    case 'getter':
      return {
        get a(): never {
          throw OWN
        },
      }
    case 'proxy':
      return new Proxy(
        {},
        {
          ownKeys(): never {
            throw OWN
          },
        },
      )
    case 'symbol':
      return { a: Symbol('a') }
    case 'function':
      return { a: () => 1 }
    default:
      return { a: Promise.resolve(1) }
  }
}
