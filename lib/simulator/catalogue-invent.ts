import type { Field } from '../catalogue'
import type { Known } from './catalogue-given'
import { adopt, inventNumber, inventText, pickValue } from './catalogue-values'
import { Dice } from './dice'
import type { Merchant } from './keys'
import { encryptFor } from './sensitive'

/** What an answer is made up from */
export interface Source {
  /** the same for the same request */
  readonly seed: string
  /** what the request says */
  readonly known: Known
  readonly merchant: Merchant
  /** APIv2 writes most times as fourteen digits */
  readonly compactTimes: boolean
}

/** An object of an answer */
export type Made = Record<string, unknown>

/** Names that mean the same wherever they stand; others are repeated at their own place only */
const TELLING = /_|^(?:mchid|appid|openid|attach|currency)$/

/** RSA-2048 takes 214 bytes; a character makes three of them at most */
const ENCRYPTABLE = 64

const isList = ({ type }: Field): boolean => type.endsWith('[]')

/** The request's value at the same place, else of the same name at its top */
const repeated = ({ known }: Source, field: Field, pointer: string): unknown => {
  const here = adopt(known.get(pointer), field)
  if (here !== undefined || !TELLING.test(field.name)) return here
  return adopt(known.get(`/${field.name}`), field)
}

/** A list has an entry or two, never more than the request's `limit` */
const lengthOf = ({ known }: Source, dice: Dice): number => {
  const limit = Number(known.get('/limit') ?? 2)
  return Math.max(1, Math.min(dice.number(1, 2), Number.isInteger(limit) ? limit : 2))
}

const inventList = (source: Source, field: Field, pointer: string): unknown[] => {
  const type = field.type.slice(0, -'[]'.length) as Field['type']
  // Nothing is known of the entries: none is better than an empty one.
  if (type === 'object' && !field.fields) return []
  const dice = new Dice(source.seed, pointer)
  const length = lengthOf(source, dice)
  if (field.enum) return field.enum.slice(0, length)
  return Array.from({ length }, (_, index) => inventOne(source, { ...field, type }, `${pointer}/${index}`))
}

/** A value without anything that encodes or encrypts it */
const inventOne = (source: Source, field: Field, pointer: string): unknown => {
  if (isList(field)) return inventList(source, field, pointer)
  if (field.type === 'object') return inventObject(source, shapeOf(field), pointer)
  const known = repeated(source, field, pointer)
  if (known !== undefined) return known
  const dice = new Dice(source.seed, pointer)
  if (field.enum) return pickValue(dice, field.enum)
  if (field.type === 'boolean') return dice.number(0, 1) === 1
  if (field.type !== 'string') return inventNumber(dice, field)
  const { merchant, compactTimes } = source
  return inventText({ dice, field, mchid: merchant.mchid, compactTimes })
}

/** Of several shapes the first */
const shapeOf = ({ fields = [], variants = [] }: Field): readonly Field[] => [
  ...fields,
  ...(variants[0]?.fields ?? []),
]

const inventValue = (source: Source, field: Field, pointer: string): unknown => {
  if (field.encrypted) {
    const { encrypted, format, ...plain } = field
    return encryptFor(source.merchant, String(inventOne(source, plain, pointer)).slice(0, ENCRYPTABLE))
  }
  if (!field.encoded) return inventOne(source, field, pointer)
  const { encoded, encodedAs = 'object', ...rest } = field
  return JSON.stringify(inventOne(source, { ...rest, type: encodedAs }, pointer))
}

/** How many entries there are in all, when an object says so of its only list */
const countEntries = (made: Made, known: Known): void => {
  const lists = Object.values(made).filter(Array.isArray)
  if (typeof made.total_count !== 'number' || lists.length !== 1) return
  made.total_count = (lists[0]?.length ?? 0) + (Number(known.get('/offset')) || 0)
}

/** Makes up an object: every documented field, with what the request says of it */
export const inventObject = (source: Source, fields: readonly Field[], pointer = ''): Made => {
  const made: Made = Object.fromEntries(
    fields.map((field) => [field.name, inventValue(source, field, `${pointer}/${field.name}`)]),
  )
  countEntries(made, source.known)
  return made
}
