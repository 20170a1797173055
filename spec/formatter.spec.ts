import fc from 'fast-check'
import { Formatter, RequestError } from '../lib'

describe('nonce', () => {
  test('32 characters of base 62, or as many as asked for', () => {
    expect(Formatter.nonce()).toMatch(/^[0-9A-Za-z]{32}$/)
    for (const size of [1, 7, 32, 33, 5000]) {
      expect(Formatter.nonce(size)).toMatch(new RegExp(`^[0-9A-Za-z]{${size}}$`))
    }
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7', null, {}])('%p is no size', (size) => {
    expect(() => Formatter.nonce(size as number)).toThrow(RequestError)
  })

  test('does not repeat', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => Formatter.nonce())).size).toBe(10_000)
  })

  test('holds every character about as often', () => {
    const counts = new Map<string, number>()
    const size = 620_000
    for (const character of Formatter.nonce(size)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 10,000 each; the standard deviation is about 100. A bias from `byte % 62` alone would be 24 %.
    for (const count of counts.values()) expect(Math.abs(count - size / 62)).toBeLessThan(800)
  })
})

test('timestamp is whole seconds', () => {
  jest.spyOn(Date, 'now').mockReturnValue(1554208460999)
  expect(Formatter.timestamp()).toBe(1554208460)
  jest.restoreAllMocks()
})

test('authorization', () => {
  expect(Formatter.authorization('m', 'n', 's', 't', 'r')).toBe(
    'WECHATPAY2-SHA256-RSA2048 mchid="m",serial_no="r",timestamp="t",nonce_str="n",signature="s"',
  )
  expect(Formatter.authorization('m', 'n', 's', 5, 'r')).toContain('timestamp="5"')
})

describe('request and response', () => {
  test.each([
    [Formatter.request('GET', '/x', '1', 'n'), 'GET\n/x\n1\nn\n\n'],
    [Formatter.request('POST', '/x?y=z', 1, 'n', '{}'), 'POST\n/x?y=z\n1\nn\n{}\n'],
    [Formatter.request('POST', '/x', 1, 'n', 'a\nb\n'), 'POST\n/x\n1\nn\na\nb\n\n'],
    [Formatter.response('1', 'n'), '1\nn\n\n'],
    [Formatter.response(1, 'n', '中'), '1\nn\n中\n'],
  ])('%j', (message, expected) => {
    expect(message).toBe(expected)
  })
})

describe('joinedByLineFeed', () => {
  test.each([
    [[], ''],
    [[''], '\n'],
    [['a'], 'a\n'],
    [[1, 1.0, true, false, 'x'], '1\n1\n1\n\nx\n'],
    [[null, undefined, 0, 5n], '\n\n0\n5\n'],
    [['a\n', 'b'], 'a\n\nb\n'],
  ])('%#', (pieces, text) => {
    expect(Formatter.joinedByLineFeed(...pieces)).toBe(text)
  })
})

describe('ksort', () => {
  test('byte order, as a copy', () => {
    const thing = Object.freeze({ b: 1, a: 2, B: 3, _: 4, é: 5, aa: 6, 中: 7, '🎁': 8, '\uffee': 9, '': 10 })
    const sorted = Formatter.ksort(thing)
    expect(Object.keys(sorted)).toEqual(['', 'B', '_', 'a', 'aa', 'b', 'é', '中', '\uffee', '🎁'])
    expect(sorted).toEqual(thing)
    expect(sorted).not.toBe(thing)
  })

  test('any names, by their bytes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter((key) => !/^\d+$/.test(key)),
          fc.integer(),
        ),
        (thing) => {
          const keys = Object.keys(Formatter.ksort(thing))
          expect(keys).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
          expect(Formatter.ksort(thing)).toEqual({ ...thing })
        },
      ),
    )
  })

  test('__proto__ is a name like any other', () => {
    const sorted = Formatter.ksort(JSON.parse('{"b":1,"__proto__":{"a":2}}') as Record<string, unknown>)
    expect(Object.keys(sorted)).toEqual(['__proto__', 'b'])
    expect(Object.getPrototypeOf(sorted)).toBe(Object.prototype)
  })

  test('its values are not touched', () => {
    const value = { z: 1, y: 2 }
    expect(Formatter.ksort({ b: value }).b).toBe(value)
  })
})

describe('queryStringLike', () => {
  test('without sign, null and empty text; otherwise as PHP casts', () => {
    const thing = {
      a: 0,
      b: '0',
      c: false,
      d: true,
      e: null,
      f: '',
      sign: 'x',
      Sign: 'y',
      g: 1.0,
      h: 5n,
      i: undefined,
    }
    expect(Formatter.queryStringLike(thing)).toBe('a=0&b=0&c=&d=1&Sign=y&g=1&h=5')
  })

  test('in the order given, nothing encoded', () => {
    expect(Formatter.queryStringLike({ b: 'x&y=z', a: '中 +%' })).toBe('b=x&y=z&a=中 +%')
    expect(Formatter.queryStringLike({})).toBe('')
  })

  test("the string of the protocol's fixed sample", () => {
    const sample = {
      nonce_str: 'ibuaiVcKdpRxkhJA',
      mch_id: '10000100',
      device_info: 1000,
      body: 'test',
      appid: 'wxd930ea5d5a258f4f',
    }
    expect(Formatter.queryStringLike(Formatter.ksort(sample))).toBe(
      'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA',
    )
  })

  test.each([[['x']], [{ a: 1 }], [[]], [new Date()], [() => 1]])(
    'what is nested cannot be signed: %p',
    (value) => {
      const thing = { a: value } as unknown as Record<string, string>
      expect(() => Formatter.queryStringLike(thing)).toThrow(RequestError)
    },
  )
})
