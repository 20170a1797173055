import { parse as parseGrammar } from 'uri-template'

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

/** A parsed URI template: immutable, shared, without a trace of the values it was expanded with. */
export interface Template {
  /** The template as it was given. */
  readonly source: string
  /** The names of its variables in the order of their first appearance, each once. */
  readonly variables: readonly string[]
  /**
   * Expands as RFC 6570 section 3 says: what is missing, `undefined`, `null` or has no members is left out; numbers,
   * bigints and booleans are written as JavaScript prints them; lists are arrays, maps are plain objects. Only own
   * properties of `values` count.
   *
   * @returns a URI reference, all of it ASCII
   * @throws {UriError} for a value that is none of these, for a list or a map inside another or under a `:n`, and for half
   *   of a surrogate pair
   */
  expand(values: Readonly<Record<string, unknown>>): string
  /**
   * Expands for a request, where a value left out would name another resource: each variable of an expression without
   * operator and `*` must have a value, a string, a bigint or a number that holds all its digits. The empty string is a
   * value; the variable `empty` needs none. Everything else is as in {@link expand}.
   *
   * @returns a URI reference whose path has no `.` or `..` segment, plain or encoded
   * @throws {UriError} as `expand`, and where one of these rules is broken
   */
  fill(values: Readonly<Record<string, unknown>>): string
}

type Expression = Extract<ReturnType<typeof parseGrammar>['ast']['parts'][number], { type: 'expression' }>

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

interface Variable {
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

interface Span {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** All but RFC 3986's unreserved characters. */
const NOT_UNRESERVED = /[^\w.~-]+/g
/** All but the unreserved and reserved characters and whole triplets. */
const NOT_RESERVED = /%(?![\dA-F]{2})|[^\w.~:/?#[\]@!$&'()*+,;=%-]+/gi
/** What `encodeURIComponent`, being older than RFC 3986, leaves alone. */
const SUB_DELIMS = /[!'()*]/g

/** RFC 6570, appendix A. */
const OPERATORS: Readonly<Record<Expression['operator'], Operator>> = {
  '': { first: '', separator: ',', named: false, encoded: NOT_UNRESERVED },
  '+': { first: '', separator: ',', named: false, encoded: NOT_RESERVED },
  '#': { first: '#', separator: ',', named: false, encoded: NOT_RESERVED },
  '.': { first: '.', separator: '.', named: false, encoded: NOT_UNRESERVED },
  '/': { first: '/', separator: '/', named: false, encoded: NOT_UNRESERVED },
  ';': { first: ';', separator: ';', named: true, ifEmpty: '', encoded: NOT_UNRESERVED },
  '?': { first: '?', separator: '&', named: true, ifEmpty: '=', encoded: NOT_UNRESERVED },
  '&': { first: '&', separator: '&', named: true, ifEmpty: '=', encoded: NOT_UNRESERVED },
}

/** RFC 6570 section 2.3: dots stand between characters; a triplet is part of the name and is not decoded. */
const VARIABLE_NAME = /^(?!\.)(?:\.?(?:\w|%[\dA-F]{2}))+$/i
/** Section 2.4.1: from 1 to four digits. */
const MAX_LENGTH = 9999

/** One character of a value, in the sense of section 2.4.1: a code point. */
const CHARACTER = /./gsu
/** The same where triplets are kept: one and the UTF-8 continuations after it. */
const CHARACTER_OR_TRIPLETS = /%[\dA-F]{2}(?:%[89AB][\dA-F])*|./gisu

/** The last `.` or `..` of a path, before any query or fragment; `%2e` is the same dot (RFC 3986 section 6.2.2). */
const DOT_SEGMENT = /^([^?#]*\/)?((?:\.|%2e){1,2})(?:[/?#]|$)/i

const SYNTAX =
  'write {name}, {name:3} (1 to 9999), {name*} or {+name}, with one of the operators + # . / ; ? & and names of letters, ' +
  'digits, _ and single dots; write a literal brace as %7B or %7D'

const HALF_PAIR = [
  'holds half of a surrogate pair',
  'repair the text, for example with toWellFormed()',
] as const

const CACHED = 1000
const cache = new Map<string, Template>()

const NAME = /^[A-Za-z_$][\w$]*$/
const PLACEHOLDER = /^_(.*)_$/

/**
 * One property name, or one argument of `chain()`, as it stands in a template.
 *
 * A name (letters, digits, `_`, `$`) is normalised as the PHP SDK does: `_name_` → `{name}`, whose inside stays as it is,
 * any other from PascalCase or camelCase to kebab-case. Everything else is returned as written.
 */
export function normalize(name: string): string {
  if (!NAME.test(name)) return name
  if (PLACEHOLDER.test(name)) return name.replace(PLACEHOLDER, '{$1}')
  return name.replace(/[A-Z]/g, (capital, at: number) => (at === 0 ? '' : '-') + capital.toLowerCase())
}

/**
 * Parses a URI template (RFC 6570, level 4). The last thousand are kept, so that each is parsed once.
 *
 * @throws {UriError} for a malformed template
 */
export function parse(template: string): Template {
  const known = cache.get(template)
  if (known !== undefined) return known
  const parsed = compile(template)
  if (cache.size === CACHED) cache.delete(cache.keys().next().value as string)
  cache.set(template, parsed)
  return parsed
}

function compile(source: string): Template {
  const parts = read(source)
  const names = parts.flatMap((part) => (typeof part === 'string' ? [] : part.map(({ name }) => name)))
  return Object.freeze({
    source,
    variables: Object.freeze([...new Set(names)]),
    expand: (values: Readonly<Record<string, unknown>>) => write(parts, values, false),
    fill(values: Readonly<Record<string, unknown>>) {
      const uri = write(parts, values, true)
      const dots = DOT_SEGMENT.exec(uri)
      if (dots === null) return uri
      const spans: Span[] = []
      write(parts, values, true, spans)
      throw dotSegment(source, dots, spans)
    },
  })
}

/** Literals, already encoded, and expressions, as the list of their variables. */
type Parts = readonly (string | readonly Variable[])[]

/** The grammar is uri-template's; what it takes beyond the RFC's is refused here. */
function read(source: string): Parts {
  let offset = 0
  return grammar(source).map((part) => {
    const start = offset
    if (part.type === 'literal') {
      offset += part.value.length
      const brace = part.value.indexOf('}')
      if (brace !== -1) throw malformed(source, start + brace, 'a brace closes nothing', SYNTAX)
      return encode(part.value, NOT_RESERVED, () => malformed(source, start, ...HALF_PAIR))
    }
    offset = source.indexOf('}', start) + 1
    return expression(part, source.slice(start, offset), (reason) => malformed(source, start, reason, SYNTAX))
  })
}

function grammar(source: string) {
  try {
    return parseGrammar(source).ast.parts
  } catch (error) {
    const { offset } = (error as { location: { start: { offset: number } } }).location.start
    throw malformed(source, offset, 'this is no expression', SYNTAX)
  }
}

function expression(node: Expression, where: string, fault: (reason: string) => UriError): Variable[] {
  const operator = OPERATORS[node.operator]
  const written: string[] = []
  const variables = node.variables.map(({ name, modifier }) => {
    if (!VARIABLE_NAME.test(name)) throw fault(`${quote(name)} is no variable name`)
    const explode = modifier?.type === 'explode'
    const length = modifier?.type === 'substr' ? modifier.length : undefined
    if (length !== undefined && (length < 1 || length > MAX_LENGTH)) {
      throw fault(`${quote(where)} has a length out of range`)
    }
    written.push(explode ? `${name}*` : length === undefined ? name : `${name}:${length}`)
    return { operator, name, explode, length, required: node.operator === '' && !explode, where }
  })
  // What the tree does not show (a length with leading zeros, the extensions of the drafts) shows when it is written out.
  if (`{${node.operator}${written}}` !== where) throw fault(`${quote(where)} is no expression`)
  return variables
}

function write(
  parts: Parts,
  values: Readonly<Record<string, unknown>>,
  strict: boolean,
  spans?: Span[],
): string {
  let uri = ''
  for (const part of parts) {
    if (typeof part === 'string') uri += part
    else {
      let first = true
      for (const variable of part) {
        const { name, operator } = variable
        // The prototype's `toString` and its like are nobody's path variables.
        const value = Object.hasOwn(values, name) ? values[name] : undefined
        if (strict && variable.required) demand(variable, value)
        const text = expansion(variable, value)
        if (text === undefined) continue
        uri += (first ? operator.first : operator.separator) + text
        spans?.push({ name, start: uri.length - text.length, end: uri.length })
        first = false
      }
    }
  }
  return uri
}

/** @returns `undefined` for a value that counts as undefined: it leaves no separator either */
function expansion(variable: Variable, value: unknown): string | undefined {
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
    if (explode) texts.push(list || operator.named ? withName(operator, name, text) : `${name}=${text}`)
    else if (list) texts.push(text)
    else texts.push(name, text)
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
  if (!isPlain(map)) throw unwritable(variable, map)
  // Appendix A would copy the reserved characters of a name; but then a `&` in it would begin another parameter.
  return Object.entries(map).map(([name, member]) => [encodeValue(variable, name), member])
}

/** Of whatever realm. */
function isPlain(map: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(map)
  return prototype === null || Object.getPrototypeOf(prototype) === null
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

function encode(text: string, encoded: RegExp, fault: () => UriError): string {
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

/** What a request's plain `{name}` must be given. */
function demand(variable: Variable, value: unknown): void {
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

function malformed(source: string, offset: number, what: string, remedy: string): UriError {
  return new UriError(`URI template ${quote(source)} is malformed at offset ${offset}: ${what}; ${remedy}`)
}

/** `dots`: what {@link DOT_SEGMENT} found in the URI whose variables lie at `spans`. */
function dotSegment(source: string, dots: RegExpExecArray, spans: readonly Span[]): UriError {
  const start = dots[1]?.length ?? 0
  const end = start + (dots[2] as string).length
  const name = spans.find((span) => span.start <= start && end <= span.end)?.name
  const subject =
    name === undefined ? `URI template ${quote(source)}` : `URI variable ${quote(name)} in ${quote(source)}`
  return new UriError(
    `${subject} makes a path segment "." or "..", which would lead to another resource; leave it out`,
    name,
  )
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
