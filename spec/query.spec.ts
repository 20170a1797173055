import fc from 'fast-check'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { encodeQuery, type QueryValue } from '../lib/query'
import { prepare } from '../lib/request'
import { credentials } from './support/keys'
import { printed, thrownBy } from './support/leaks'

const config = resolveConfig(credentials)
const sent = (query: unknown, uri = 'v3/x'): string => prepare('get', uri, { query }, config).path

type Tree = string | { [key: string]: Tree }

/** As PHP's `parse_str` reads it, but that it leaves odd characters in names alone: `a[b][0]=c`. */
function parsed(query: string): Tree {
  const root: { [key: string]: Tree } = Object.create(null)
  for (const piece of query === '' ? [] : query.split('&')) {
    const [key = '', value = ''] = piece.split('=').map(decodeURIComponent)
    const open = key.indexOf('[', 1)
    const name = open === -1 ? key : key.slice(0, open)
    const path = [
      name,
      ...(open === -1 ? '' : key.slice(open))
        .split(/\[|\]\[|\]/)
        .filter((_, at, all) => at > 0 && at < all.length - 1),
    ]
    let node = root
    for (const step of path.slice(0, -1)) {
      node[step] ??= Object.create(null) as { [key: string]: Tree }
      node = node[step] as { [key: string]: Tree }
    }
    node[path.at(-1) as string] = value
  }
  return root
}

/** What should arrive: leaves as text, lists as maps by position, nothing where nothing was given. */
function expected(value: QueryValue): Tree | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).flatMap(([key, member]): [string, Tree][] => {
    const tree = expected(member as QueryValue)
    return tree === undefined ? [] : [[key, tree]]
  })
  return entries.length === 0 ? undefined : Object.assign(Object.create(null), Object.fromEntries(entries))
}

const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => !/[[\]]/.test(text) && text !== '__proto__')
const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
)
const { tree } = fc.letrec<{ tree: QueryValue; node: QueryValue }>((tie) => ({
  tree: fc.dictionary(key, tie('node'), { maxKeys: 5 }) as fc.Arbitrary<QueryValue>,
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    tie('tree'),
    fc.array(tie('node'), { maxLength: 4 }),
  ) as fc.Arbitrary<QueryValue>,
}))

test('whatever is written is read back by a reader like PHP', () => {
  fc.assert(
    fc.property(tree, (query) => {
      const text = encodeQuery(query) as string
      expect(text).toMatch(/^[\w.~%&=-]*$/)
      expect(parsed(text)).toEqual(expected(query) ?? Object.create(null))
    }),
    { numRuns: 500 },
  )
})

test('names and values are RFC 3986: only unreserved characters stay', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = sent({ [`k${text}`]: text }).replace('/v3/x?', '')
      expect(encoded).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+=(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/)
      expect(encoded.split('=').map(decodeURIComponent)).toEqual([`k${text}`, text])
    }),
  )
})

describe('what is written', () => {
  test.each<[unknown, string]>([
    [{ a: 1, b: 'x' }, 'a=1&b=x'],
    [{ b: 1, a: 2 }, 'b=1&a=2'],
    [{ a: 'x y+z' }, 'a=x%20y%2Bz'],
    [{ a: "!'()*~" }, 'a=%21%27%28%29%2A~'],
    [{ a: 'https://x/?y=z&w#v' }, 'a=https%3A%2F%2Fx%2F%3Fy%3Dz%26w%23v'],
    [{ a: '100%' }, 'a=100%25'],
    [{ a: '%20' }, 'a=%2520'],
    [{ 中: '🎁' }, '%E4%B8%AD=%F0%9F%8E%81'],
    [{ 'a b': '' }, 'a%20b='],
    [{ a: true, b: false }, 'a=true&b=false'],
    [{ a: 0, b: -0, c: 1.5, d: 10n ** 20n }, 'a=0&b=0&c=1.5&d=100000000000000000000'],
    [{ a: null, b: undefined, c: '' }, 'c='],
    [{ a: [] }, ''],
    [{ a: {} }, ''],
    [{}, ''],
    [{ a: ['x', 'y'] }, 'a%5B0%5D=x&a%5B1%5D=y'],
    [{ a: ['x', null, 'y'] }, 'a%5B0%5D=x&a%5B2%5D=y'],
    [{ a: { k: { l: 'v' } } }, 'a%5Bk%5D%5Bl%5D=v'],
    [{ a: [{ b: [true] }] }, 'a%5B0%5D%5Bb%5D%5B0%5D=true'],
    [{ a: { '': 'x' } }, 'a%5B%5D=x'],
    [['x', 'y'], '0=x&1=y'],
    [{ a: '\0' }, 'a=%00'],
    [{ a: '\r\nHost: evil' }, 'a=%0D%0AHost%3A%20evil'],
    [JSON.parse('{"__proto__":"x"}'), '__proto__=x'],
    [Object.assign(Object.create(null), { a: 1 }), 'a=1'],
    [new URLSearchParams('a=b&a=c&d=e f'), 'a=b&a=c&d=e%20f'],
    ['', ''],
    ['a=b&c=d', 'a=b&c=d'],
    ['a=x y', 'a=x%20y'],
    ['a=%20&b=%', 'a=%20&b=%25'],
    ['a=中', 'a=%E4%B8%AD'],
    ['a=b#c', 'a=b%23c'],
    ['a[0]=b', 'a%5B0%5D=b'],
    ['a=\r\nb', 'a=%0D%0Ab'],
  ])('%j: %s', (query, text) => {
    expect(encodeQuery(query)).toBe(text)
    expect(sent(query)).toBe(text === '' ? '/v3/x' : `/v3/x?${text}`)
  })

  test('members below an empty name stay below it', () => {
    expect(encodeQuery({ '': { a: 1 } })).not.toBe(encodeQuery({ a: 1 }))
  })

  test('nothing leaves the query of the path, anything replaces it', () => {
    expect(encodeQuery(undefined)).toBeUndefined()
    expect(encodeQuery(null)).toBeUndefined()
    expect(sent(undefined, 'v3/x?a=1')).toBe('/v3/x?a=1')
    expect(sent(null, 'v3/x?a=1')).toBe('/v3/x?a=1')
    expect(sent({}, 'v3/x?a=1')).toBe('/v3/x')
    expect(sent({ b: 2 }, 'v3/x?a=1')).toBe('/v3/x?b=2')
  })

  test('the same list twice is no cycle', () => {
    const list = ['x']
    expect(encodeQuery({ a: list, b: list, c: { list } })).toBe('a%5B0%5D=x&b%5B0%5D=x&c%5Blist%5D%5B0%5D=x')
  })
})

describe('what cannot be written: RequestError that names the field', () => {
  const SECRET = 'oUpF8uMuAJO-personal'
  const cycle: Record<string, unknown> = { [SECRET.slice(0, 1)]: SECRET }
  cycle.self = { again: cycle }
  class Money {
    readonly total = SECRET
  }

  test.each<[string, unknown, string]>([
    ['NaN', { a: { b: Number.NaN } }, 'query.a[b]'],
    ['Infinity', { a: [1, Number.NEGATIVE_INFINITY] }, 'query.a[1]'],
    ['a Date', { a: new Date() }, 'query.a'],
    ['a Map', { a: new Map([['b', SECRET]]) }, 'query.a'],
    ['a Set', { a: new Set([SECRET]) }, 'query.a'],
    ['a Buffer', { a: Buffer.from(SECRET) }, 'query.a'],
    ['a class instance', { a: new Money() }, 'query.a'],
    ['a function', { a: () => SECRET }, 'query.a'],
    ['a symbol', { a: Symbol(SECRET) }, 'query.a'],
    ['a promise', { a: Promise.resolve(SECRET) }, 'query.a'],
    ['a String', { a: Object(SECRET) }, 'query.a'],
    ['a cycle', cycle, 'query.self[again]'],
    ['half a pair in a value', { a: `${SECRET}\ud83c` }, 'query.a'],
    ['half a pair in text', `a=${SECRET}\udf81`, 'query'],
    ['a number', 5, 'query'],
    ['a boolean', true, 'query'],
    ['a symbol for all', Symbol(SECRET), 'query'],
    ['a function for all', () => ({ a: SECRET }), 'query'],
    ['a class instance for all', new Money(), 'query'],
    ['a Map for all', new Map([['a', SECRET]]), 'query'],
    ['a Date for all', new Date(), 'query'],
  ])('%s', (_, query, field) => {
    const error = thrownBy(() => sent(query))
    expect(error).toBeInstanceOf(RequestError)
    expect((error as RequestError).field).toBe(field)
    expect(printed(error).join('\n')).not.toContain(SECRET)
  })

  test('half a pair in a name', () => {
    expect(() => sent({ 'a\ud83c': 1 })).toThrow(RequestError)
    expect(() => sent({ a: { '\ud83c': 1 } })).toThrow(RequestError)
  })

  test('nesting deeper than the stack', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 20_000; level++) deep = [deep]
    expect(thrownBy(() => sent({ deep }))).toBeInstanceOf(RequestError)
  })
})
