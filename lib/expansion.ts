import { isPlainObject } from './plain'

/**
 * A template that cannot be read, or a value that cannot be written into one. The message says what is wrong, where, and
 * the remedy; it holds types and names, never a value.
 */
export class UriError extends Error {
  override readonly name = 'UriError'
  /** The variable at fault, when it is one. */
  declare readonly variable?: string

  constructor(message: string, variable?: string) {
    super(message)
    if (variable !== undefined) this.variable = variable
  }
}

/** The operators of the grammar; the empty one stands for none. */
type OperatorName = '' | '+' | '#' | '.' | '/' | ';' | '?' | '&'

interface Expansion {
  readonly first: string
  readonly separator: string
  /** The characters that are percent-encoded. */
  readonly encoded: RegExp
}

type Operator = Expansion &
  (
    | { readonly named: false }
    // Each value is preceded by its name, and an empty one is written as its name and `ifEmpty`.
    | { readonly named: true; readonly ifEmpty: string }
  )

export interface Variable {
  readonly operator: Operator
  readonly name: string
  readonly explode: boolean
  /** How many characters are kept of a value, when the template says. */
  readonly length?: number | undefined
  /** Does `fill` demand a value? */
  readonly required: boolean
  /** The expression it stands in. */
  readonly where: string
}

/** All but RFC 3986's unreserved characters. */
const NOT_UNRESERVED = /[^\w.~-]+/g
/** All but the unreserved and reserved characters and whole triplets. */
export const NOT_RESERVED = /%(?![\dA-F]{2})|[^\w.~:/?#[\]@!$&'()*+,;=%-]+/gi
/** What `encodeURIComponent`, being older than RFC 3986, leaves alone. */
const SUB_DELIMS = /[!'()*]/g

/** RFC 6570, appendix A. */
export const OPERATORS: Readonly<Record<OperatorName, Operator>> = {
  '': { first: '', separator: ',', named: false, encoded: NOT_UNRESERVED },
  '+': { first: '', separator: ',', named: false, encoded: NOT_RESERVED },
  '#': { first: '#', separator: ',', named: false, encoded: NOT_RESERVED },
  '.': { first: '.', separator: '.', named: false, encoded: NOT_UNRESERVED },
  '/': { first: '/', separator: '/', named: false, encoded: NOT_UNRESERVED },
  ';': { first: ';', separator: ';', named: true, ifEmpty: '', encoded: NOT_UNRESERVED },
  '?': { first: '?', separator: '&', named: true, ifEmpty: '=', encoded: NOT_UNRESERVED },
  '&': { first: '&', separator: '&', named: true, ifEmpty: '=', encoded: NOT_UNRESERVED },
}

/** One character of a value, in the sense of section 2.4.1: a code point. */
const CHARACTER = /./gsu
/** The same where triplets are kept: one and the UTF-8 continuations after it. */
const CHARACTER_OR_TRIPLETS = /%[\dA-F]{2}(?:%[89AB][\dA-F])*|./gisu

export const HALF_PAIR = [
  'holds half of a surrogate pair',
  'repair the text, for example with toWellFormed()',
] as const

/**
 * One variable of an expression (RFC 6570 section 3.2.1).
 *
 * @returns `undefined` for a value that counts as undefined: it leaves no separator either
 * @throws {UriError} for a value that cannot be written
 */
export function expansion(variable: Variable, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object') return composite(variable, value)
  return withName(
    variable.operator,
    variable.name,
    encodeValue(variable, prefix(variable, scalar(variable, value))),
  )
}

function composite(variable: Variable, value: object): string | undefined {
  const { operator, explode } = variable
  const list = Array.isArray(value)
  const texts: string[] = []
  for (const [name, member] of list ? items(variable, value) : pairs(variable, value)) {
    if (member === undefined || member === null) continue
    const text = encodeValue(variable, scalar(variable, member))
    // Appendix A would copy the reserved characters of a name; but then a `&` in it would begin another parameter.
    const key = list ? name : encodeValue(variable, name)
    if (explode) texts.push(list || operator.named ? withName(operator, key, text) : `${key}=${text}`)
    else if (list) texts.push(text)
    else texts.push(key, text)
  }
  if (texts.length === 0) return undefined
  if (variable.length !== undefined) {
    throw invalid(variable, 'is cut by its length but got a list or map', 'give it a string')
  }
  return explode ? texts.join(operator.separator) : withName(operator, variable.name, texts.join(','))
}

function items({ name }: Variable, list: readonly unknown[]): [string, unknown][] {
  return Array.from(list, (member) => [name, member])
}

function pairs(variable: Variable, map: object): [string, unknown][] {
  if (!isPlainObject(map)) throw unwritable(variable, map)
  return Object.entries(map)
}

function withName(operator: Operator, name: string, text: string): string {
  if (!operator.named) return text
  return text === '' ? name + operator.ifEmpty : `${name}=${text}`
}

function scalar(variable: Variable, value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      throw unwritable(variable, value)
  }
}

function prefix({ length, operator }: Variable, text: string): string {
  if (length === undefined) return text
  const characters = text.match(operator.encoded === NOT_RESERVED ? CHARACTER_OR_TRIPLETS : CHARACTER) ?? []
  return characters.slice(0, length).join('')
}

function encodeValue(variable: Variable, text: string): string {
  return encode(text, variable.operator.encoded, () => invalid(variable, ...HALF_PAIR))
}

export function encode(text: string, encoded: RegExp, fault: () => UriError): string {
  try {
    return text.replace(encoded, percentEncode)
  } catch {
    throw fault()
  }
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    SUB_DELIMS,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * What a request's plain `{name}` must be given.
 *
 * @throws {UriError} for anything else
 */
export function demand(variable: Variable, value: unknown): void {
  switch (typeof value) {
    case 'string':
    case 'bigint':
      return
    case 'number':
      if (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)) return
      throw invalid(
        variable,
        Number.isInteger(value)
          ? 'got an integer beyond 2^53 - 1, which has lost digits'
          : 'got a number that is not finite',
        'pass it as a string',
      )
    default:
      if (value !== undefined && value !== null) throw unwritable(variable, value)
      if (variable.name !== 'empty')
        throw invalid(variable, `has no value (${value})`, `pass { ${quote(variable.name)}: … }`)
  }
}

function unwritable(variable: Variable, value: unknown): UriError {
  const kind = Array.isArray(value) ? 'list' : value instanceof Date ? 'Date' : typeof value
  return invalid(variable, `got a value of type ${kind}`, 'pass a string, or a number')
}

function invalid({ name, where }: Variable, what: string, remedy: string): UriError {
  return new UriError(`URI variable ${quote(name)} in ${quote(where)} ${what}; ${remedy}`, name)
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
