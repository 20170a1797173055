import type { Field, Group, Operation } from '../catalogue'
import type { Given, Texts } from './catalogue-given'
import { isObject } from './json'
import { type Location, type Problem, paramError } from './problem'

/** Where a value stands: in which part of the request, below which pointer */
interface Place {
  readonly location: Location
  readonly pointer: string
}

const SHOWN = 64
const HIDDEN = '***'

const below = ({ location, pointer }: Place, name: string | number): Place => ({
  location,
  pointer: `${pointer}/${name}`,
})

/** Whether something below a field is nobody's business */
const isSecret = ({ encrypted, fields = [] }: Field): boolean =>
  encrypted !== undefined || fields.some(isSecret)

/** What an error shows of a value: nothing secret, and not much */
const shown = (value: unknown, field: Field): unknown => {
  if (value === undefined || value === null || value === '') return value
  if (isSecret(field)) return HIDDEN
  if (typeof value === 'object' && Object.keys(value).length > 0) return Array.isArray(value) ? '[…]' : '{…}'
  return typeof value === 'string' && value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value
}

/** Headers are told by their names, everything else by a pointer */
const wrong = (value: unknown, field: Field, { location, pointer }: Place, issue: string): Problem =>
  paramError(location === 'header' ? pointer.slice(1) : pointer, shown(value, field), issue, location)

const ARTICLES: Readonly<Record<string, string>> = { integer: 'an integer', object: 'an object' }
const named = (type: string): string => ARTICLES[type] ?? `a ${type}`

const JSON_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
}

const TEXT_TYPES: Readonly<Record<string, RegExp>> = {
  integer: /^-?\d+$/,
  number: /^-?\d+(?:\.\d+)?$/,
  boolean: /^(?:true|false|1|0)$/i,
}

const isListed = (value: unknown, { enum: values, enumOpen, encoded }: Field): boolean =>
  !values || enumOpen === true || encoded !== undefined || values.some((one) => String(one) === String(value))

const notListed = ({ enum: values = [] }: Field): string => `must be one of ${values.join(', ')}`

/** A list's field as one of its items */
const itemOf = (field: Field): Field => ({
  ...field,
  type: field.type.slice(0, -'[]'.length) as Field['type'],
})

const isList = ({ type }: Field): boolean => type.endsWith('[]')

const checkJson = (value: unknown, field: Field, place: Place): void => {
  if (value === undefined || value === null) {
    if (field.required) throw wrong(value, field, place, 'is required')
    return
  }
  if (!isList(field)) {
    checkOne(value, field, place)
    return
  }
  if (!Array.isArray(value)) throw wrong(value, field, place, 'must be an array')
  const item = itemOf(field)
  for (const [index, one] of value.entries()) checkOne(one, item, below(place, index))
}

const checkOne = (value: unknown, field: Field, place: Place): void => {
  if (!JSON_TYPES[field.type]?.(value)) throw wrong(value, field, place, `must be ${named(field.type)}`)
  if (value === '' && field.required) throw wrong(value, field, place, 'must not be empty')
  // An empty text stands for nothing where nothing is needed.
  if (value === '') return
  if (!isListed(value, field)) throw wrong(value, field, place, notListed(field))
  if (field.encoded) checkEncoded(String(value), field, place)
  else if (isObject(value)) checkObject(value, field, place)
}

const checkObject = (value: Record<string, unknown>, field: Field, place: Place): void => {
  const get = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)
  for (const inner of field.fields ?? []) checkJson(get(inner.name), inner, below(place, inner.name))
  if (field.variants) checkVariants(value, field.variants, place)
}

/** One shape that fits is enough; when none does, the first tells why */
const checkVariants = (
  value: Record<string, unknown>,
  variants: NonNullable<Field['variants']>,
  place: Place,
): void => {
  const problems = variants.map(({ fields }) => {
    try {
      checkObject(value, { name: '', type: 'object', fields }, place)
      return undefined
    } catch (problem) {
      return problem
    }
  })
  if (problems.every((problem) => problem !== undefined)) throw problems[0]
}

/** A text that holds fields of its own, as JSON or as a query */
const checkEncoded = (text: string, field: Field, place: Place): void => {
  const { encoded, encodedAs = 'object', ...rest } = field
  if (encoded === 'urlencoded') {
    const params = new URLSearchParams(text)
    checkTexts(rest.fields ?? [], (name) => params.get(name) || undefined, place)
    return
  }
  checkJson(parse(text, field, place), { ...rest, type: encodedAs }, place)
}

const parse = (text: string, field: Field, place: Place): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(text, field, place, 'must be JSON in a string')
  }
}

const checkText = (value: string, field: Field, place: Place): void => {
  if (TEXT_TYPES[field.type]?.test(value) === false)
    throw wrong(value, field, place, `must be ${named(field.type)}`)
  if (!isListed(value, field)) throw wrong(value, field, place, notListed(field))
  if (field.encoded) checkEncoded(value, field, place)
}

const checkTexts = (fields: readonly Field[], get: Texts, place: Place): void => {
  for (const field of fields) {
    const value = get(field.name)
    const own = below(place, field.name)
    if (value === undefined) {
      if (field.required) throw wrong(value, field, own, 'is required')
      continue
    }
    const item = isList(field) ? itemOf(field) : field
    if (typeof value !== 'string' && item === field) throw wrong(value, field, own, 'comes twice')
    for (const one of [value].flat()) checkText(one, item, own)
  }
}

/** One of several is needed: the merchant's own number is asked for */
const checkAny = ({ anyOf }: Group, get: Texts, place: Place): void => {
  if (!anyOf || anyOf.some((name) => get(name) !== undefined)) return
  const name = anyOf.findLast((one) => one.startsWith('out_')) ?? String(anyOf[0])
  const others = anyOf.filter((one) => one !== name)
  throw wrong(
    undefined,
    { name, type: 'string' },
    below(place, name),
    `is required without ${others.join(', ')}`,
  )
}

/** The signature's own fields, which it was checked with */
const SIGNATURE: readonly string[] = ['sign', 'sign_type', 'nonce_str']

const unsignedFields = (fields: readonly Field[]): readonly Field[] =>
  fields.filter(({ name }) => !SIGNATURE.includes(name))

/**
 * Checks a request against what is documented: nothing missing, of another type or not listed. Fields that are not
 * documented are let through, as the platform does.
 * @throws Problem `PARAM_ERROR` naming the first field that is wrong
 */
export const checkRequest = (operation: Operation, given: Given): void => {
  const { variables = [], query, headers, json, xml, multipart } = operation
  const group = (one: Group | undefined, get: Texts | undefined, location: Location): void => {
    if (!one || !get) return
    const place = { location, pointer: '' }
    checkTexts(unsignedFields(one.fields), get, place)
    checkAny(one, get, place)
  }
  group({ fields: variables }, given.variables, 'path')
  group(query, given.query, 'query')
  group(headers, given.headers, 'header')
  group(xml, given.xml, 'body')
  group(multipart, given.parts, 'body')
  if (!json || given.json === undefined) return
  const place: Place = { location: 'body', pointer: '' }
  if (!isObject(given.json)) throw paramError('', given.json, 'must be a JSON object', 'body')
  checkObject(given.json, { name: '', type: 'object', fields: json.fields }, place)
}
