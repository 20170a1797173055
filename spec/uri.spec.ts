import fc from 'fast-check'
import { normalize, parse, UriError } from '../lib/uri'

type Values = Record<string, unknown>

/** The error a call throws: its message, and the variable it names. */
function fault(call: () => unknown): { message: string; variable: string | undefined } {
  try {
    call()
  } catch (error) {
    if (error instanceof UriError) return { message: error.message, variable: error.variable }
    throw error
  }
  throw new Error('nothing was thrown')
}

const fill = (template: string, values: Values = {}) => parse(template).fill(values)
const fillFault = (template: string, values: Values = {}) => fault(() => fill(template, values))
const expandFault = (template: string, values: Values = {}) => fault(() => parse(template).expand(values))

describe('normalize', () => {
  const table: readonly (readonly [string, string])[] = [
    // a name: as the PHP SDK writes it
    ['merchantService', 'merchant-service'],
    ['MerchantService', 'merchant-service'],
    ['V3', 'v3'],
    ['v3', 'v3'],
    ['ABC', 'a-b-c'],
    ['aBC', 'a-b-c'],
    ['ABCDef', 'a-b-c-def'],
    ['complaintsV2', 'complaints-v2'],
    ['x2y', 'x2y'],
    ['X509Cert', 'x509-cert'],
    ['iOSApp', 'i-o-s-app'],
    ['URL', 'u-r-l'],
    ['out_trade_no', 'out_trade_no'],
    ['Out_Trade_No', 'out_-trade_-no'],
    ['_transaction_id_', '{transaction_id}'],
    ['_transaction_id', '_transaction_id'],
    ['transaction_id_', 'transaction_id_'],
    ['_', '_'],
    ['__', '{}'],
    ['___', '{_}'],
    ['__x__', '{_x_}'],
    ['_x__y_', '{x__y}'],
    ['_X', '_-x'],
    ['$Abc', '$-abc'],
    ['a$B', 'a$-b'],
    ['_$&_', '_$&_'],
    ['_$1_', '{$1}'],
    ['Az', 'az'],
    ['aZ', 'a-z'],
    // inside of `_name_` nothing is: the PHP SDK's most-reported bug
    ['_A_', '{A}'],
    ['_outTradeNo_', '{outTradeNo}'],
    ['_OutTradeNo_', '{OutTradeNo}'],
    // anything else is as written
    ['', ''],
    [' ', ' '],
    ['2Cool', '2Cool'],
    ['0', '0'],
    ['Foo-Bar', 'Foo-Bar'],
    ['Foo.Bar', 'Foo.Bar'],
    ['_a_/_b_', '_a_/_b_'],
    ['_a\nb_', '_a\nb_'],
    ['_A\n', '_A\n'],
    ['\nA', '\nA'],
    ['É', 'É'],
    ['éA', 'éA'],
    ['AÉ', 'AÉ'],
    ['_中文_', '_中文_'],
    ['A B', 'A B'],
    ['a%2FB', 'a%2FB'],
    ['v3/MerchantService', 'v3/MerchantService'],
    ['v3/{outTradeNo}/x', 'v3/{outTradeNo}/x'],
    ['{Var}', '{Var}'],
    ['https://API.example.com/V3/x', 'https://API.example.com/V3/x'],
    ['..', '..'],
  ]
  for (const [name, expected] of table) {
    test(`${JSON.stringify(name)} → ${JSON.stringify(expected)}`, () =>
      expect(normalize(name)).toBe(expected))
  }

  test('what it returns, it returns again', () => {
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'_$aZA9-{}') }))
    fc.assert(fc.property(name, (name) => normalize(normalize(name)) === normalize(name)))
  })
})

describe('parse', () => {
  test('tells the source and the variables in order, each once', () => {
    const template = parse('{b}/{a}{?c*,a,d:3}{+b}')
    expect(template.source).toBe('{b}/{a}{?c*,a,d:3}{+b}')
    expect(template.variables).toEqual(['b', 'a', 'c', 'd'])
    expect(parse('plain').variables).toEqual([])
  })

  test('gives what cannot be changed, since it is shared', () => {
    const template = parse('{a}/{b}')
    expect(Object.isFrozen(template)).toBe(true)
    expect(Object.isFrozen(template.variables)).toBe(true)
  })

  test('keeps the last thousand, and drops the oldest only', () => {
    const all = Array.from({ length: 1000 }, (_, index) => parse(`cached/${index}`))
    expect(parse('cached/0')).toBe(all[0])
    expect(parse('cached/999')).toBe(all[999])
    parse('cached/1000')
    expect(parse('cached/1')).toBe(all[1])
    expect(parse('cached/0')).not.toBe(all[0])
    expect(parse('cached/1')).not.toBe(all[1])
    expect(parse('cached/3')).toBe(all[3])
  })

  const remedy =
    'write {name}, {name:3} (1 to 9999), {name*} or {+name}, with one of the operators + # . / ; ? & and names of letters, ' +
    'digits, _ and single dots; write a literal brace as %7B or %7D'
  const malformed: readonly (readonly [string, number, string])[] = [
    ['a{x y}', 3, 'this is no expression'],
    ['{=x}', 1, 'this is no expression'],
    ['a{x', 3, 'this is no expression'],
    ['/id*}', 4, 'a brace closes nothing'],
    ['{a}/b}{c.}', 5, 'a brace closes nothing'],
    ['}', 0, 'a brace closes nothing'],
    ['ab{a}{x.}', 5, '"x." is no variable name'],
    ['{a}{b:0}', 3, '"{b:0}" has a length out of range'],
    ['{b:10000}', 0, '"{b:10000}" has a length out of range'],
    ['a{b:03}', 1, '"{b:03}" is no expression'],
    ['{a,b(c)}', 0, '"{a,b(c)}" is no expression'],
  ]
  for (const [template, offset, what] of malformed) {
    test(`${template}: what is wrong, where, and the remedy`, () => {
      expect(fault(() => parse(template))).toEqual({
        message: `URI template ${JSON.stringify(template)} is malformed at offset ${offset}: ${what}; ${remedy}`,
        variable: undefined,
      })
    })
  }

  test('half of a surrogate pair', () => {
    expect(fault(() => parse('{x}\ud83d')).message).toBe(
      'URI template "{x}\\ud83d" is malformed at offset 3: holds half of a surrogate pair; ' +
        'repair the text, for example with toWellFormed()',
    )
  })

  test('a length has from 1 to 9999', () => {
    const value = 'x'.repeat(10_000)
    expect(parse('{x:9999}').expand({ x: value })).toHaveLength(9999)
    expect(parse('{x:1}').expand({ x: value })).toHaveLength(1)
  })

  test('a message quotes 200 characters at most', () => {
    expect(fault(() => parse(`${'a'.repeat(199)}}`)).message).toContain(`"${'a'.repeat(199)}}" is`)
    expect(fault(() => parse(`${'a'.repeat(200)}}`)).message).toContain(`"${'a'.repeat(200)}…" is`)
  })

  test('a malformed template is refused each time', () => {
    expect(fault(() => parse('{'))).toEqual(fault(() => parse('{')))
  })
})

describe('UriError', () => {
  test('is an Error that has a variable only when one is at fault', () => {
    const error = new UriError('message', 'x')
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('UriError')
    expect(error.message).toBe('message')
    expect(error.variable).toBe('x')
    expect('variable' in new UriError('message')).toBe(false)
  })
})

describe('expand', () => {
  const unwritable: readonly (readonly [string, unknown, string])[] = [
    ['{x}', () => 'secret', 'function'],
    ['{?x}', Symbol('secret'), 'symbol'],
    ['{x}', new Date(0), 'Date'],
    ['{x*}', new Map([['secret', 1]]), 'object'],
    ['{x}', /secret/, 'object'],
    ['{x}', Object.create({}), 'object'],
    ['{x}', ['a', () => 'secret'], 'function'],
    ['{?x*}', { a: Symbol('secret') }, 'symbol'],
    ['{x}', [['secret']], 'list'],
    ['{?x*}', { a: ['secret'] }, 'list'],
    ['{?x*}', { a: { b: 'secret' } }, 'object'],
    ['{/x*}', [new Date(0)], 'Date'],
  ]
  for (const [template, value, kind] of unwritable) {
    test(`${template}: no ${kind}; the message has its type, not its value`, () => {
      expect(expandFault(template, { x: value })).toEqual({
        message: `URI variable "x" in "${template}" got a value of type ${kind}; pass a string, or a number`,
        variable: 'x',
      })
    })
  }

  test('no list or map under a prefix', () => {
    expect(expandFault('a{+b,x:3}', { x: { a: 'b' } })).toEqual({
      message: 'URI variable "x" in "{+b,x:3}" is cut by its length but got a list or map; give it a string',
      variable: 'x',
    })
    expect(expandFault('{x:3}', { x: ['a'] }).variable).toBe('x')
  })

  test.each([
    ['{x}', 'a\ud83d'],
    ['{+x}', '\ude00a'],
    ['{?x:3}', '\ud83da'],
    ['{x}', ['\ud83d']],
    ['{x*}', { '\ud83d': 'a' }],
  ])('%s: no half of a surrogate pair', (template, value) => {
    expect(expandFault(template, { x: value })).toEqual({
      message:
        `URI variable "x" in "${template}" holds half of a surrogate pair; ` +
        'repair the text, for example with toWellFormed()',
      variable: 'x',
    })
  })

  test('demands no value, and lets a path lead anywhere: that is for fill to judge', () => {
    expect(parse('a/{x}/b').expand({})).toBe('a//b')
    expect(parse('a/{x}/b').expand({ x: '..' })).toBe('a/../b')
    expect(parse('a/{x}').expand({ x: true })).toBe('a/true')
    expect(parse('a/{x}').expand({ x: ['b', 'c'] })).toBe('a/b,c')
    expect(parse('a/{x}').expand({ x: 2 ** 53 })).toBe('a/9007199254740992')
  })
})

describe('fill', () => {
  const table: readonly (readonly [string, Values, string])[] = [
    [
      'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}',
      { organization_id: '1000', out_user_id: 'a/b 粤😀' },
      'v3/offlinefacemch/organizations/1000/users/out-user-id/a%2Fb%20%E7%B2%A4%F0%9F%98%80',
    ],
    ['a/{x}', { x: '' }, 'a/'],
    ['a/{x}/b', { x: '' }, 'a//b'],
    ['a/{x}', { x: '0' }, 'a/0'],
    ['a/{x}', { x: 0 }, 'a/0'],
    ['a/{x}', { x: -1 }, 'a/-1'],
    ['a/{x}', { x: 1.5 }, 'a/1.5'],
    ['a/{x}', { x: Number.MAX_SAFE_INTEGER }, 'a/9007199254740991'],
    ['a/{x}', { x: Number.MIN_SAFE_INTEGER }, 'a/-9007199254740991'],
    ['a/{x}', { x: 2n ** 64n }, 'a/18446744073709551616'],
    ['a/{x}', { x: 'WINCIE*EIXHRB' }, 'a/WINCIE%2AEIXHRB'],
    ['a/{x}', { x: 'a%2Fb' }, 'a/a%252Fb'],
    ['a/{x}', { x: '../../admin' }, 'a/..%2F..%2Fadmin'],
    ['a/{x}', { x: '{y}', y: 'no' }, 'a/%7By%7D'],
    ['a/{x,y}', { x: 1, y: '' }, 'a/1,'],
    ['a/{x:3}', { x: 'value' }, 'a/val'],
    ['a/{empty}', {}, 'a/'],
    ['a/{empty}', { empty: undefined }, 'a/'],
    ['a/{empty}', { empty: null }, 'a/'],
    ['a/{empty}', { empty: 'b' }, 'a/b'],
    ['a/{x,empty}', { x: '1' }, 'a/1'],
    ['a?b={x}', { x: '1 2' }, 'a?b=1%202'],
    // what the RFC leaves out is left out where there is an operator or a `*`
    ['a{?x,y}', {}, 'a'],
    ['a{/x*}', { x: ['b', 'c'] }, 'a/b/c'],
    ['a/{x*}', {}, 'a/'],
    ['a/{x*}', { x: ['b', true, null] }, 'a/b,true'],
    ['a/{+x}', { x: null }, 'a/'],
    ['a{?x}', { x: false }, 'a?x=false'],
    ['a{?x}', { x: ['b'] }, 'a?x=b'],
    ['a{#x:2}', {}, 'a'],
  ]
  for (const [template, values, expected] of table) {
    const given = Object.entries(values).map(([name, value]) => `${name}: ${typeof value} ${value}`)
    test(`${template} with {${given}} → ${expected}`, () => expect(fill(template, values)).toBe(expected))
  }

  test.each([[undefined], [null]])('a plain variable given %s', (value) => {
    expect(fillFault('a/{x}/{y:3}', { x: '1', y: value })).toEqual({
      message: `URI variable "y" in "{y:3}" has no value (${value}); pass { "y": … }`,
      variable: 'y',
    })
  })

  test('a plain variable not given, or only inherited', () => {
    expect(fillFault('a/{x,y}', { x: '1' })).toEqual({
      message: 'URI variable "y" in "{x,y}" has no value (undefined); pass { "y": … }',
      variable: 'y',
    })
    expect(fillFault('a/{toString}').variable).toBe('toString')
    expect(fillFault('a/{x}', Object.create({ x: '1' })).variable).toBe('x')
  })

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['a boolean', true, 'got a value of type boolean; pass a string, or a number'],
    ['false', false, 'got a value of type boolean; pass a string, or a number'],
    ['a list', ['a'], 'got a value of type list; pass a string, or a number'],
    ['an empty list', [], 'got a value of type list; pass a string, or a number'],
    ['a map', { a: 'b' }, 'got a value of type object; pass a string, or a number'],
    ['a Date', new Date(0), 'got a value of type Date; pass a string, or a number'],
    ['a function', () => 'a', 'got a value of type function; pass a string, or a number'],
    ['a symbol', Symbol('a'), 'got a value of type symbol; pass a string, or a number'],
    ['NaN', Number.NaN, 'got a number that is not finite; pass it as a string'],
    ['Infinity', Number.POSITIVE_INFINITY, 'got a number that is not finite; pass it as a string'],
    ['2^53', 2 ** 53, 'got an integer beyond 2^53 - 1, which has lost digits; pass it as a string'],
    ['-2^53', -(2 ** 53), 'got an integer beyond 2^53 - 1, which has lost digits; pass it as a string'],
    ['1e25', 1e25, 'got an integer beyond 2^53 - 1, which has lost digits; pass it as a string'],
  ]
  for (const [title, value, what] of refused) {
    test(`a plain variable given ${title}`, () => {
      expect(fillFault('a/{x}', { x: value })).toEqual({
        message: `URI variable "x" in "{x}" ${what}`,
        variable: 'x',
      })
    })
  }

  test('`empty` may be absent, but is given what any other is', () => {
    expect(fillFault('a/{empty}', { empty: true }).variable).toBe('empty')
  })

  describe('dot segments', () => {
    const dots: readonly (readonly [string, Values, string | undefined])[] = [
      // one variable supplied them
      ['{x}', { x: '.' }, 'x'],
      ['a/{x}', { x: '..' }, 'x'],
      ['a/{x}/b', { x: '..' }, 'x'],
      ['a/{x:2}', { x: '...' }, 'x'],
      ['a/{x}{?q}', { x: '..', q: 'b' }, 'x'],
      ['a/{x}{#q}', { x: '..', q: 'b' }, 'x'],
      ['a/{empty,x}/b', { x: '..' }, 'x'],
      ['{y}a/{x}{y}/b', { x: '..', y: '' }, 'x'],
      ['a{/y,x}', { x: '..', y: 'b' }, 'x'],
      ['a{/x*}', { x: ['b', '..', 'c'] }, 'x'],
      ['a/{+x}', { x: 'b/../c' }, 'x'],
      ['a/{+x}', { x: '%2e%2E' }, 'x'],
      ['a/{+x}', { x: '.%2e' }, 'x'],
      ['a/{+x}', { x: '%2E.' }, 'x'],
      ['a/{+x}', { x: '%2e' }, 'x'],
      // the template did, or not one alone
      ['../a', {}, undefined],
      ['a/./b', {}, undefined],
      ['a/%2e%2E/b', {}, undefined],
      ['a/..', {}, undefined],
      ['a/..?b', {}, undefined],
      ['a/..#b', {}, undefined],
      ['..', {}, undefined],
      ['a/.{x}', { x: '.' }, undefined],
      ['a/{x}.', { x: '.' }, undefined],
      ['a/{x}{y}', { x: '.', y: '.' }, undefined],
      ['a/{x}%2e', { x: '.' }, undefined],
      ['a/.{x}.', { x: '' }, undefined],
      ['a{/x}/..', { x: '.b' }, undefined],
      ['a/{+x}%2E/c', { x: '../.' }, undefined],
      ['a{.x}/b/..', { x: 'b' }, undefined],
      ['a/{.x}', { x: '' }, undefined],
    ]
    for (const [template, values, variable] of dots) {
      test(`${template} with ${JSON.stringify(values)}: ${variable ?? 'the template'}`, () => {
        const subject = variable === undefined ? 'URI template' : `URI variable "${variable}" in`
        expect(fillFault(template, values)).toEqual({
          message: `${subject} "${template}" makes a path segment "." or "..", which would lead to another resource; leave it out`,
          variable,
        })
      })
    }

    const none: readonly (readonly [string, Values, string])[] = [
      ['a/{x}/b', { x: '...' }, 'a/.../b'],
      ['a/{x}/b', { x: '.b' }, 'a/.b/b'],
      ['a/{x}/b', { x: 'b..' }, 'a/b../b'],
      ['a/{x}', { x: '%2e' }, 'a/%252e'],
      ['a/{x}', { x: '../' }, 'a/..%2F'],
      ['a/x.{x}', { x: '.' }, 'a/x..'],
      ['a/{x}.y/b', { x: '.' }, 'a/..y/b'],
      ['a?b=/../c', {}, 'a?b=/../c'],
      ['a#/../c', {}, 'a#/../c'],
      ['a{?x}', { x: '..' }, 'a?x=..'],
      ['a{#x}', { x: '/../' }, 'a#/../'],
      ['a%2e%2e/b', {}, 'a%2e%2e/b'],
      ['a.json', {}, 'a.json'],
    ]
    for (const [template, values, expected] of none) {
      test(`none in ${expected}`, () => expect(fill(template, values)).toBe(expected))
    }
  })
})

describe('properties', () => {
  /** Any UTF-16, well-formed or not. */
  const utf16 = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
  const wellFormed = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...".%2eF/?#!'()*é粤😀") }),
  )

  test('a value comes back from what is sent, which is unreserved or percent-encoded', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        const sent = fill('-{x}', { x: value })
        expect(sent).toMatch(/^-(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/)
        expect(decodeURIComponent(sent.slice(1))).toBe(value)
      }),
    )
  })

  test('reserved expansion holds only characters of a URI', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        expect(parse('{+x}').expand({ x: value })).toMatch(
          /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/,
        )
      }),
    )
  })

  test('a prefix is the first code points, never half of one', () => {
    fc.assert(
      fc.property(wellFormed, fc.integer({ min: 1, max: 12 }), (value, length) => {
        expect(parse(`{x:${length}}`).expand({ x: value })).toBe(
          parse('{x}').expand({ x: [...value].slice(0, length).join('') }),
        )
      }),
    )
  })

  test('a path filled in has no dot segment: WHATWG URL leaves it as it is', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '%2e',
      '%2E',
      '/',
      'a',
      '?',
      '#',
      '{x}',
      '{+x}',
      '{/x}',
      '{y}',
      '{?x}',
    )
    const value = fc.string({ unit: fc.constantFrom('.', '/', '%2e', 'a', '?') })
    fc.assert(
      fc.property(fc.array(piece), value, value, (pieces, x, y) => {
        let filled: string
        try {
          filled = fill(pieces.join(''), { x, y })
        } catch (error) {
          expect(error).toBeInstanceOf(UriError)
          return
        }
        const path = `/-/${filled.split(/[?#]/, 1)[0]}`
        expect(new URL(`https://host${path}`).pathname).toBe(path)
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever the template and the values, there is a URI or a UriError', () => {
    const piece = fc.oneof(
      fc.constantFrom(...'{}{}{}{}+#./;?&*:(),=|!%x0'),
      fc.constantFrom('{x}', '{?y*}', '{/x,y:2}', '{;y}', '{+x*}', 'x', 'y', '{toString}'),
      utf16,
    )
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        fc.anything(),
        fc.anything(),
        fc.boolean(),
        (template, x, y, strict) => {
          try {
            const parsed = parse(template)
            const uri = strict ? parsed.fill({ x, y }) : parsed.expand({ x, y })
            expect(uri).toMatch(/^[\x21-\x7e]*$/)
          } catch (error) {
            expect(error).toBeInstanceOf(UriError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
