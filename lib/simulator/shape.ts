import { isObject } from './json'
import { type Location, paramError } from './problem'

/** What one value must be; `required` values may neither be absent nor `null` */
export type Rule = { readonly required?: boolean } & (
  | {
      readonly type: 'string'
      readonly min?: number
      readonly max?: number
      readonly pattern?: RegExp
      readonly enum?: readonly string[]
      readonly format?: 'rfc3339' | 'url'
    }
  | {
      readonly type: 'integer'
      readonly min?: number
      readonly max?: number
      readonly enum?: readonly number[]
    }
  | { readonly type: 'boolean' }
  | { readonly type: 'object'; readonly fields: Shape }
  | { readonly type: 'list'; readonly items: Rule }
)

/** The fields of an object; fields that are not named are let through, as the platform does */
export type Shape = Readonly<Record<string, Rule>>

type RuleOf<K extends Rule['type']> = Extract<Rule, { type: K }>
type Check<R extends Rule> = (
  value: unknown,
  rule: R,
  pointer: string,
  location: Location,
) => string | undefined

const FORMATS = {
  rfc3339: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  url: /^https?:\/\/[^\s?#]+$/,
} as const

const outside = (size: number, { min, max }: { min?: number; max?: number }): boolean =>
  size < (min ?? -Infinity) || size > (max ?? Infinity)

const inspectString: Check<RuleOf<'string'>> = (value, rule) => {
  if (typeof value !== 'string') return 'must be a string'
  const length = [...value].length
  if (rule.required && length === 0) return 'must not be empty'
  if (outside(length, rule)) return `length must be within [${rule.min ?? 0}, ${rule.max ?? '∞'}]`
  if (rule.enum && !rule.enum.includes(value)) return `must be one of ${rule.enum.join(', ')}`
  if (rule.format && !FORMATS[rule.format].test(value)) return `must be in the form of ${rule.format}`
  return rule.pattern && !rule.pattern.test(value) ? `must match ${rule.pattern.source}` : undefined
}

const inspectInteger: Check<RuleOf<'integer'>> = (value, rule) => {
  if (!Number.isSafeInteger(value)) return 'must be an integer'
  if (outside(Number(value), rule)) return `must be within [${rule.min ?? '-∞'}, ${rule.max ?? '∞'}]`
  return rule.enum && !rule.enum.includes(Number(value))
    ? `must be one of ${rule.enum.join(', ')}`
    : undefined
}

const CHECKS: { readonly [K in Rule['type']]: Check<RuleOf<K>> } = {
  string: inspectString,
  integer: inspectInteger,
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  object: (value, { fields }, pointer, location) => {
    if (!isObject(value)) return 'must be an object'
    inspect(value, fields, location, pointer)
    return undefined
  },
  list: (value, { items }, pointer, location) => {
    if (!Array.isArray(value)) return 'must be an array'
    for (const [index, item] of value.entries()) inspectValue(item, items, `${pointer}/${index}`, location)
    return undefined
  },
}

const inspectValue = (value: unknown, rule: Rule, pointer: string, location: Location): void => {
  const check = CHECKS[rule.type] as Check<Rule>
  const issue =
    value === undefined || value === null
      ? rule.required && 'is required'
      : check(value, rule, pointer, location)
  if (issue) throw paramError(pointer, value, issue, location)
}

const inspect = (value: Record<string, unknown>, shape: Shape, location: Location, pointer = ''): void => {
  for (const [name, rule] of Object.entries(shape))
    inspectValue(value[name], rule, `${pointer}/${name}`, location)
}

/**
 * Checks a request's body against its shape; the result is the body itself, under the type the caller knows the
 * shape to stand for.
 * @throws Problem `PARAM_ERROR` naming the first field that is wrong
 */
export const checkBody = <T>(body: unknown, shape: Shape): T => {
  if (!isObject(body)) throw paramError('', body, 'must be a JSON object', 'body')
  inspect(body, shape, 'body')
  return body as T
}

const checkTexts = <T>(
  get: (name: string) => string | null | undefined,
  shape: Shape,
  location: Location,
): T => {
  const values: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries(shape)) {
    const value = get(name)
    if (value === null || value === undefined) continue
    values[name] = rule.type === 'integer' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  }
  inspect(values, shape, location)
  return values as T
}

/**
 * Checks a query string against its shape, integers being read from their digits.
 * @throws Problem `PARAM_ERROR` naming the first parameter that is wrong
 */
export const checkQuery = <T>(query: URLSearchParams, shape: Shape): T =>
  checkTexts(query.get.bind(query), shape, 'query')

/**
 * Checks the fields of an APIv2 request; an empty one is an absent one.
 * @throws Problem `PARAM_ERROR` naming the first field that is wrong
 */
export const checkFields = <T>(fields: ReadonlyMap<string, string>, shape: Shape): T =>
  checkTexts((name) => fields.get(name) || undefined, shape, 'body')
