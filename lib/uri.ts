import { parse as parseGrammar } from 'uri-template'
import {
  demand,
  encode,
  expansion,
  HALF_PAIR,
  NOT_RESERVED,
  OPERATORS,
  quote,
  UriError,
  type Variable,
} from './expansion'

export { UriError } from './expansion'

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

interface Span {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** RFC 6570 section 2.3: dots stand between characters; a triplet is part of the name and is not decoded. */
const VARIABLE_NAME = /^(?!\.)(?:\.?(?:\w|%[\dA-F]{2}))+$/i
/** Section 2.4.1: from 1 to four digits. */
const MAX_LENGTH = 9999

/** Most have none. */
const DOT = /\.|%2e/i
/** The last `.` or `..` of a path, before any query or fragment; `%2e` is the same dot (RFC 3986 section 6.2.2). */
const DOT_SEGMENT = /^([^?#]*\/)?((?:\.|%2e){1,2})(?:[/?#]|$)/i

const SYNTAX =
  'write {name}, {name:3} (1 to 9999), {name*} or {+name}, with one of the operators + # . / ; ? & and names of letters, ' +
  'digits, _ and single dots; write a literal brace as %7B or %7D'

const CACHED = 1000
const cache = new Map<string, Template>()

const NAME = /^[A-Za-z_$][\w$]*$/
const BRACED = /^_(.*)_$/

/**
 * One property name, or one argument of `chain()`, as it stands in a template.
 *
 * A name (letters, digits, `_`, `$`) is normalised as the PHP SDK does: `_name_` → `{name}`, whose inside stays as it is,
 * any other from PascalCase or camelCase to kebab-case. Everything else is returned as written.
 */
export function normalize(name: string): string {
  if (!NAME.test(name)) return name
  if (BRACED.test(name)) return name.replace(BRACED, '{$1}')
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
      const dots = DOT.test(uri) ? DOT_SEGMENT.exec(uri) : null
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
