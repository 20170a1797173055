import { isPlainObject } from './plain'

/** Header fields as a caller gives them. Names are case-insensitive; a list becomes one comma-separated field. */
export type HeadersInput = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>
>

/** Checked fields by their lower-case names, each with its name as given. */
export type HeaderBag = ReadonlyMap<string, readonly [name: string, value: string]>

/** What the client alone can know, so that an explicit value could only be wrong. */
const OWN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    authorization: 'the client signs every request itself',
    host: 'the host is that of base_uri',
    'content-length': 'the length is that of the body',
    'transfer-encoding': 'bodies are sent with their length',
    connection: "connections are the dispatcher's",
    'keep-alive': "connections are the dispatcher's",
    upgrade: "connections are the dispatcher's",
    expect: 'bodies are sent at once',
  }),
)
export const NONE: HeaderBag = new Map()
export const bag = (name: string, value: string): HeaderBag => new Map([[name.toLowerCase(), [name, value]]])

const EXPECTED = 'expected an object of header fields'
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Checks header fields.
 * @param refuse makes the error for a field's name (never its value: values can be credentials)
 */
export function checkHeaders(input: unknown, refuse: (name: string, problem: string) => Error): HeaderBag {
  if (input === undefined || input === null) return NONE
  const checked = new Map<string, readonly [string, string]>()
  if (!isPlainObject(input) && !(typeof input === 'object' && !Array.isArray(input) && isIterable(input))) {
    throw refuse('', EXPECTED)
  }
  const entries: unknown[] = isIterable(input) ? [...input] : Object.entries(input)
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw refuse('', EXPECTED)
    const [name, value] = entry as [unknown, unknown]
    if (typeof name !== 'string') throw refuse('', EXPECTED)
    if (value === undefined) continue
    const key = name.toLowerCase()
    if (!TOKEN.test(key)) throw refuse(JSON.stringify(name), 'not a header name')
    const reason = OWN.get(key)
    if (reason) throw refuse(name, `cannot be set: ${reason}`)
    const written = text(value)
    if (written === undefined || !VALUE.test(written)) {
      throw refuse(name, 'expected text of Latin-1 characters without line breaks')
    }
    const former = checked.get(key)
    checked.set(key, [name, former ? `${former[1]}, ${written}` : written])
  }
  return checked
}

/** `[name, value, name, value, …]`, the form undici takes fastest. Later bags win. */
export function flatten(...bags: readonly HeaderBag[]): string[] {
  const merged = new Map<string, readonly [string, string]>()
  for (const fields of bags) for (const [key, field] of fields) merged.set(key, field)
  return [...merged.values()].flat()
}

function text(value: unknown): string | undefined {
  if (!Array.isArray(value)) return item(value)
  const items = value.map(item)
  return items.includes(undefined) ? undefined : items.join(', ')
}

function item(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? '1' : ''
    default:
      return value === null ? '' : undefined
  }
}

function isIterable(value: object): value is Iterable<[string, unknown]> {
  return Symbol.iterator in value
}

/** The forms in which undici takes the headers of a request. */
export type UndiciHeaders =
  | readonly string[]
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | null
  | undefined

/**
 * Any of those forms as `[name, value, …]`, with defaults for what is not among them.
 * @param without lower-case names that are left out
 */
export function flatHeaders(
  headers: UndiciHeaders,
  defaults: Readonly<Record<string, string | undefined>>,
  without: readonly string[] = [],
): string[] {
  const flat: string[] = []
  const seen = new Set(without)
  for (const [name, value] of pairs(headers)) {
    const key = name.toLowerCase()
    if (without.includes(key)) continue
    seen.add(key)
    flat.push(name, value)
  }
  for (const [name, value] of Object.entries(defaults)) {
    if (value !== undefined && !seen.has(name.toLowerCase())) flat.push(name, value)
  }
  return flat
}

function* pairs(headers: UndiciHeaders): Iterable<readonly [string, string]> {
  if (!headers) return
  if (isFlat(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) yield [headers[i] as string, headers[i + 1] as string]
    return
  }
  for (const [name, value] of isIterable(headers) ? headers : Object.entries(headers)) {
    if (value === undefined) continue
    for (const item of typeof value === 'string' ? [value] : (value as string[])) yield [name, item]
  }
}

function isFlat(headers: object): headers is readonly string[] {
  return Array.isArray(headers) && !Array.isArray(headers[0])
}
