import type { Field, Format, Operation } from '../../lib/catalogue'

/* JSON Schemas of documented answers, from the catalogue alone. */

type Schema = Record<string, unknown>

const PATTERNS: Readonly<Partial<Record<Format, string>>> = {
  int32: '^\\d{1,10}$',
  int64: '^\\d{1,19}$',
  numeric: '^\\d+$',
  base64: '^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]+={0,2}$',
  rfc3339: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)$',
  date: '^\\d{4}-\\d\\d-\\d\\d$',
  yyyyMMddHHmmss: '^\\d{14}$',
  url: '^https?://',
  'media-url': '^https?://',
}

/** How XML writes what JSON does not quote */
const TEXTS: Readonly<Record<string, string>> = {
  integer: '^-?\\d+$',
  number: '^-?\\d+(?:\\.\\d+)?$',
  boolean: '^(?:true|false)$',
}

/** A success has none of these, whatever the pages say */
const FAILURE = /^err_code(?:_des)?$/

const itemType = ({ type }: Field): string => type.replace('[]', '')

/** A schema of one value; as text, numbers and booleans are written in strings */
function schemaOf(field: Field, asText: boolean): Schema {
  const { encoded, encodedAs = 'object', ...plain } = field
  if (encoded) return schemaOf({ ...plain, type: encodedAs }, false)
  const item = itemType(field)
  const one = item === 'object' ? objectSchema(field.fields, asText) : scalarSchema(field, item, asText)
  if (!field.type.endsWith('[]')) return one
  return { type: 'array', items: one }
}

function scalarSchema(
  { enum: values, enumOpen, format, encrypted }: Field,
  type: string,
  asText: boolean,
): Schema {
  const listed = values && !enumOpen && { enum: asText ? values.map(String) : values }
  // Where the values of a number are words, the words are right.
  if (type !== 'string' && !asText && values?.every((value) => typeof value === 'string'))
    return { ...listed }
  if (encrypted) return { type: 'string', pattern: '^[A-Za-z0-9+/]{342}==$' }
  if (type !== 'string')
    return asText ? { type: 'string', pattern: TEXTS[type], ...listed } : { type, ...listed }
  const pattern = format && PATTERNS[format]
  return { type: 'string', ...(pattern && !values && { pattern }), ...listed }
}

/** Without fields nothing is known of an object */
function objectSchema(fields: readonly Field[] | undefined, asText: boolean, closed = !asText): Schema {
  if (!fields) return { type: 'object' }
  const named = fields.map((field) => ({ ...field, name: field.name.replace(/\$[a-z]/g, '0') }))
  return {
    type: 'object',
    properties: Object.fromEntries(named.map((field) => [field.name, schemaOf(field, asText)])),
    required: named.filter(({ name, required }) => required && !FAILURE.test(name)).map(({ name }) => name),
    ...(closed && { additionalProperties: false }),
  }
}

/** The schema of a success, once `decoded`; nothing but the documented fields unless the answer is `open` */
export function answerSchema({ uri, answer }: Operation, open: boolean): Schema {
  const asText = uri.startsWith('v2/') && answer.kind === 'xml'
  return objectSchema(answer.fields ?? [], asText, !asText && !open)
}

/** An answer with what its strings encode in their places; throws where one is no JSON */
export function decoded(value: unknown, fields: readonly Field[] = []): unknown {
  if (Array.isArray(value)) return value.map((one) => decoded(one, fields))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, one]) => {
    const field = fields.find((each) => each.name === name)
    const plain: unknown = field?.encoded && typeof one === 'string' ? JSON.parse(one) : one
    // XML knows no list of one.
    const list = field?.type === 'object[]' && !Array.isArray(plain) ? [plain] : plain
    return [name, decoded(list, field?.fields)]
  })
  return Object.fromEntries(entries)
}

/** Every value of an answer that is encrypted for the merchant */
export function ciphertexts(value: unknown, fields: readonly Field[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => ciphertexts(one, fields))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    const field = fields.find((each) => each.name === name)
    return field?.encrypted === 'merchant' ? [String(one)] : ciphertexts(one, field?.fields)
  })
}
