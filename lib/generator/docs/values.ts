import type { Field } from '../../catalogue'
import { literal } from '../names'

/** The merchant of the README. */
export const MERCHANT = '1900000109'

/** What stands where nothing better is known. */
const ANYTHING = '…'

const FORMATS: Readonly<Record<string, string>> = {
  numeric: '1',
  rfc3339: '2026-08-01T12:00:00+08:00',
  date: '2026-08-01',
  yyyyMMddHHmmss: '20260801120000',
  url: 'https://www.example.com/',
}

/** Plausible texts by the names of their fields, the first that matches. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^(sp_|combine_)?mch_?id$/, MERCHANT],
  [/(^|_)mch_?id$/, '1900000110'],
  [/(^|_)app_?id$/, 'wx8888888888888888'],
  [/(^|_)openid$/, 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'],
  [/(^|_)transaction_id$/, '4200000985202604011234567890'],
  [/^(out_trade_no|combine_out_trade_no|partner_trade_no|mch_billno)$/, 'tea-0001'],
  [/refund_no$/, 'tea-0001-r1'],
  [/^refund_id$/, '50000000382019052709732678859'],
  [/^out_.*_(no|id)$|^out_.*_code$/, 'out-0001'],
  [/notify_url$/, 'https://www.example.com/notify'],
  [/(^|_)url$/, 'https://www.example.com/'],
  [/_ip$/, '127.0.0.1'],
  [/^auth_code$/, '134567890123456789'],
  [/^plate_number$/, '粤B888888'],
  [/^currency$|^fee_type$|_currency$/, 'CNY'],
  [/^sha256$|_digest$/, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [/^filename$|^file_name$/, 'image.jpg'],
  [/^bill_date$|^(begin_|start_|end_)?date$/, '2026-08-01'],
  [/^(description|body|goods_name|subject)$/, 'tea'],
  [/^area_code$|_region_code$/, '440305'],
  [/^bill_type$/, 'ALL'],
  [/^timestamp$/, '1785556800'],
  [/^idempotency-key$/i, 'tea-0001'],
  [/^(count|limit|quantity)$/, '1'],
  [/^offset$/, '0'],
  [/_fee$|_amount$|^amount$/, '100'],
]

/** Plausible numbers. */
const NUMBERS: readonly (readonly [RegExp, number])[] = [
  [/^mch_id$/, Number(MERCHANT)],
  [/amount|^total$|price|fee|^refund$|threshold/, 100],
  [/^limit$|^page_size$/, 20],
  [/^offset$/, 0],
  [/_time$|^timestamp$/, 1785556800],
]

/** A plausible value of a field without fields of its own, as it is written in TypeScript. */
export function scalar(field: Field, wire: 'json' | 'text'): string {
  const value = field.enum?.[0]
  if (value !== undefined) return literal(value)
  switch (field.type.replace('[]', '')) {
    case 'integer':
    case 'number':
      return String(NUMBERS.find(([name]) => name.test(field.name))?.[1] ?? 1)
    case 'boolean':
      return 'true'
    case 'object':
      return wire === 'json' ? '{}' : literal('{}')
    default:
      return literal(FORMATS[field.format ?? ''] ?? known(field.name))
  }
}

function known(name: string): string {
  return TEXTS.find(([pattern]) => pattern.test(name))?.[1] ?? ANYTHING
}
