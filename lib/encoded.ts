import { RequestError } from './errors'
import { encodeJson } from './json'
import { pathOf, pathPattern } from './path'
import { isPlainObject } from './plain'
import type { Protocol, RequestOptions } from './request'
import { ENCODED_FIELDS as V2 } from './v2/encoded-fields'
import { ENCODED_FIELDS as V3 } from './v3/encoded-fields'

/** A field that is text on the wire and holds more: JSON of an object or a list, or url-encoded pairs. */
export interface EncodedField {
  /** Verb and path as sent, the variables in braces. */
  readonly call: string
  /** From the option on: `json.records[].data` is `data` in every item of the list `records`. */
  readonly field: string
  readonly holds: 'object' | 'list' | 'pairs'
}

interface Row {
  readonly verb: string
  readonly path: RegExp
  /** `json`, `records`, `[]`, `data` */
  readonly steps: readonly string[]
  readonly write: Writer
}

type Writer = (value: object, field: string) => string

const WRITERS: Readonly<Record<EncodedField['holds'], Writer>> = { object, list, pairs }

const TABLES: Readonly<Record<Protocol, ReadonlyMap<string, readonly Row[]>>> = {
  v2: byStart(V2),
  v3: byStart(V3),
}

/** Most calls begin like none of the table: for them this is all that has to be looked up. */
function byStart(fields: readonly EncodedField[]): ReadonlyMap<string, readonly Row[]> {
  const rows = new Map<string, Row[]>()
  for (const { call, field, holds } of fields) {
    const [verb, path] = call.split(' ') as [string, string]
    const start = startOf(path)
    const row = { verb, path: pathPattern(path), steps: field.split(/\.|(?=\[\])/), write: WRITERS[holds] }
    rows.set(start, [...(rows.get(start) ?? []), row])
  }
  return rows
}

/** `/v3/mch-manage` */
function startOf(path: string): string {
  const end = path.indexOf('/', path.indexOf('/', 1) + 1)
  return end === -1 ? path : path.slice(0, end)
}

/**
 * Writes the documented encoded fields of a call as the text that the platform wants; what is text already is sent as
 * it is. The caller's objects are not changed.
 * @param target path as sent, with or without a query
 * @throws RequestError that names the field, for what does not fit it or cannot be written
 */
export function encodeFields(
  options: RequestOptions,
  protocol: Protocol,
  method: string,
  target: string,
): RequestOptions {
  const path = pathOf(target)
  let encoded: unknown = options
  // What stands inside another encoded field comes before it in the table.
  for (const row of TABLES[protocol].get(startOf(path)) ?? []) {
    if (row.verb === method && row.path.test(path)) encoded = follow(encoded, row.steps, '', row.write)
  }
  return encoded as RequestOptions
}

/** @returns the value itself unless something below it was written, then a copy */
function follow(value: unknown, [step, ...rest]: readonly string[], field: string, write: Writer): unknown {
  // Text, or what is judged as it is in every other field.
  if (typeof value !== 'object' || value === null) return value
  if (step === undefined) return write(value, field)
  if (step === '[]') {
    if (!Array.isArray(value)) return value
    const items = value.map((item: unknown, at) => follow(item, rest, `${field}[${at}]`, write))
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  // An object that writes itself is more than its members: no copy of them would do.
  if ('toJSON' in value || !Object.keys(value).includes(step)) return value
  const member = (value as Record<string, unknown>)[step]
  const written = follow(member, rest, field === '' ? step : `${field}.${step}`, write)
  return written === member ? value : { ...value, [step]: written }
}

function object(value: object, field: string): string {
  if (!isRecord(value)) throw new RequestError(field, 'expected an object, or the JSON of one as text')
  return json(value, field)
}

function list(value: object, field: string): string {
  if (!Array.isArray(value)) throw new RequestError(field, 'expected a list, or the JSON of one as text')
  return json(value, field)
}

function json(value: object, field: string): string {
  try {
    return encodeJson(value)
  } catch (error) {
    // What is told of a place inside the field is left as it is.
    if (!(error instanceof RequestError) || error.field?.startsWith(field)) throw error
    throw new RequestError(field, error.message)
  }
}

/**
 * `risk_info` of red packets: the pairs that are not empty are joined, `posttime=1&mobile=2`, then percent-encoded as one,
 * so that even `=` and `&` become `%3D` and `%26` (official; the hexadecimal digits of its sample are small letters, which
 * mean the same). Values are not encoded by themselves, so that none can hold `&`.
 */
function pairs(value: object, field: string): string {
  if (!isRecord(value)) throw new RequestError(field, 'expected an object, or its url-encoded pairs as text')
  const text = Object.entries(value)
    .filter(([, member]) => member !== undefined && member !== null && member !== '')
    .map(([name, member]) => pair(name, member, `${field}.${name}`))
    .join('&')
  try {
    return encodeURIComponent(text)
  } catch {
    throw new RequestError(
      field,
      'holds half of a surrogate pair: the text was cut in the middle of a character',
    )
  }
}

function pair(name: string, value: unknown, field: string): string {
  const isScalar = typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value)
  if (!isScalar) throw new RequestError(field, 'expected text or a number')
  if (/[&=]/.test(name) || String(value).includes('&')) {
    throw new RequestError(field, 'holds a character that would begin another pair')
  }
  return `${name}=${value}`
}

/** An object with members to write: no list, no bytes, no Map, Date or promise, of which JSON sees nothing. */
function isRecord(value: object): boolean {
  if (isPlainObject(value)) return true
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && Object.keys(value).length > 0
}
