import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { Table } from '../../lib/bill/table'
import { unpacked } from '../../lib/bill/unpack'
import { TransportError } from '../../lib/errors'
import { cutAt, cuts, damage, damaged, effort, fuzz } from './runs'

/*
 * Rows of bills, read from what a writer of its own has written: back-ticks, or RFC 4180, which the reader tells by itself.
 */

interface Model {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Titles and values. */
  readonly summary: readonly (readonly [string, string])[] | undefined
  readonly text: string
}

/** What is awkward, but for the line breaks. */
const AWKWARD = [
  ',',
  ',,',
  '`',
  '"',
  '""',
  "'",
  ' ',
  '\r',
  '\t',
  '，',
  '书',
  '🧋',
  'é',
  '\u{feff}',
  '0',
  '-1.50',
  '%',
]
const piece = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text.replace(/[\r\n]/g, '')),
  fc.stringMatching(/^[a-z0-9.]{1,12}$/),
)
const line = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
/** Of a line break in a value the reader keeps the line feed. */
const lines = fc
  .array(line, { minLength: 1, maxLength: 3 })
  .map((all) => all.join('\n').replace(/\r+\n/g, '\n'))

const title = fc
  .oneof(
    fc.constantFrom(
      '交易时间',
      '商户订单号',
      '订单金额',
      '备注',
      '__proto__',
      'constructor',
      'toString',
      '0',
      'a b',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  )
  .map((text) => text.replace(/[\r\n,，\u{feff}]/gu, '').trim())
  .filter((text) => text !== '' && !/^[`<{]/.test(text))
const titles = fc.uniqueArray(title, { minLength: 1, maxLength: 6 })

const SUMS = ['总交易单数', '应结订单总金额', '退款总金额', '手续费总金额'] as const
const amount = fc.constantFrom('0', '1', '12.30', '0.00000')
const sums = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.array(amount, { minLength: 4, maxLength: 4 }))

/** How a text is laid out around its lines. */
const layout = fc.record({
  bom: fc.boolean(),
  ends: fc.array(fc.constantFrom('\n', '\r\n', '\r\n\r\n', '\n\n'), { minLength: 1, maxLength: 4 }),
  ended: fc.boolean(),
})

const table = (value: fc.Arbitrary<string>) =>
  titles.chain((titles) =>
    fc.record({
      titles: fc.constant(titles),
      rows: fc.array(fc.array(value, { minLength: titles.length, maxLength: titles.length }), {
        maxLength: 5,
      }),
      sums: fc.option(sums, { nil: undefined }),
      layout,
      /** Which values are quoted that need not be. */
      quoted: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    }),
  )

type Drawn = ReturnType<typeof table> extends fc.Arbitrary<infer T> ? T : never

function laidOut(lines: readonly string[], { bom, ends, ended }: Drawn['layout']): string {
  const text = lines.map((line, at) =>
    at < lines.length - 1 || ended ? `${line}${ends[at % ends.length]}` : line,
  )
  return (bom ? '\u{feff}' : '') + text.join('')
}

function model(drawn: Drawn, rows: readonly (readonly string[])[], written: readonly string[]): Model {
  const [count, values] = drawn.sums ?? [0, []]
  const summary = SUMS.slice(0, count).map((title, at) => [title, values[at] as string] as const)
  const end = drawn.sums
    ? [SUMS.slice(0, count).join(','), summary.map(([, value]) => `\`${value}`).join(',')]
    : []
  return {
    titles: drawn.titles,
    rows,
    summary: drawn.sums && summary,
    text: laidOut([drawn.titles.join(','), ...written, ...end], drawn.layout),
  }
}

/** As WeChat Pay writes them: no border of two values inside of one, and no line break in the last of a row. */
const ticked: fc.Arbitrary<Model> = table(lines).map((drawn) => {
  const rows = drawn.rows.map((row) =>
    row.map((value, at) => {
      const plain = value.replace(/,`/g, '.').replace(/\n`/g, '\n.')
      const whole = at === row.length - 1 ? plain.replace(/[\r\n]/g, ' ') : plain
      // A line that looks like a summary, or like the titles of the next part, ends a row.
      return whole.includes(drawn.titles.join(',')) && at < row.length ? whole.replace(/\n/g, ' ') : whole
    }),
  )
  return model(
    drawn,
    rows,
    rows.map((row) => row.map((value) => `\`${value}`).join(',')),
  )
})

const needsQuotes = (value: string): boolean => /[,\r\n]|^"/.test(value)

/** As a spreadsheet writes them. What begins with a back-tick would be taken for the other kind. */
const plain: fc.Arbitrary<Model> = table(lines).map((drawn) => {
  const header = drawn.titles.join(',')
  const rows = drawn.rows.map((row) =>
    row.map((value, at) => {
      const tidy = at === 0 ? value.replace(/^`/, '.') : value
      return tidy.includes(header) ? tidy.replace(/\n/g, ' ') : tidy
    }),
  )
  let n = 0
  const written = rows.map((row) =>
    row
      .map((value) => {
        const quoted = drawn.quoted[n++ % drawn.quoted.length] || needsQuotes(value)
        return quoted ? `"${value.replaceAll('"', '""')}"` : value
      })
      .join(','),
  )
  const kept = rows.map((_, at) => written[at]?.trim() !== '' && written[at] !== header)
  return model(
    drawn,
    rows.filter((_, at) => kept[at]),
    written.filter((_, at) => kept[at]),
  )
})

const bills = fc.oneof(ticked, plain)

type Rows = readonly Readonly<Record<string, string | undefined>>[]

/** The rows that came before an error, if there was one. */
async function read(pieces: Iterable<Buffer> | AsyncIterable<Buffer>, complete: boolean) {
  const table = new Table(complete)
  const rows: Rows[number][] = []
  try {
    for await (const each of pieces) rows.push(...table.push(each))
    rows.push(...table.end())
    return { rows, summary: table.summary, error: undefined }
  } catch (error) {
    return { rows, summary: undefined, error }
  }
}

const entries = (row: Rows[number]): [string, string | undefined][] => Object.entries(row).sort()
const expected = (titles: readonly string[], row: readonly string[]) =>
  titles.map((title, at) => [title, row[at] as string] as [string, string]).sort()

function expectUnreadable(error: unknown): void {
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(?:BILL|DECODE)$/), delivery: 'delivered' })
}

describe('bill rows', () => {
  fuzz(
    'are those that were written, however the bytes are cut',
    150,
    fc.asyncProperty(bills, cuts, async ({ titles, rows, summary, text }, places) => {
      const result = await read(cutAt(Buffer.from(text), places), summary !== undefined)
      expect(result.error).toBeUndefined()
      expect(result.rows.map(entries)).toEqual(rows.map((row) => expected(titles, row)))
      expect(result.summary && Object.entries(result.summary)).toEqual(summary)
    }),
  )

  fuzz(
    'of what was cut short are the first of them, and there is an error',
    150,
    fc.asyncProperty(
      bills.filter(({ summary }) => summary !== undefined),
      fc.nat(999),
      cuts,
      async ({ titles, rows, text }, end, places) => {
        // What is cut off from the last value does not show.
        const bytes = Buffer.from(text.slice(0, Math.floor((text.lastIndexOf('`') * end) / 1000)))
        const result = await read(cutAt(bytes, places), true)
        expectUnreadable(result.error)
        const all = rows.map((row) => expected(titles, row))
        expect(result.rows.map(entries)).toEqual(all.slice(0, result.rows.length))
      },
    ),
  )

  const words = [
    '`',
    ',`',
    ',',
    '"',
    '"\n',
    '\n',
    '\r\n',
    '\n`',
    '\u{feff}',
    '总数',
    '\n总数,总额\n',
    'total',
    '，',
    '\0',
    '\xff',
  ]

  fuzz(
    'of what was damaged have one value for each title, or there is an error',
    150,
    fc.asyncProperty(
      bills,
      damage(words),
      cuts,
      fc.boolean(),
      async ({ text }, changes, places, complete) => {
        const bytes = damaged(Buffer.from(text), changes)
        const result = await read(cutAt(bytes, places), complete)
        if (result.error !== undefined) expectUnreadable(result.error)
        const kinds = new Set(result.rows.map((row) => JSON.stringify(Object.keys(row).sort())))
        expect(kinds.size).toBeLessThan(2)
        expect(
          result.rows.flatMap((row) => Object.values(row)).every((value) => typeof value === 'string'),
        ).toBe(true)
      },
    ),
  )

  fuzz(
    'of a packed bill are the same, those of a damaged one the first of them',
    60,
    fc.asyncProperty(
      bills,
      fc.option(damage(['\x1f\x8b', '\0'])),
      cuts,
      async ({ titles, rows, text }, changes, places) => {
        const packed = gzipSync(text)
        const pieces = cutAt(changes ? damaged(packed, changes) : packed, places)
        const result = await read(unpacked(fromList(pieces)), false)
        const all = rows.map((row) => expected(titles, row))
        if (result.error !== undefined) {
          expect(changes).not.toBeNull()
          expectUnreadable(result.error)
        } else if (!changes) expect(result.rows.map(entries)).toEqual(all)
      },
    ),
  )
})

const unit = fc
  .array(
    fc.constantFrom(
      ',',
      '`',
      ',`',
      '"',
      '""',
      '总',
      '数',
      ' ',
      '\n',
      '\r',
      '\r\n',
      'x',
      '，',
      'total',
      '\u{feff}',
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((pieces) => pieces.join(''))

describe('what is no bill', () => {
  fuzz(
    'takes no long time, whatever is repeated in it',
    25,
    fc.asyncProperty(
      fc.constantFrom('', 'A,B\n', 'A,B\n`1,`2\n', 'A,B\n1,2\n3,4\n', 'A,B\n`1,`', 'A,B\n1,"'),
      unit,
      fc.constantFrom(64, 1_000, 65_536),
      fc.boolean(),
      async (beginning, unit, size, complete) => {
        const bytes = Buffer.from(beginning + unit.repeat(2 ** 20 / Buffer.byteLength(unit)))
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        )
        expect(await effort(() => read(pieces, complete))).toBeLessThan(3)
      },
    ),
  )

  test('is not kept in memory', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (const text of ['`1,`2\n', '1,2\n', '`1\n', '"x\n', 'x\n', '\n', '总数\n`1\n']) {
      const table = new Table(true)
      table.push(Buffer.from('A,B\n'))
      collect()
      const before = process.memoryUsage().heapUsed
      const chunk = Buffer.from(text.repeat(65_536 / text.length))
      for (let size = 0; size < 2 ** 22; size += chunk.length) table.push(chunk)
      collect()
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 21)
    }
  })
})

describe('found', () => {
  const rows = async (text: string, complete = false) => {
    const result = await read([Buffer.from(text)], complete)
    expect(result.error).toBeUndefined()
    return result.rows
  }

  test('a column called __proto__ was lost', async () => {
    const [row] = await rows('__proto__,B\n`1,`2\n')
    expect(Object.entries(row ?? {})).toEqual([
      ['__proto__', '1'],
      ['B', '2'],
    ])
  })

  test('of a first row in quotes a blank line was left out, and what began with a back-tick was another row', async () => {
    expect(await rows('A,B\n1,"x\n\ny"\n')).toEqual([{ A: '1', B: 'x\n\ny' }])
    expect(await rows('A,B\n1,"x\n`y,`z"\n')).toEqual([{ A: '1', B: 'x\n`y,`z' }])
  })

  test.each([
    ['the titles of a summary were looked for in every line', `A,B\n${'总'.repeat(300_000)}\n`, 2 ** 16],
    ['blanks before them were as bad', `A,B\n${' '.repeat(10_000)}${'总'.repeat(10_000)}\n`, 2 ** 16],
    ['a line in small pieces was put together with each of them', 'x'.repeat(200_000), 1],
    ['a row of many lines was read anew with each of them', `A,B\n1,2\n"${'x\n'.repeat(40_000)}`, 2 ** 16],
  ])('%s', async (_, text, size) => {
    const plain = await effort(() => read(inPieces('1,2\n'.repeat(50_000), size), true))
    const odd = await effort(async () => expectUnreadable((await read(inPieces(text, size), true)).error))
    // Whoever starts anew with each piece or line takes a hundred times as long.
    expect(odd).toBeLessThan(2 + 10 * plain)
  })
})

/** @param size of each, in bytes */
function inPieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  )
}

async function* fromList(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces
}
