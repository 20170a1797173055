import * as fc from 'fast-check'
import { encodeFields } from '../../lib/encoded'
import { RequestError, WechatpayError } from '../../lib/errors'
import { checkHeaders, type HeaderBag, NONE } from '../../lib/headers'
import { encodeJson } from '../../lib/json'
import { Builder } from '../../lib/lite'
import { encodeQuery } from '../../lib/query'
import { credentials } from '../support/keys'
import { anything, jsonText, NAMES, OWN } from './hostile'
import { fuzz } from './runs'

/*
 * What callers give: whatever it is, it is written so that it can be read again, or there is an error that names the field.
 */

/** What `run` gives; `undefined` when the caller is told that it cannot be. */
function unless<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error !== OWN) {
      expect(error).toBeInstanceOf(RequestError)
      expect((error as RequestError).message.length).toBeLessThan(2_000)
    }
    return undefined
  }
}

const refuse = (name: string, problem: string): RequestError => new RequestError(`headers.${name}`, problem)
const wellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** The pairs of a query, as `http_build_query` has them. */
function pairs(value: unknown, name: string): [string, string][] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') return [[name, String(value)]]
  return Object.entries(value).flatMap(([key, member]) =>
    pairs(member, name === '' ? key : `${name}[${key}]`),
  )
}

const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom<unknown>(
    '&',
    '=',
    '+',
    '%2F',
    ' ',
    '\n',
    '🧋',
    0,
    -0,
    1e21,
    true,
    false,
    null,
    undefined,
    2n ** 70n,
  ),
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', minLength: 1, maxLength: 4 })),
      tie('tree'),
      { maxKeys: 3 },
    ),
  ),
}))

describe('what a caller gives', () => {
  fuzz(
    'as json says the same when it is read again, or is refused',
    600,
    fc.property(anything, (value) => {
      const text = unless(() => encodeJson(value))
      if (text === undefined) return
      expect(wellFormed(text)).toBe(true)
      const said: unknown = JSON.parse(text)
      const plain = ((): string | undefined => {
        try {
          return JSON.stringify(value)
        } catch {
          // It holds a bigint.
          return undefined
        }
      })()
      if (plain !== undefined) expect(said).toEqual(JSON.parse(plain))
    }),
  )

  fuzz(
    'as json that was read from text is written as JSON.stringify does',
    300,
    fc.property(jsonText, (text) => {
      const value: unknown = JSON.parse(text)
      const written = unless(() => encodeJson(value))
      let plain: string | undefined
      try {
        // A number that is infinite is as wrong as half of a surrogate pair.
        plain = JSON.stringify(value, (_, member: unknown) =>
          typeof member === 'number' && !Number.isFinite(member) ? '\ud800' : member,
        )
      } catch {
        // It is too deep.
      }
      const lossy = /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(plain ?? '')
      if (plain === undefined || lossy) expect(written).toBeUndefined()
      else expect(written).toBe(plain)
    }),
  )

  fuzz(
    'as query is read again pair by pair',
    400,
    fc.property(
      fc.oneof(fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), tree), fc.array(tree)),
      (query) => {
        const text = encodeQuery(query) as string
        expect(text).toMatch(/^(?:[\w.~=&-]|%[\dA-F]{2})*$/)
        const read = text === '' ? [] : text.split('&').map((pair) => pair.split('=').map(decodeURIComponent))
        expect(read).toEqual(pairs(query, ''))
      },
    ),
  )

  fuzz(
    'as query is written in characters of a query, or refused',
    400,
    fc.property(
      fc.oneof(anything, fc.string({ unit: 'binary' }), fc.constantFrom('a=%', 'a=%2', '#', '\ud800')),
      (query) => {
        const text = unless(() => encodeQuery(query))
        if (text !== undefined)
          expect(new URL(`https://host/?${text}`).search.slice(1)).toBe(text.replaceAll("'", '%27'))
      },
    ),
  )

  const field = fc.oneof(
    fc.constantFrom(
      'X-A',
      'x-a',
      'Authorization',
      'content-length',
      '',
      'a b',
      'a:',
      '书',
      '__proto__',
      'X\n',
    ),
    fc.string({ maxLength: 4 }),
  )
  const content = fc.oneof(
    anything,
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom<unknown>(
      '\r\nX-B: 1',
      'a\nX-B: 1',
      'a\r',
      '\u{ff}',
      '\u{100}',
      ' a ',
      ['a', 1],
      [['a']],
      [null],
      '\0',
      1n,
      false,
    ),
  )

  fuzz(
    'as headers can be sent, or is refused',
    600,
    fc.property(
      fc.oneof(
        anything,
        fc.dictionary(field, content, { maxKeys: 4 }),
        fc.array(fc.oneof(fc.tuple(field, content), anything), { maxLength: 4 }),
      ),
      (headers) => {
        const checked = unless((): HeaderBag => checkHeaders(headers, refuse)) ?? NONE
        for (const [name, value] of checked.values()) {
          expect(() => new Headers().append(name, value)).not.toThrow()
          expect(`${name}${value}`).not.toMatch(/[\r\n\0]/)
          expect(name).not.toMatch(/^(?:authorization|host|content-length|connection)$/i)
        }
      },
    ),
  )

  fuzz(
    'as an encoded field is text afterwards, or refused',
    200,
    fc.property(anything, fc.constantFrom('scene_info', 'risk_info'), (value, name) => {
      const given = { xml: { [name]: value } }
      const target = name === 'risk_info' ? '/mmpaymkttransfers/sendredpack' : '/pay/unifiedorder'
      const options = unless(() => encodeFields(given, 'v2', 'POST', target)) as typeof given | undefined
      if (options === undefined) return
      const written = options.xml[name]
      if (Object.is(written, value)) return
      expect(typeof written).toBe('string')
      if (name === 'scene_info') expect(JSON.parse(written as string)).toEqual(JSON.parse(encodeJson(value)))
      else expect(written).toMatch(/^(?:[\w.~!'()*-]|%[\dA-F]{2})*$/)
    }),
  )

  const instance = Builder.factory({ ...credentials, base_uri: 'http://127.0.0.1:9/', retry: false })
  const driver = Builder.driver(instance)
  afterAll(() => driver.close())

  fuzz(
    'as options of a call is sent, or refused with an error of ours, and nothing is thrown',
    400,
    fc.asyncProperty(
      fc.oneof(
        anything,
        fc.dictionary(
          fc.constantFrom(
            'query',
            'json',
            'body',
            'headers',
            'x',
            'xml',
            'timeout',
            'retry',
            'signal',
            'base_uri',
            'sink',
            'media',
          ),
          anything,
          { maxKeys: 3 },
        ),
      ),
      fc.constantFrom('v3/{x}', 'v2/pay/unifiedorder', 'v3/a'),
      fc.oneof(fc.constantFrom('get', 'post', 'delete'), anything),
      async (options, uri, verb) => {
        const error: unknown = await driver.request(verb as string, uri, options).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        // Nobody listens there.
        expect(error).toBeInstanceOf(WechatpayError)
        expect(error).toMatchObject({ delivery: 'not-sent' })
      },
    ),
  )
})

describe('found', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)

  test.each<[string, unknown]>([
    ['a list that holds itself', { 'X-A': cyclic }],
    ['a list in a list', { 'X-A': [['a']] }],
    ['a name that is none', [[Object.create(null), 'a']]],
  ])('of headers %s was no error of ours', (_, headers) => {
    expect(() => checkHeaders(headers, refuse)).toThrow(RequestError)
  })

  test('a query of twenty thousand levels was no error of ours', () => {
    const deep = Array.from({ length: 20_000 }).reduce<object>((inner) => [inner], [])
    expect(() => encodeQuery(deep)).toThrow(new RequestError('query', 'nested deeper than 64 levels'))
    const most = Array.from({ length: 63 }).reduce<object>((inner) => [inner], ['x'])
    expect(encodeQuery(most)).toMatch(/^0(?:%5B0%5D){63}=x$/)
  })
})
