import type { BillRow } from './columns'

/** Stands before every value of a bill, so that a spreadsheet takes none of them for a number. */
export const TICK = '`'
const BORDER = `,${TICK}`
const DECIMAL = /^(?:-?\d+(?:\.\d+)?)?$/
/** Columns that hold an amount, whatever else their title says. */
const AMOUNT = /金额|手续费$|汇率$|amount/
/** What a merchant may write into an order without restrictions; what it holds of all others has a form. */
const FREE_TEXT = ['商品名称', '商户数据包', '备注', 'description']

/** The titles of a line of them. Some pages of the documentation print a wide comma. */
export function titlesOf(line: string): string[] {
  return line.split(/[,，]/).map((title) => title.replace('\u{feff}', '').trim())
}

/**
 * The values of a line of a bill. They are not quoted: a new one begins where a back-tick follows a comma, so that a value
 * may hold either.
 */
export function tickedValues(line: string): string[] {
  return line.slice(line.startsWith(TICK) ? 1 : 0).split(BORDER)
}

/** The values of a line of an ordinary table, quoted where they hold a comma (RFC 4180); `undefined`: a quote is still open. */
export function plainValues(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',')
  const values: string[] = []
  let start = 0
  while (start <= line.length) {
    VALUE.lastIndex = start
    const [whole = '', quoted, bare = ''] = VALUE.exec(line) ?? []
    if (quoted === undefined && bare.startsWith('"')) return undefined
    values.push(quoted?.replaceAll('""', '"') ?? bare)
    start += whole.length + 1
  }
  return values
}

const VALUE = /"((?:[^"]|"")*)"(?=,|$)|([^,]*)/y

/**
 * Brings a line with too many values back to one for each column: a merchant's own text held what looks like the border of
 * two values. It is taken for the first column of free text; amounts must then stand where amounts belong.
 * @returns `undefined` when they do not
 */
export function mended(titles: readonly string[], values: readonly string[]): string[] | undefined {
  const place = titles.findIndex((title) => FREE_TEXT.includes(title))
  if (place === -1) return undefined
  const end = place + values.length - titles.length + 1
  const all = [...values.slice(0, place), values.slice(place, end).join(BORDER), ...values.slice(end)]
  return titles.every((title, index) => !AMOUNT.test(title) || DECIMAL.test(all[index] as string))
    ? all
    : undefined
}

/** Values by the titles above them. */
export function rowOf(titles: readonly string[], values: readonly string[]): BillRow {
  const row: Record<string, string> = {}
  for (let index = 0; index < titles.length; index++) {
    const title = titles[index] as string
    const value = values[index] as string
    // Assigned to, it would be the prototype.
    if (title === '__proto__') Object.defineProperty(row, title, { value, ...OWN })
    else row[title] = value
  }
  return row
}

const OWN = { configurable: true, enumerable: true, writable: true } as const
