import * as fc from 'fast-check'
import { parse, UriError } from '../../lib/uri'
import { NAMES } from './hostile'
import { effort, fuzz } from './runs'

/*
 * URI templates, beside an expansion of their own: RFC 6570's appendix A, word for word and byte by byte.
 */

type Values = Readonly<Record<string, unknown>>

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const RESERVED = ":/?#[]@!$&'()*+,;="
const DIGITS = '0123456789ABCDEFabcdef'

interface Row {
  readonly first: string
  readonly sep: string
  readonly named: boolean
  readonly ifemp: string
  readonly allow: 'U' | 'U+R'
}

const ROWS: Readonly<Record<string, Row>> = {
  NUL: { first: '', sep: ',', named: false, ifemp: '', allow: 'U' },
  '+': { first: '', sep: ',', named: false, ifemp: '', allow: 'U+R' },
  '.': { first: '.', sep: '.', named: false, ifemp: '', allow: 'U' },
  '/': { first: '/', sep: '/', named: false, ifemp: '', allow: 'U' },
  ';': { first: ';', sep: ';', named: true, ifemp: '', allow: 'U' },
  '?': { first: '?', sep: '&', named: true, ifemp: '=', allow: 'U' },
  '&': { first: '&', sep: '&', named: true, ifemp: '=', allow: 'U' },
  '#': { first: '#', sep: ',', named: false, ifemp: '', allow: 'U+R' },
}

/** What has no expansion. */
class Refused extends Error {}

const isTriplet = (text: string, at: number): boolean =>
  text[at] === '%' && [1, 2].every((n) => DIGITS.includes(text[at + n] ?? ' '))

function encoded(text: string, allow: Row['allow']): string {
  let all = ''
  for (let at = 0; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) as number)
    if (/^[\ud800-\udfff]$/.test(character)) throw new Refused()
    if (allow === 'U+R' && isTriplet(text, at)) {
      all += text.slice(at, at + 3)
      at += 3
      continue
    }
    const kept = UNRESERVED.includes(character) || (allow === 'U+R' && RESERVED.includes(character))
    all += kept
      ? character
      : [...Buffer.from(character)]
          .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          .join('')
    at += character.length
  }
  return all
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'bigint', 'boolean'].includes(typeof value)

/** The members of a list or a map that are defined. */
function members(value: object): [string, string][] {
  if (!Array.isArray(value) && ![null, Object.prototype].includes(Object.getPrototypeOf(value)))
    throw new Refused()
  return Object.entries(value)
    .filter(([, member]) => member !== undefined && member !== null)
    .map(([name, member]) => {
      if (!isScalar(member)) throw new Refused()
      return [name, String(member)]
    })
}

/** The first characters of a value: where triplets are kept, those of one character count as one. */
function cut(text: string, length: number, allow: Row['allow']): string {
  const pattern = allow === 'U' ? /./gsu : /%[\dA-F]{2}(?:%[89AB][\dA-F])*|./gisu
  return [...text.matchAll(pattern)].slice(0, length).join('')
}

function variable(specification: string, row: Row, values: Values): string | undefined {
  const [, name, star, length] = /^(.*?)(?:(\*)|:(\d+))?$/.exec(specification) as unknown as string[]
  const value = Object.hasOwn(values, name as string) ? values[name as string] : undefined
  if (value === undefined || value === null) return undefined
  const named = (text: string): string => {
    if (!row.named) return text
    return name + (text === '' ? row.ifemp : `=${text}`)
  }
  if (isScalar(value)) {
    const text = String(value)
    return named(encoded(length ? cut(text, Number(length), row.allow) : text, row.allow))
  }
  if (typeof value !== 'object') throw new Refused()
  const all = members(value)
  const list = Array.isArray(value)
  // The appendix takes the name in an exploded pair for a literal: a `&` in it would then begin another parameter.
  const texts = all.map(([key, member]) => [encoded(key, row.allow), encoded(member, row.allow)] as const)
  if (all.length === 0) return undefined
  if (length) throw new Refused()
  if (!star) return named(texts.map(([key, text]) => (list ? text : `${key},${text}`)).join(','))
  return texts
    .map(([key, text]) => {
      if (list) return named(text)
      return row.named && text === '' ? key + row.ifemp : `${key}=${text}`
    })
    .join(row.sep)
}

const NAME = /^(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?:\*|:[1-9]\d{0,3})?$/

/** @throws Refused for what is no template, or what cannot be expanded */
function expanded(template: string, values: Values): string {
  const pieces: (string | readonly [Row, readonly string[]])[] = []
  let rest = template
  while (rest !== '') {
    const brace = rest.search(/[{}]/)
    const literal = brace === -1 ? rest : rest.slice(0, brace)
    pieces.push(encoded(literal, 'U+R'))
    rest = rest.slice(literal.length)
    if (rest === '') break
    const end = rest.indexOf('}')
    if (rest[0] === '}' || end === -1) throw new Refused()
    const inside = rest.slice(1, end)
    const operator = '+./;?&#'.includes(inside[0] ?? ' ') ? (inside[0] as string) : ''
    const specifications = inside.slice(operator.length).split(',')
    if (!specifications.every((one) => NAME.test(one))) throw new Refused()
    pieces.push([ROWS[operator || 'NUL'] as Row, specifications])
    rest = rest.slice(end + 1)
  }
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const [row, specifications] = piece
      const texts = specifications
        .map((one) => variable(one, row, values))
        .filter((text) => text !== undefined)
      return texts.length === 0 ? '' : row.first + texts.join(row.sep)
    })
    .join('')
}

const name = fc.constantFrom('x', 'y', 'a.b', 'out_trade_no', '%e4%b8%ad', 'empty', ...NAMES)
const modifier = fc.constantFrom('', '', '', '*', ':1', ':3', ':9999')
const expression = fc
  .tuple(
    fc.constantFrom('', '', '+', '#', '.', '/', ';', '?', '&'),
    fc.array(
      fc.tuple(name, modifier).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([operator, names]) => `{${operator}${names.join(',')}}`)
const literal = fc.oneof(
  fc.constantFrom(
    'v3/',
    '/',
    '?a=',
    '&b=',
    '#',
    '%2F',
    '%zz',
    '%',
    '..',
    '.',
    ' ',
    '书',
    '🧋',
    '[',
    '|',
    '\\',
    '\n',
  ),
  fc.string({ maxLength: 3 }).map((text) => text.replace(/[{}]/g, '')),
)
/** Wrong by one of these. */
const wrong = fc.constantFrom(
  '{',
  '}',
  '{}',
  '{+}',
  '{=x}',
  '{!x}',
  '{@x}',
  '{|x}',
  '{,x}',
  '{x,}',
  '{x y}',
  '{x**}',
  '{x:*}',
  '{x:0}',
  '{x:01}',
  '{x:10000}',
  '{x:3*}',
  '{x:99999999999}',
  '{x(1)}',
  '{x(}',
  '{+x(a)*}',
  '{.x.}',
  '{a..b}',
  '{%}',
  '{%2}',
  '{%zz}',
  '{-x}',
  '{{x}}',
  '{x',
  'x}',
  '{书}',
  '{ x}',
  '{x\n}',
  '\ud800',
  '{x\0}',
)
const template = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: expression },
      { weight: 6, arbitrary: literal },
      { weight: 1, arbitrary: wrong },
    ),
    { maxLength: 5 },
  )
  .map((pieces) => pieces.join(''))

const unit = fc.oneof(
  fc.constantFrom(
    ...RESERVED,
    '%',
    '%2F',
    '%2f',
    '%zz',
    '%E4%B8%AD',
    '%e4%b8',
    '%80',
    '..',
    ' ',
    '\0',
    '\n',
    '{',
    '}',
    '"',
    '<',
    'é',
    '中',
    '🧋',
    'e\u{301}',
    'a',
  ),
  fc.constantFrom('\ud83e', '\udd8b'),
)
const text = fc.array(unit, { maxLength: 6 }).map((all) => all.join(''))
const scalar = fc.oneof(
  { weight: 5, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(0, -0, 1e21, 1.5, Number.NaN, 2n ** 70n, true, false, ''),
  },
)
const absent = fc.constantFrom(undefined, null)
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: absent },
  { weight: 3, arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: scalar }, absent), { maxLength: 3 }) },
  {
    weight: 3,
    arbitrary: fc.dictionary(
      fc.oneof({ weight: 3, arbitrary: text }, fc.constantFrom(...NAMES)),
      fc.oneof({ weight: 5, arbitrary: scalar }, absent),
      {
        maxKeys: 3,
        noNullPrototype: false,
      },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      [[]],
      [['a']],
      { a: {} },
      new Date(0),
      new Map(),
      () => 1,
      Symbol('a'),
      /a/,
    ),
  },
)
const values: fc.Arbitrary<Values> = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: false })

/** What `run` gives; `undefined` when it is refused. */
function unless<T>(kind: new (...parameters: never[]) => Error, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof kind)) throw error
    return undefined
  }
}

describe('URI templates', () => {
  fuzz(
    'expand as the RFC says, or both refuse',
    1_000,
    fc.property(template, values, (template, values) => {
      const ours = unless(UriError, () => parse(template).expand(values))
      expect(ours).toBe(unless(Refused, () => expanded(template, values)))
    }),
  )

  fuzz(
    'are filled in as they are expanded, or refused',
    500,
    fc.property(template, values, (template, values) => {
      const filled = unless(UriError, () => parse(template).fill(values))
      if (filled !== undefined) expect(filled).toBe(expanded(template, values))
    }),
  )

  fuzz(
    'of one variable are one segment, whatever it holds',
    300,
    fc.property(
      text.filter((text) => text !== ''),
      (value) => {
        const filled = unless(UriError, () => parse('v3/{x}/end').fill({ x: value }))
        if (filled === undefined) {
          expect(/^\.{1,2}$|\p{Surrogate}/u.test(value)).toBe(true)
          return
        }
        const { pathname, search, hash } = new URL(filled, 'https://host/')
        const [, , segment = '', ...rest] = pathname.split('/')
        expect([decodeURIComponent(segment), rest, search, hash]).toEqual([value, ['end'], '', ''])
      },
    ),
  )

  fuzz(
    'that are refused say nothing of a value',
    300,
    fc.property(template, values, fc.boolean(), (template, drawn, strict) => {
      const SECRET = 'c1f0d7e2'
      const values = Object.fromEntries(
        Object.entries(drawn).map(([name, value]) => [
          name,
          typeof value === 'string' ? `${SECRET}${value}` : Array.isArray(value) ? [SECRET, ...value] : value,
        ]),
      )
      try {
        const parsed = parse(template)
        strict ? parsed.fill(values) : parsed.expand(values)
      } catch (error) {
        expect(error).toBeInstanceOf(UriError)
        expect(String((error as Error).stack)).not.toContain(SECRET)
        expect((error as Error).message.length).toBeLessThan(1_500)
      }
    }),
  )

  const repeated = fc
    .tuple(
      fc.array(fc.constantFrom('x', '.', '/', '%2e', '..', '%', '?', '#', '&', ',', 'é', '🧋', ' '), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(fc.constantFrom('{', '}', '{x}', '{+x*}', ':', '*', '(', ')', '\ud800'), { maxLength: 2 }),
      fc.boolean(),
    )
    .map(([plain, more, both]) => [...plain, ...(both ? more : [])].join(''))

  fuzz(
    'take no long time, nor do values, whatever is repeated in them',
    40,
    fc.asyncProperty(
      fc.constantFrom('', '{', '{x', '{x,', '{x:', '{x(', '/', '{+x}'),
      repeated,
      fc.constantFrom('{x}', '{+x}', '{x:9999}', '{+x:9999}', '{?x*}', 'a/{+x}/b'),
      async (beginning, unit, template) => {
        const long = unit.repeat(2 ** 18 / unit.length)
        const run = () => {
          unless(UriError, () => parse(beginning + long).fill({ x: '..' }))
          unless(UriError, () => parse(template).fill({ x: long }))
        }
        expect(await effort(run)).toBeLessThan(3)
      },
    ),
  )
})

describe('found', () => {
  test('what is left out of a map was refused for its name', () => {
    expect(parse('{?x*}').expand({ x: { '\ud83e': undefined, a: '1' } })).toBe('?a=1')
    expect(() => parse('{?x*}').expand({ x: { '\ud83e': '' } })).toThrow(UriError)
  })
})
