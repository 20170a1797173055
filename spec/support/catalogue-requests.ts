import type { Field, Group, GroupName, Operation } from '../../lib/catalogue'

/*
 * Valid requests for documented operations, and requests with one thing wrong, from the catalogue alone: nothing here
 * comes from the client or the simulator.
 */

type Value = string | number | boolean | Value[] | { [name: string]: Value }
type Values = { [name: string]: Value }

/** What a call is made with: variables of the path by name, and the groups of fields */
export interface Options extends Partial<Record<GroupName, Values>> {
  readonly variables: Values
}

/** Where a field stands among the options */
interface Slot {
  readonly group: keyof Options
  readonly path: readonly (string | number)[]
  readonly field: Field
}

/** One thing wrong, and where an error has to point at */
export interface Mutation {
  readonly kind: 'missing' | 'type' | 'enum'
  readonly options: Options
  readonly pointer: string
  readonly field: Field
}

const GROUPS = ['query', 'json', 'xml', 'headers', 'multipart'] as const satisfies readonly GroupName[]

/** Sent by whoever signs; or, as these headers, by whoever encrypts and unpacks */
const SUPPLIED = ['sign', 'nonce_str', 'Wechatpay-Serial', 'Accept-Encoding']
const MERCHANT = ['mch_id', 'mchid', 'combine_mch_id']
const HMAC = 'HMAC-SHA256'

const isXml = ({ uri }: Operation): boolean => uri.startsWith('v2/')

/** The path of an operation as a template: as sent, with the base of its host */
export const templateOf = ({ uri, path, host }: Operation): string =>
  path ?? (uri.startsWith('v2/') ? uri.slice('v2'.length) : `${host?.basePath ?? ''}/${uri}`)

function textOf(field: Field, mchid: string): string {
  if (MERCHANT.includes(field.name)) return mchid
  if (field.name === 'sign_type') return field.enum?.includes(HMAC) === false ? 'MD5' : HMAC
  return String(field.enum?.[0] ?? `${field.name}-1`)
}

function scalarOf(field: Field, mchid: string): Value {
  if (field.type.startsWith('string') || MERCHANT.includes(field.name)) return textOf(field, mchid)
  if (field.type.startsWith('boolean')) return true
  if (field.type === 'file') return 'the bytes of a file'
  return Number(field.enum?.[0] ?? 1)
}

function sampleOf(field: Field, mchid: string): Value {
  const { encoded, encodedAs = 'object', ...rest } = field
  if (encoded === 'urlencoded') {
    const inner = objectOf(rest.fields ?? [], mchid)
    return new URLSearchParams(inner as Record<string, string>).toString()
  }
  if (encoded) return JSON.stringify(sampleOf({ ...rest, type: encodedAs }, mchid))
  const fields = [...(field.fields ?? []), ...(field.variants?.at(-1)?.fields ?? [])]
  const one = field.type.startsWith('object') ? objectOf(fields, mchid) : scalarOf(field, mchid)
  return field.type.endsWith('[]') ? [one] : one
}

function objectOf(fields: readonly Field[], mchid: string): Values {
  const given = fields.filter(({ name }) => !SUPPLIED.includes(name))
  return Object.fromEntries(given.map((field) => [field.name, sampleOf(field, mchid)]))
}

/** Everything that an operation takes; `required` only what it needs */
export function requestOf(operation: Operation, mchid: string, extent: 'all' | 'required' = 'all'): Options {
  // Where only one type of signature is taken, it is not the usual one.
  const always = ['sign_type']
  const wanted = ({ fields, anyOf = [] }: Group): Field[] =>
    fields.filter(
      ({ name, required }) => extent === 'all' || required || always.includes(name) || anyOf.includes(name),
    )
  const groups = GROUPS.flatMap((name) => {
    const group = operation[name]
    if (!group) return []
    const values = objectOf(wanted(group), mchid)
    // Every request of APIv2 names its merchant, also where the pages leave it out.
    const nameless = name === 'xml' && !MERCHANT.some((each) => each in values)
    return [[name, nameless ? { mch_id: mchid, ...values } : values]]
  })
  const named = [...templateOf(operation).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const variables = named.map((name) => {
    const field = operation.variables?.find((one) => one.name === name) ?? { name, type: 'string' }
    return [name, scalarOf(field, mchid)]
  })
  return { ...Object.fromEntries(groups), variables: Object.fromEntries(variables) }
}

function slotsOf(fields: readonly Field[], group: keyof Options, path: Slot['path']): Slot[] {
  return fields
    .filter(({ name }) => !SUPPLIED.includes(name))
    .flatMap((field) => {
      const here = [...path, field.name]
      const inner = field.encoded ? [] : (field.fields ?? [])
      const below = field.type.endsWith('[]') ? [...here, 0] : here
      return [{ group, path: here, field }, ...slotsOf(inner, group, below)]
    })
}

/** A request with another value in one place, or with none there */
function changed(options: Options, { group, path }: Slot, value: Value | undefined): Options {
  const copy = structuredClone(options)
  const last = path.at(-1) as string
  const holder = path
    .slice(0, -1)
    .reduce(
      (at, step) => (at as { [key: string | number]: Value })[step] as Value,
      copy[group] as Value,
    ) as Values
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}

/** The signature's own fields and the merchant's number are the signature's to check. */
const isChecked = (operation: Operation, { group, field, path }: Slot): boolean =>
  group === 'multipart'
    ? !isXml(operation) && field.type === 'file'
    : !(isXml(operation) && path.length === 1 && [...MERCHANT, 'sign_type'].includes(field.name))

/** One wrong value of a kind; `undefined` where a field cannot be wrong in that way */
function wrongOf({ group, field }: Slot, kind: Mutation['kind']): Value | undefined {
  const isText = group !== 'json'
  if (kind === 'enum')
    return field.enum && !field.enumOpen && !field.type.endsWith('[]') ? wrongEnum(field) : undefined
  if (field.encoded === 'json') return 'not JSON'
  if (isText) return ['integer', 'number', 'boolean'].includes(field.type) ? 'neither' : undefined
  return field.type === 'string' ? 17 : 'another type'
}

const wrongEnum = ({ type }: Field): Value => (type === 'string' ? 'NO_SUCH_VALUE' : 987_654)

function mutationOf(
  operation: Operation,
  options: Options,
  slot: Slot,
  kind: Mutation['kind'],
): Mutation | undefined {
  if (kind === 'missing' ? !slot.field.required || slot.group === 'variables' : !wrongOf(slot, kind))
    return undefined
  if (slot.group === 'headers' && kind === 'type') return undefined
  // A whole body that is missing is another error.
  const wrong = kind === 'missing' ? undefined : wrongOf(slot, kind)
  const pointer = slot.group === 'headers' ? String(slot.path[0]) : `/${slot.path.join('/')}`
  return isChecked(operation, slot)
    ? { kind, options: changed(options, slot, wrong), pointer, field: slot.field }
    : undefined
}

/** The same request with one thing wrong, once for each way in which it can be: the last field of each kind */
export function mutationsOf(operation: Operation, options: Options): Mutation[] {
  const slots = [
    ...slotsOf(operation.variables ?? [], 'variables', []),
    ...GROUPS.flatMap((name) => slotsOf(operation[name]?.fields ?? [], name, [])),
  ]
  const kinds = ['missing', 'type', 'enum'] as const
  return kinds.flatMap((kind) => {
    const found = slots.flatMap((slot) => mutationOf(operation, options, slot, kind) ?? [])
    // The deepest tells most.
    return found.sort((a, b) => b.pointer.split('/').length - a.pointer.split('/').length).slice(0, 1)
  })
}
