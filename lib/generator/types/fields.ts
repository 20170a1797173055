import type { Field, Variant } from '../../catalogue'
import { key, literal, pascal } from '../names'
import { comment, type Printer } from './printer'

/** Which side writes the fields, and how their values stand on the wire. */
export interface Manner {
  /** Requests are checked closely; what is answered may hold more than is documented. */
  readonly direction: 'request' | 'answer'
  /** JSON has types; in XML and what APIv2 reads everything is text. */
  readonly wire: 'json' | 'text'
}

/**
 * Prints an interface for a list of fields, and one for each object below it. Many answers and groups are the same as others:
 * said once, they take a third less of a compiler's memory.
 * @param name of the interface; those below it add the name of their field
 * @param note what neither the call nor the field that holds it says already
 */
export function printFields(
  printer: Printer,
  name: string,
  fields: readonly Field[],
  manner: Manner,
  note = '',
): void {
  printer.declare(name)
  printer.line(...comment([note]))
  const before = printer.before(JSON.stringify([fields, manner]), name)
  if (before !== undefined) {
    printer.line(`export interface ${name} extends ${before} {}`)
    printer.gap()
    return
  }
  printer.block(`export interface ${name}`, () => {
    for (const field of fields) printMember(printer, name, field, manner)
  })
  printer.gap()
  for (const field of fields) printBelow(printer, name, field, manner)
}

function printMember(printer: Printer, owner: string, field: Field, manner: Manner): void {
  printer.line(...comment([describe(field, manner)]))
  if (field.indexed) {
    printer.line(`[key: ${pattern(field.name)}]: ${typeOf(owner, field, manner)}`)
    return
  }
  const request = manner.direction === 'request'
  const optional = !field.required || (request && SUPPLIED.has(field.name) && manner.wire === 'text')
  const type = typeOf(owner, field, manner)
  // The `undefined` is for exactOptionalPropertyTypes: in a request it means "left out".
  const absent = optional && request ? ' | undefined' : ''
  printer.line(`${key(field.name)}${optional ? '?' : ''}: ${type}${absent}`)
}

/** What the client adds to a call of APIv2. */
const SUPPLIED: ReadonlySet<string> = new Set(['sign', 'nonce_str'])

/** `coupon_id_$n` stands for `coupon_id_0`, `coupon_id_1`, … */
const pattern = (name: string): string => `\`${name.replace(/\$[a-z]/g, () => `\${number}`)}\``

function printBelow(printer: Printer, owner: string, field: Field, manner: Manner): void {
  const inner = below(field, manner)
  const name = nameBelow(owner, field)
  if (field.fields) printFields(printer, name, field.fields, inner)
  for (const [at, variant] of (field.variants ?? []).entries()) {
    const when = variant.when && `${field.label ?? `\`${field.name}\``}: \`${variant.when}\``
    printFields(printer, variantName(name, variant, at), variant.fields, inner, when)
  }
}

/** Inside of an encoded field everything is as the encoding has it. */
function below(field: Field, manner: Manner): Manner {
  if (field.encoded === undefined) return manner
  return { ...manner, wire: field.encoded === 'json' ? 'json' : 'text' }
}

const nameBelow = (owner: string, field: Field): string => `${owner}_${pascal(field.name)}`
const variantName = (name: string, variant: Variant, at: number): string =>
  `${name}_${pascal(variant.when?.toLowerCase() ?? String(at + 1))}`

function typeOf(owner: string, field: Field, manner: Manner): string {
  if (field.encoded && manner.direction === 'answer') return 'string'
  const declared = field.encoded ? (field.encodedAs ?? 'object') : field.type
  const inner = below(field, manner)
  const list = declared.endsWith('[]')
  const item = itemType(owner, field, declared.replace('[]', ''), inner)
  if (!list) return item
  const items = /[|&]/.test(item) ? `(${item})[]` : `${item}[]`
  return manner.direction === 'request' ? `readonly ${items}` : items
}

function itemType(owner: string, field: Field, type: string, manner: Manner): string {
  if (field.fields) return nameBelow(owner, field)
  if (field.variants) {
    return field.variants.map((variant, at) => variantName(nameBelow(owner, field), variant, at)).join(' | ')
  }
  const values = field.enum?.filter((value) => typeof value === SCALARS[type]) ?? []
  const text = manner.wire === 'text'
  if (values.length > 0) {
    const literals = values.map((value) =>
      literal(text && manner.direction === 'answer' ? String(value) : value),
    )
    const open = manner.direction === 'answer' || field.enumOpen
    if (text && type !== 'string' && manner.direction === 'request')
      literals.push(...values.map((value) => literal(String(value))))
    return open
      ? [...literals, `(${text ? 'string' : SCALARS[type]} & {})`].join(' | ')
      : literals.join(' | ')
  }
  if (type === 'string')
    return field.encrypted === 'platform' && manner.direction === 'request' ? 'Encrypted' : 'string'
  if (type === 'object')
    return manner.direction === 'request' ? 'Readonly<Record<string, unknown>>' : 'Record<string, unknown>'
  if (!text) return SCALARS[type] ?? 'unknown'
  const written = type === 'boolean' ? "'true' | 'false'" : `\`\${number}\``
  return manner.direction === 'request' ? `${SCALARS[type]} | ${written}` : written
}

const SCALARS: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

/** What a type cannot say. */
function describe(field: Field, manner: Manner): string {
  const notes = [field.label ?? '']
  if (field.format) notes.push(FORMATS[field.format])
  if (field.default !== undefined) notes.push(`Default: \`${field.default}\``)
  if (field.encrypted === 'platform') notes.push("Encrypted with the platform's key")
  if (field.encrypted === 'merchant') notes.push("Encrypted with the merchant's key")
  if (field.encrypted === 'v2-risk-pubkey') notes.push('Encrypted with the key of `v2/risk/getpublickey`')
  if (field.encoded && manner.direction === 'request') notes.push(`Sent as ${ENCODINGS[field.encoded]}`)
  if (field.encoded && manner.direction === 'answer') notes.push(holds(field))
  return notes.filter(Boolean).join('. ')
}

const holds = (field: Field): string =>
  field.fields ? 'JSON of the fields below its name in this namespace' : 'JSON'

const ENCODINGS = { json: 'a string of JSON', urlencoded: 'url-encoded text' } as const

const FORMATS: Readonly<Record<NonNullable<Field['format']>, string>> = {
  int32: '',
  int64: '64 bits',
  numeric: 'Digits',
  base64: 'Base64',
  rfc3339: 'RFC 3339',
  date: '`yyyy-MM-dd`',
  yyyyMMddHHmmss: '`yyyyMMddHHmmss`',
  url: 'A URL',
  'media-id': 'A media id, from an upload',
  'media-url': 'The address of a medium, from an upload',
}
