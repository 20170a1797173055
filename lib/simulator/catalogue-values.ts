import type { Field, Format } from '../catalogue'
import { compact, rfc3339, seconds } from './clock'
import type { Dice } from './dice'

/** What a made-up text is made from */
export interface Inspiration {
  readonly dice: Dice
  readonly field: Field
  /** the merchant that asks */
  readonly mchid: string
  /** APIv2 writes most times as fourteen digits */
  readonly compactTimes: boolean
}

type Invent = (from: Inspiration) => string

const SECOND = 1000
const QUARTER = 90 * 86_400
const START = Date.UTC(2026, 0, 1)

/** What begins, begins in the first quarter of 2026; what ends, or just happens, does so in the second; milliseconds */
const momentOf = (dice: Dice, { name }: Field): number => {
  const quarter = /begin|start|create|apply|accept|effective/.test(name) ? 0 : QUARTER
  return START + (quarter + dice.number(0, QUARTER)) * SECOND
}

const isoTime: Invent = ({ dice, field }) => rfc3339(momentOf(dice, field))
const digitTime: Invent = (from) => compact(isoTime(from))
const day: Invent = (from) => isoTime(from).slice(0, 10)
const address: Invent = ({ dice, field }) => `https://wxpay.example/${field.name}/${dice.letters(16)}`
const count: Invent = ({ dice }) => String(dice.number(1, 9))
const fen: Invent = ({ dice }) => String(dice.number(1, 100) * 100)

const FORMATS: { readonly [K in Format]: Invent } = {
  int32: fen,
  int64: ({ dice }) => `1${dice.digits(11)}`,
  numeric: ({ dice }) => `1${dice.digits(9)}`,
  base64: ({ dice }) => dice.bytes(24).toString('base64'),
  rfc3339: isoTime,
  date: day,
  yyyyMMddHHmmss: digitTime,
  url: address,
  'media-id': ({ dice }) => dice.letters(48),
  'media-url': address,
}

/** What texts without a format look like, by their names; the first that fits */
const NAMES: readonly (readonly [name: RegExp, invent: Invent])[] = [
  [/^(?:sp_|combine_)?mch_?id$/, ({ mchid }) => mchid],
  [/mch_?id$|merchant_id$/, ({ dice }) => `19${dice.digits(8)}`],
  [/appid$/, ({ dice }) => `wx${dice.hex(16)}`],
  [/openid$/, ({ dice }) => `o${dice.letters(27)}`],
  [/transaction_id$/, ({ dice }) => `4200${dice.digits(24)}`],
  [/refund_id/, ({ dice }) => `5030${dice.digits(25)}`],
  [/prepay_id$/, ({ dice }) => `wx${dice.digits(30)}`],
  [/^code_url$/, ({ dice }) => `weixin://wxpay/bizpayurl?pr=${dice.letters(9)}`],
  [/url$|link$|^(?:next|prev|self)$/, address],
  [/hash_type/, () => 'SHA1'],
  [/sha1|hash/, ({ dice }) => dice.hex(40)],
  [/sha256|digest/, ({ dice }) => dice.hex(64)],
  [/nonce|token|ticket|secret/, ({ dice }) => dice.letters(32)],
  [/phone|mobile|telephone/, ({ dice }) => `138${dice.digits(8)}`],
  [/email/, ({ dice }) => `${dice.hex(8)}@shop.example`],
  [/currency|fee_type/, () => 'CNY'],
  [/(?:^|_)ip$/, ({ dice }) => `10.${dice.number(0, 255)}.${dice.number(0, 255)}.${dice.number(1, 254)}`],
  [/(?:^|_)(?:fee|amount|price|total|balance|contribute)(?:_|$)/, fen],
  [/(?:^|_)(?:count|num|quantity|offset)(?:_|$)/, count],
  [/(?:^|_)date(?:_|$)/, day],
  [/(?:^|_)time(?:_(?:end|\$n))?$|^time_/, (from) => (from.compactTimes ? digitTime(from) : isoTime(from))],
  [
    /(?:^|_)(?:id|no|sid|sn|code|number)(?:_\$[nm])*$/,
    ({ dice }) => `${dice.number(1, 9)}${dice.digits(19)}`,
  ],
  [/^longitude$/, () => '113.934528'],
  [/^latitude$/, () => '22.540503'],
  [/plate_number/, ({ dice }) => `粤B${dice.digits(5)}`],
  [/^bank_type$/, () => 'OTHERS'],
  [/^trade_type$/, () => 'JSAPI'],
  [/version$/, () => '1.0'],
]

/** A text as its format, its name or, when these say nothing, its label has it */
export const inventText = (from: Inspiration): string => {
  const { name, format, label } = from.field
  if (format) return FORMATS[format](from)
  const invent = NAMES.find(([pattern]) => pattern.test(name))?.[1]
  if (invent) return invent(from)
  return label ? `示例${label}` : name
}

/** How large numbers are, by their names; the first that fits */
const SIZES: readonly (readonly [name: RegExp, least: number, most: number, unit?: number])[] = [
  [/(?:^|_)limit$/, 20, 20],
  [/(?:^|_)offset$/, 0, 0],
  [/percent|rate|discount$/, 1, 99],
  [/days?(?:_|$)/, 1, 30],
  [/hours?$|minutes?$/, 1, 24],
  [/amount|fee|price|total$|balance|cash|refund$|contribute|minimum|threshold|money/, 1, 100, 100],
  [/count|num|quantity|times|length|size|index|sequence/, 1, 5],
  [/(?:^|_)(?:id|no|number)$/, 1_000_000_000, 1_999_999_999],
]

/** A number; money in fen, times in seconds */
export const inventNumber = (dice: Dice, field: Field): number => {
  const { name } = field
  if (/(?:^|_)(?:time|timestamp)$/.test(name)) return seconds(momentOf(dice, field))
  const [, least, most, unit = 1] = SIZES.find(([pattern]) => pattern.test(name)) ?? [/./, 1, 100]
  return dice.number(least, most) * unit
}

/** Among several, an answer tells of something that went well */
const WELL =
  /^(?:SUCCESS|FINISHED|FINISH|OK|NORMAL|VALID|ACTIVE|ACTIVATED|AVAILABLE|APPROVED|PASS|PASSED|RUNNING)$/i

/** One of the documented values */
export const pickValue = (dice: Dice, values: NonNullable<Field['enum']>): string | number | boolean =>
  values.find((value) => WELL.test(String(value))) ?? dice.pick(values) ?? ''

const SHAPES: Readonly<Partial<Record<Format, RegExp>>> = {
  int32: /^\d{1,9}$/,
  int64: /^\d{1,18}$/,
  numeric: /^\d+$/,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  rfc3339: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  yyyyMMddHHmmss: /^\d{14}$/,
  url: /^https?:\/\/\S+$/,
  'media-url': /^https?:\/\/\S+$/,
}

/** A number, or the text of one in a query, a path or XML; `NaN` for anything else */
const numberOf = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value))
    ? Number(value)
    : Number.NaN

const READERS: Readonly<Partial<Record<Field['type'], (value: unknown) => unknown>>> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  integer: (value) => (Number.isSafeInteger(numberOf(value)) ? numberOf(value) : undefined),
  number: (value) => (Number.isFinite(numberOf(value)) ? numberOf(value) : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
}

/** A value of the request as a field of the answer can repeat it; `undefined` when it is none of that field's */
export const adopt = (value: unknown, field: Field): unknown => {
  if (value === undefined || typeof value === 'object') return undefined
  const read = READERS[field.type]?.(value)
  if (read === undefined) return undefined
  if (field.enum && !field.enumOpen && !field.enum.some((one) => one === read)) return undefined
  const shape = field.format && typeof read === 'string' ? SHAPES[field.format] : undefined
  return shape?.test(String(read)) === false ? undefined : read
}
