import { gzipSync } from 'node:zlib'
import { Problem } from './problem'
import type { Reply } from './reply'
import type { Shape } from './shape'

/** What every request for a bill holds */
export const billShape: Shape = {
  appid: { type: 'string', required: true, max: 32 },
  bill_date: { type: 'string', required: true, pattern: /^\d{8}$/ },
  tar_type: { type: 'string', enum: ['GZIP'] },
}

export const NO_BILL = 'NO_BILL_EXIST'

/** Nothing happened on that day */
export const noBill = (): Problem => new Problem(200, NO_BILL, '账单不存在')

/** Yuan, as bills have them */
export const yuan = (fen: number): string => (fen / 100).toFixed(2)

/** A line of values: each has a back-tick in front; they are not quoted, whatever is in them */
const line = (values: readonly string[]): string =>
  values.map((value) => `\`${value.replace(/[\r\n]/g, ' ')}`).join(',')

/** A bill: titles, values, titles of the summary, the summary */
export const bill = (
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  summary: readonly string[],
  sums: readonly string[],
): string => `${[titles.join(','), ...rows.map(line), summary.join(','), line(sums)].join('\r\n')}\r\n`

/** A bill as text, or packed */
export const billReply = (content: string, tar_type: string | undefined): Reply => ({
  status: 200,
  headers: { 'Content-Type': tar_type ? 'application/x-gzip' : 'text/plain' },
  body: tar_type ? gzipSync(content) : Buffer.from(content),
})
