import fc from 'fast-check'
import { RequestError } from '../lib'
import { resolveConfig } from '../lib/config'
import { prepare } from '../lib/request'
import { credentials } from './support/keys'
import { leaks, thrownBy } from './support/leaks'

const config = resolveConfig(credentials)
const SECRET = 'oUpF8uMuAJO-M2pxb1Q9zNjWeS6o'
const sent = (json: unknown): unknown => prepare('post', 'v3/x', { json }, config).body

function refused(json: unknown): RequestError {
  const error = thrownBy(() => sent(json))
  expect(error).toBeInstanceOf(RequestError)
  expect((error as RequestError).message).toMatch(/^json/)
  expect(leaks(error, SECRET)).toBe(false)
  return error as RequestError
}

test('what JSON can hold is sent as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(value !== null)
      expect(sent(value)).toBe(JSON.stringify(value))
    }),
  )
})

test.each<[string, unknown, string]>([
  ['an object', { b: 1, a: [true, null, 'x/y', '中'] }, '{"b":1,"a":[true,null,"x/y","中"]}'],
  ['an empty object', {}, '{}'],
  ['a list', [], '[]'],
  ['empty text', '', '""'],
  ['zero', 0, '0'],
  ['false', false, 'false'],
  ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['undefined members', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['toJSON', { toJSON: () => ({ a: 1 }) }, '{"a":1}'],
  ['a null prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['the word null', { a: 'null', b: null }, '{"a":"null","b":null}'],
  ['an escape of half a pair as text', { a: '\\ud83c' }, '{"a":"\\\\ud83c"}'],
  ['a whole pair', { a: '🎁' }, '{"a":"🎁"}'],
  [
    'empty objects',
    { a: {}, b: [{}], c: '{}', d: Object.create({ e: 1 }) },
    '{"a":{},"b":[{}],"c":"{}","d":{}}',
  ],
  ['__proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
])('%s', (_, value, text) => {
  expect(sent(value)).toBe(text)
})

test('null and undefined are no body', () => {
  expect(sent(undefined)).toBeNull()
  expect(sent(null)).toBeNull()
})

describe('a bigint is a number with all its digits', () => {
  test.each<[unknown, string]>([
    [{ total: 9007199254740993n }, '{"total":9007199254740993}'],
    [[-1n, 0n, 10n ** 30n], '[-1,0,1000000000000000000000000000000]'],
    [5n, '5'],
    [
      { a: { b: [{ c: 1n, d: '1n', e: 'bigint:0.5:1' }] } },
      '{"a":{"b":[{"c":1,"d":"1n","e":"bigint:0.5:1"}]}}',
    ],
    [{ a: 1n, b: null, c: 'null', d: '🎁' }, '{"a":1,"b":null,"c":"null","d":"🎁"}'],
    [{ toJSON: () => 5n }, '5'],
  ])('%#', (value, text) => {
    expect(sent(value)).toBe(text)
  })

  test('any of them', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.string(), (value, text) => {
        expect(sent({ value, text })).toBe(`{"value":${value},"text":${JSON.stringify(text)}}`)
      }),
    )
  })

  test('also where a BigInt.prototype.toJSON was added, as many programs do', () => {
    const prototype = BigInt.prototype as unknown as { toJSON?: () => string }
    prototype.toJSON = function (this: bigint) {
      return this.toString()
    }
    try {
      expect(sent({ total: 9007199254740993n })).toBe('{"total":9007199254740993}')
    } finally {
      delete prototype.toJSON
    }
  })
})

describe('what JSON cannot hold', () => {
  const cycle: Record<string, unknown> = { openid: SECRET }
  cycle.self = cycle
  const list: unknown[] = [SECRET]
  list.push({ list })

  test.each<[string, unknown, RegExp]>([
    ['NaN', { amount: { total: Number.NaN, payer: SECRET } }, /total/],
    ['Infinity', { amount: { total: Number.POSITIVE_INFINITY } }, /total/],
    ['-Infinity in a list', { amounts: [1, Number.NEGATIVE_INFINITY] }, /Infinity/],
    ['NaN beside null', { a: null, total: Number.NaN }, /total/],
    ['NaN beside a bigint', { a: 1n, total: Number.NaN }, /total/],
    ['NaN by itself', Number.NaN, /NaN/],
    ['half a pair', { name: `${SECRET}\ud83c` }, /name/],
    ['the other half', { name: `\udf81${SECRET}` }, /name/],
    ['half a pair by itself', `${SECRET}\ud83c`, /json/],
    ['half a pair beside a bigint', { a: 1n, name: '\ud83c' }, /name/],
    ['half a pair in a name', { a: 1, '\ud83c': 1 }, /json/],
    ['a cycle', cycle, /refers to itself/],
    ['a cycle of lists', list, /refers to itself/],
    ['a cycle beside a bigint', { a: 1n, cycle }, /refers to itself/],
    ['a function', () => SECRET, /function/],
    ['a symbol', Symbol(SECRET), /symbol/],
    ['a toJSON that gives nothing', { toJSON: () => undefined }, /json/],
    ['a promise', Promise.resolve({ a: SECRET }), /await/],
    [
      'a promise inside',
      { amount: Promise.resolve({ total: 1 }), payer: SECRET },
      /amount: got a promise: await it/,
    ],
    ['a Map', { detail: new Map([['total', 1]]) }, /detail: a Map/],
    ['a Set in a list', [new Set([SECRET])], /a Set/],
    ['an invalid Date', { a: 1n, expires: new Date(Number.NaN) }, /expires: an invalid Date/],
    ['an invalid Date by itself', { expires: new Date('tomorrow') }, /expires: an invalid Date/],
    ['what has a then', Object.fromEntries([['then', () => SECRET]]), /promise/],
  ])('%s', (_, value, message) => {
    expect(refused(value).message).toMatch(message)
  })

  test('a toJSON or a getter that throws', () => {
    const fail = () => {
      throw new Error('it failed')
    }
    refused({ a: { toJSON: fail } })
    refused({ toJSON: fail })
    refused({
      get a() {
        return fail()
      },
    })
    refused({ a: 1n, b: { toJSON: fail } })
  })

  test('nesting deeper than the stack', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 20_000; level++) deep = [deep]
    refused(deep)
  })
})
