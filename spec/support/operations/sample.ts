import type { Field, FieldType, Group, GroupName, Operation } from '../../../lib/catalogue'
import { uploadOf } from '../../../lib/generator/uploads'

/** How much of what a call takes is given. */
export type Extent = 'required' | 'all'

/** Source text of a value, or the members of an object. */
export type Sample = string | { readonly [name: string]: Sample }

/** The groups of fields that are options by their own names. Uploads are a file, or a body. */
export const GROUPS = ['query', 'json', 'xml', 'headers'] as const satisfies readonly GroupName[]

/** `v3/a/{b}/c` → `['b']` */
export const variablesOf = ({ uri }: Operation): string[] =>
  [...uri.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name as string)

/** What the client sends by itself, so that no caller has to. */
export function isSupplied(operation: Operation, group: GroupName, field: Field): boolean {
  if (group === 'headers') return field.name.toLowerCase() === 'wechatpay-serial'
  return operation.uri.startsWith('v2/') && (field.name === 'sign' || field.name === 'nonce_str')
}

/** Must the caller give the group? A body where one is documented, a query and headers where a field of theirs is required. */
export function isNeeded(operation: Operation, group: GroupName): boolean {
  const given = operation[group]
  if (!given) return false
  if (group === 'json' || group === 'xml') return given.required === true
  return given.fields.some((field) => field.required && !isSupplied(operation, group, field))
}

/** Options that the documentation allows. */
export function sampleOptions(operation: Operation, extent: Extent): Record<string, Sample> {
  const options: Record<string, Sample> = {}
  for (const name of variablesOf(operation)) {
    if (name !== 'empty' || extent === 'all') options[name] = sampleVariable(operation, name)
  }
  for (const group of GROUPS) {
    const given = operation[group]
    if (given && (extent === 'all' || isNeeded(operation, group))) {
      options[group] = sampleGroup(operation, group, given, extent)
    }
  }
  const { multipart } = operation
  if (multipart && extent === 'required') options.body = "Buffer.from('')"
  if (multipart && extent === 'all') {
    const { fields } = uploadOf({ ...operation, multipart })
    options.media = { file: "'image.png'", meta: sampleFields(fields, extent) }
  }
  return options
}

function sampleVariable(operation: Operation, name: string): string {
  const field = operation.variables?.find((variable) => variable.name === name)
  return field ? scalar(field, 'string') : "'1'"
}

function sampleGroup(operation: Operation, group: GroupName, given: Group, extent: Extent): Sample {
  return sampleFields(
    given.fields.filter((field) => extent === 'all' || !isSupplied(operation, group, field)),
    extent,
  )
}

function sampleFields(fields: readonly Field[], extent: Extent): Sample {
  const chosen = fields.filter((field) => extent === 'all' || (field.required && !field.indexed))
  return Object.fromEntries(
    chosen.map((field) => [field.name.replace(/\$[a-z]/g, '0'), sampleField(field, extent)]),
  )
}

/** A value that the field takes. */
export function sampleField(field: Field, extent: Extent): Sample {
  const type = typeOf(field)
  const item = type.replace('[]', '')
  const sample = item === 'object' ? sampleFields(fieldsOf(field), extent) : scalar(field, item)
  return type.endsWith('[]') ? `[${print(sample)}]` : sample
}

/** What is a string on the wire is given as the value that it holds. */
export const typeOf = ({ type, encoded, encodedAs = 'object' }: Field): FieldType =>
  encoded ? encodedAs : type

/** Of several shapes the first. */
export const fieldsOf = ({ fields, variants }: Field): readonly Field[] =>
  fields ?? variants?.[0]?.fields ?? []

function scalar(field: Field, type: string): string {
  const known = field.enum?.find((each) => typeof each === JAVASCRIPT[type])
  if (known !== undefined) return JSON.stringify(known)
  if (type === 'string' && field.encrypted === 'platform') return 'ciphertext'
  return SCALARS[type] ?? "'1'"
}

const SCALARS: Readonly<Record<string, string>> = { integer: '1', number: '1.5', boolean: 'true' }

const JAVASCRIPT: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

/** Source text, on one line. */
export function print(sample: Sample): string {
  if (typeof sample === 'string') return sample
  const members = Object.entries(sample).map(([name, inner]) => `${JSON.stringify(name)}: ${print(inner)}`)
  return `{ ${members.join(', ')} }`
}
