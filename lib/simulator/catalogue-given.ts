import type { Field, Operation } from '../catalogue'
import { type Exchange, headerOf } from './exchange'
import { readJson } from './json'
import { readParts } from './multipart'
import { paramError } from './problem'
import type { Fields } from './xml'

/** A value as text; `undefined` when it is absent or empty */
export type Texts = (name: string) => string | readonly string[] | undefined

/** What a request says, each group read as it is written */
export interface Given {
  readonly variables: Texts
  readonly query: Texts
  readonly headers: Texts
  /** the JSON of the body; `undefined` when the operation takes none, or it may be left out and is */
  readonly json?: unknown
  /** the fields of an APIv2 body */
  readonly xml?: Texts
  /** the parts of an upload; a file is told by its size */
  readonly parts?: Texts
}

const LIST = /\[\d*\]$/

/** Lists are written `name=a&name=b`, `name[]=a` or `name[0]=a` */
const queryOf =
  (query: URLSearchParams): Texts =>
  (name) => {
    const values = [...query].filter(([key]) => key.replace(LIST, '') === name).map(([, value]) => value)
    return values.length > 1 ? values : values[0] || undefined
  }

const mapOf =
  (fields: Fields): Texts =>
  (name) =>
    fields.get(name) || undefined

const partsOf = (exchange: Exchange): Texts => {
  const type = headerOf(exchange.headers, 'content-type')
  const parts = readParts(type, exchange.body)
  if (!parts) throw paramError('Content-Type', type, 'must be multipart/form-data', 'header')
  return (name) => {
    const part = parts.find((one) => one.name === name)
    if (!part?.content.length) return undefined
    return part.file ? `${part.content.length} bytes` : part.content.toString()
  }
}

/**
 * Reads what an operation is asked with. `fields` are those of an APIv2 request, whose signature has read them already.
 * @throws Problem `PARAM_ERROR` for a body that cannot be read
 */
export const givenOf = (
  operation: Operation,
  exchange: Exchange,
  variables: Readonly<Record<string, string>>,
  fields?: Fields,
): Given => {
  const { json, multipart } = operation
  const wantsJson = json && (json.required || exchange.body.length > 0)
  return {
    variables: mapOf(new Map(Object.entries(variables))),
    query: queryOf(exchange.query),
    headers: (name) => headerOf(exchange.headers, name) || undefined,
    ...(wantsJson && { json: readJson(exchange) }),
    ...(fields && { xml: mapOf(fields) }),
    ...(multipart && { parts: partsOf(exchange) }),
  }
}

const NOBODY_REPEATS: readonly string[] = ['sign', 'sign_type', 'nonce_str']

/** Values of a request by where they stood, to be repeated in its answer */
export type Known = ReadonlyMap<string, unknown>

const remember = (known: Map<string, unknown>, value: unknown, field: Field, pointer: string): void => {
  if (field.encrypted || field.encoded || field.type === 'file' || NOBODY_REPEATS.includes(field.name)) return
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined && value !== null) known.set(pointer, value)
    return
  }
  if (field.type.endsWith('[]')) {
    if (!Array.isArray(value)) return
    // An answer's lists are short: more than their first entries is never asked for.
    for (const [index, item] of value.slice(0, 2).entries()) {
      const type = field.type.slice(0, -'[]'.length) as Field['type']
      remember(known, item, { ...field, type }, `${pointer}/${index}`)
    }
    return
  }
  for (const inner of field.fields ?? [])
    remember(known, (value as Record<string, unknown>)[inner.name], inner, `${pointer}/${inner.name}`)
}

/** The documented values of a request, but for what is encrypted or signs it */
export const knownOf = ({ variables = [], query, json, xml }: Operation, given: Given): Known => {
  const known = new Map<string, unknown>()
  const texts = (fields: readonly Field[] = [], get: Texts | undefined): void => {
    for (const field of fields) remember(known, get?.(field.name), field, `/${field.name}`)
  }
  const body = given.json
  if (typeof body === 'object' && body !== null) {
    const whole: Field = { name: '', type: 'object', fields: json?.fields ?? [] }
    remember(known, body, whole, '')
  }
  texts(xml?.fields, given.xml)
  texts(query?.fields, given.query)
  texts(variables, given.variables)
  return known
}
