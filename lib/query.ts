import { RequestError } from './errors'
import { isComposite } from './plain'
import { Sensitive } from './sensitive'

/** Leaves of the `query` option. `null` and `undefined` are left out. */
export type QueryValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Sensitive
  | readonly QueryValue[]
  | { readonly [key: string]: QueryValue }

/** The `query` option: fields, or the text of a query. */
export type QueryInput =
  | string
  | URLSearchParams
  | readonly QueryValue[]
  | { readonly [key: string]: QueryValue }

/** Levels of lists and objects; documented queries have one. */
const MAX_DEPTH = 64

/** What may not stand in a query as it is; a whole triplet may. */
const ILLEGAL = /%(?![\da-f]{2})|[^\w\-.~!$&'()*+,;=:@/?%]+/giu

/**
 * Writes the query of a request, percent-encoded by RFC 3986 (a space is `%20`); nested lists and objects as PHP's
 * `http_build_query` does: `a[0]=x`, `a[k][l]=v`. Text is taken as it is, only illegal characters are encoded.
 *
 * @returns without the leading `?`; `undefined` when there is no query option, so that the path's own stays
 * @throws RequestError that names the field
 */
export function encodeQuery(query: unknown): string | undefined {
  if (query === undefined || query === null) return undefined
  if (typeof query === 'string') return query.replace(ILLEGAL, (text) => encode(text, 'query'))
  if (query instanceof URLSearchParams) return [...query].map(([key, value]) => pair(key, value)).join('&')
  if (!isComposite(query)) {
    throw new RequestError('query', `expected an object of fields or a string, got ${describe(query)}`)
  }
  const pairs: string[] = []
  collect(query, undefined, pairs, [])
  return pairs.join('&')
}

function collect(
  value: object,
  prefix: string | undefined,
  pairs: string[],
  ancestors: readonly object[],
): void {
  if (ancestors.includes(value)) throw new RequestError(`query.${prefix ?? ''}`, 'refers to itself')
  if (ancestors.length === MAX_DEPTH)
    throw new RequestError('query', `nested deeper than ${MAX_DEPTH} levels`)
  for (const [key, member] of Object.entries(value)) {
    const name = prefix === undefined ? key : `${prefix}[${key}]`
    if (member === null || member === undefined) continue
    if (isComposite(member)) collect(member, name, pairs, [...ancestors, value])
    else pairs.push(pair(name, scalar(member, name)))
  }
}

function scalar(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (value instanceof Sensitive) return value.toJSON()
  const remedy = value instanceof Date ? ': write it as the field wants it, for example toISOString()' : ''
  throw new RequestError(
    `query.${name}`,
    `expected text, a number, a boolean, a list or an object, got ${describe(value)}${remedy}`,
  )
}

function pair(key: string, value: string): string {
  return `${encode(key, `query.${key}`)}=${encode(value, `query.${key}`)}`
}

const UNRESERVED = /^[\w.~-]*$/

function encode(text: string, field: string): string {
  if (UNRESERVED.test(text)) return text
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch {
    throw new RequestError(
      field,
      'holds half of a surrogate pair: the text was cut in the middle of a character',
    )
  }
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name}` : `a ${typeof value}`
}
