import { isUtf8 } from 'node:buffer'
import { RequestError, WechatpayError } from './errors'
import { isComposite } from './plain'

/** Levels of elements, the root being the first; documented answers have three. */
export const MAX_XML_DEPTH = 32
/** Bytes of a document; documented answers have a few thousand. saxes needs up to 35 bytes of memory for each. */
export const MAX_XML_SIZE = 512 * 1024

/** What an element holds: its text (never trimmed), its children, or, where it was repeated, all of them. */
export type XmlValue = string | XmlObject | (string | XmlObject)[]

/** The children of an element, by name. It has no prototype: `constructor` or `__proto__` are names like others. */
export type XmlObject = { [name: string]: XmlValue }

/** The text is no XML that this package reads. Nothing of the document stands in the message. */
export class XmlError extends WechatpayError {
  /** Where reading stopped: the line, from 1, and how many of its characters were read; `undefined` if it never began. */
  readonly line: number | undefined
  readonly column: number | undefined

  constructor(problem: string, at?: { readonly line: number; readonly column: number }) {
    const message = at ? `line ${at.line}, column ${at.column}: ${problem}` : problem
    super(message, { code: 'ERR_XML', delivery: 'not-sent' })
    this.line = at?.line
    this.column = at?.column
  }
}
Object.defineProperty(XmlError.prototype, 'name', { value: 'XmlError', configurable: true, writable: true })

/** APIv2's XML, as in the PHP SDK. */
export const Transformer = {
  /**
   * Reads a document (UTF-8): the root's children by name. Repeated elements become an array, an empty one is `''`.
   *
   * As in the PHP SDK, the first child decides what mixed content is: after text, the element is its text; before it,
   * its children. Ours: attributes and comments are left out, since `@attributes` and `comment` would be fields nobody
   * sent, and part of what is signed; `n:a` stays a field of that name, where PHP loses it.
   *
   * @throws XmlError for what is not well-formed, has a DTD, or is beyond `MAX_XML_DEPTH` or `MAX_XML_SIZE`
   */
  toObject(xml: string | Uint8Array = '<xml/>'): XmlObject {
    const text = decoded(xml)
    const reader = idle ?? new Reader()
    // One that failed stopped in the middle: it is not used again.
    idle = undefined
    const fields = reader.read(text)
    idle = reader
    return fields
  },

  /**
   * Writes a document, byte for byte what the PHP SDK writes: CDATA where a value holds one of `< > & "`, `null` and
   * `false` as nothing, `true` as `1`, lists as elements called `item`. Members that are `undefined` are left out.
   *
   * @param headless without the XML declaration
   * @param indent one space a level
   * @param root the name of the root
   * @param item the name of a list's elements
   * @throws RequestError that names the field: a name or a character XML cannot carry, an instance of a class,
   *   a number that is not finite, more levels than `MAX_XML_DEPTH`
   */
  toXml(data: object, headless = true, indent = false, root = 'xml', item = 'item'): string {
    checkName(root, 'root')
    checkName(item, 'item')
    if (!isComposite(data))
      throw new RequestError(root, `expected an object of fields, got ${describe(data)}`)
    const body = element(root, data, root, 0, { indent, item })
    if (headless) return body
    return `<?xml version="1.0" encoding="UTF-8"?>\n${body}${indent ? '' : '\n'}`
  },
} as const

/** ES2024 has it, Node too; the ES2023 of our declarations has not. */
type Text = string & { isWellFormed(): boolean }

function decoded(xml: string | Uint8Array): string {
  if (typeof xml !== 'string' && !((xml as unknown) instanceof Uint8Array))
    throw new XmlError('neither text nor bytes')
  // A UTF-16 unit makes three bytes at most: most texts need not be measured.
  const size = typeof xml === 'string' && xml.length * 3 > MAX_XML_SIZE ? Buffer.byteLength(xml) : xml.length
  if (size > MAX_XML_SIZE) throw new XmlError(`larger than ${MAX_XML_SIZE} bytes`)
  if (typeof xml === 'string') {
    // saxes takes half of a surrogate pair together with whatever follows it.
    if (!(xml as Text).isWellFormed()) throw new XmlError('holds half of a surrogate pair')
    return xml
  }
  if (!isUtf8(xml)) throw new XmlError('not UTF-8')
  return Buffer.from(xml.buffer, xml.byteOffset, xml.byteLength).toString()
}

/** As much of saxes as is used: its own declarations are refused by a compiler that checks those of libraries. */
interface Saxes {
  SaxesParser: new (options: { defaultXMLVersion: '1.0'; forceXMLVersion: true }) => Parser
}

interface Parser {
  readonly line: number
  readonly column: number
  on(event: 'text' | 'cdata', handler: (text: string) => void): void
  on(event: 'opentagstart' | 'closetag', handler: (tag: { readonly name: string }) => void): void
  on(event: 'doctype' | 'error', handler: () => void): void
  write(xml: string): Parser
  close(): Parser
}

/** An element being read. */
interface Level {
  text: string
  fields: XmlObject | undefined
  /** Text came before the first child: what `fields` hold is dropped. */
  mixed: boolean
}

const NOT_BLANK = /[^ \t\r\n]/

/** One parser and its levels, for many documents: setting them up costs more than a short answer. */
class Reader {
  readonly #parser: Parser
  /** The first stands for the document, whose only child is the root. */
  readonly #levels: Level[] = Array.from({ length: MAX_XML_DEPTH + 1 }, () => ({
    text: '',
    fields: undefined,
    mixed: false,
  }))
  #depth = 0
  #level = this.#levels[0] as Level
  #root: XmlObject | undefined

  constructor() {
    // Loaded when first needed, as undici is. XML 1.1 would let control characters in.
    const { SaxesParser } = require('saxes') as Saxes
    const parser = new SaxesParser({ defaultXMLVersion: '1.0', forceXMLVersion: true })
    // Text between children is of no use: it is dropped at once.
    const text = (piece: string): void => {
      const level = this.#level
      if (level.fields === undefined || level.mixed) level.text += piece
    }
    parser.on('text', text)
    parser.on('cdata', text)
    parser.on('opentagstart', () => this.#open())
    parser.on('closetag', ({ name }) => this.#close(name))
    parser.on('doctype', () => this.#refuse('has a DTD'))
    parser.on('error', () => this.#refuse('not well-formed'))
    this.#parser = parser
  }

  read(xml: string): XmlObject {
    this.#parser.write(xml).close()
    const root = this.#root as XmlObject
    // A reader that waits for the next document does not keep the last.
    this.#root = undefined
    return root
  }

  #open(): void {
    const parent = this.#level
    if (parent.fields === undefined) {
      parent.fields = Object.create(null) as XmlObject
      parent.mixed = NOT_BLANK.test(parent.text)
    }
    const level = this.#levels[++this.#depth]
    this.#level = level ?? this.#refuse(`deeper than ${MAX_XML_DEPTH} levels`)
  }

  #close(name: string): void {
    const { text, fields, mixed } = this.#level
    this.#level.text = ''
    this.#level.fields = undefined
    const parent = this.#levels[--this.#depth] as Level
    this.#level = parent
    if (this.#depth === 0) this.#root = fields ?? onlyText(text)
    else add(parent.fields as XmlObject, name, fields === undefined || mixed ? text : fields)
  }

  #refuse(problem: string): never {
    // The parser's own messages quote names of the document.
    const { line, column } = this.#parser
    throw new XmlError(problem, { line, column })
  }
}

let idle: Reader | undefined

/** A root without children is in PHP a list of its text. */
function onlyText(text: string): XmlObject {
  const fields: XmlObject = Object.create(null)
  if (NOT_BLANK.test(text)) fields[0] = text
  return fields
}

function add(fields: XmlObject, name: string, value: string | XmlObject): void {
  const present = fields[name]
  if (present === undefined) fields[name] = value
  else if (Array.isArray(present)) present.push(value)
  else fields[name] = [present, value]
}

interface Layout {
  readonly indent: boolean
  readonly item: string
}

function element(name: string, value: unknown, field: string, level: number, layout: Layout): string {
  const [margin, end] = layout.indent ? [' '.repeat(level), '\n'] : ['', '']
  if (level === MAX_XML_DEPTH) throw new RequestError(field, `nested deeper than ${MAX_XML_DEPTH} levels`)
  if (!isComposite(value)) return `${margin}<${name}>${content(value, field)}</${name}>${end}`
  const inside = children(value, field, level + 1, layout)
  return inside === ''
    ? `${margin}<${name}/>${end}`
    : `${margin}<${name}>${end}${inside}${margin}</${name}>${end}`
}

function children(parent: object, field: string, level: number, layout: Layout): string {
  const isList = Array.isArray(parent)
  let xml = ''
  for (const [key, value] of Object.entries(parent)) {
    if (value === undefined) continue
    const path = isList ? `${field}[${key}]` : `${field}.${key}`
    // PHP calls such an element `item`: what is sent is then not what was signed.
    if (!isList) checkName(key, path)
    xml += element(isList ? layout.item : key, value, path, level, layout)
  }
  return xml
}

const NEEDS_CDATA = /[<>&"]/

function content(value: unknown, field: string): string {
  const text = scalar(value, field)
  checkCharacters(text, field)
  // A parser makes \r a line feed unless it is a reference, and there are no references inside CDATA.
  if (!NEEDS_CDATA.test(text)) return text.replaceAll('\r', '&#13;')
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>').replaceAll('\r', ']]>&#13;<![CDATA[')}]]>`
}

function scalar(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  if (value === null || value === false) return ''
  if (value === true) return '1'
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value)
  throw new RequestError(
    field,
    `expected text, a number, a boolean, a list or an object, got ${describe(value)}`,
  )
}

const LONE_SURROGATE = /\p{Surrogate}/u
/** Anything but XML 1.0's production 2, Char. */
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

function checkCharacters(text: string, field: string): void {
  const [character] = NO_CHARACTER.exec(text) ?? []
  if (character === undefined) return
  if (LONE_SURROGATE.test(character)) {
    throw new RequestError(
      field,
      'holds half of a surrogate pair: the text was cut in the middle of a character',
    )
  }
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  throw new RequestError(field, `holds U+${code}, a character that XML cannot carry`)
}

const START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
/** XML 1.0's production 5, Name. */
const NAME = new RegExp(`^[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`, 'u')

function checkName(name: string, field: string): void {
  if (!NAME.test(name))
    throw new RequestError(field, `${JSON.stringify(name)} cannot be the name of an element`)
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === null) return String(value)
  return typeof value === 'object' ? `a ${value.constructor?.name}` : `a ${typeof value}`
}
