/** The fields of a flat document by their names, in its order */
export type Fields = ReadonlyMap<string, string>

// White space is what XML calls so, less than what a regular expression does; line ends are line feeds by then.
const START =
  /^(?:<\?xml[ \t\n]+version=(["'])1\.\d\1(?:[ \t\n]+encoding=(["'])[Uu][Tt][Ff]-8\2)?[ \t\n]*\?>)?[ \t\n]*<xml[ \t\n]*>/
const OPEN = /[ \t\n]*<([A-Za-z_][\w.-]*)[ \t\n]*(\/?)>/y
const END = /[ \t\n]*<\/xml[ \t\n]*>[ \t\n]*$/y
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
const ENTITY = /&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|([a-z]{2,4}));/g
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const CDATA = '<![CDATA['

/** Drops the characters that XML cannot carry */
export const legal = (text: string): string => text.replace(ILLEGAL, '')

const isLegal = (text: string): boolean => text.search(ILLEGAL) < 0

/** The text that an entity stands for; `undefined` when there is no such one */
const resolve = (decimal?: string, hex?: string, name = ''): string | undefined => {
  const digits = decimal ?? (hex && `0x${hex}`)
  if (!digits) return NAMED[name]
  const code = Number(digits)
  const text = code <= 0x10_ff_ff ? String.fromCodePoint(code) : ''
  return text !== '' && isLegal(text) ? text : undefined
}

const decode = (text: string): string | undefined => {
  if (text.includes(']]>') || text.replace(ENTITY, '').includes('&')) return undefined
  let known = true
  const decoded = text.replace(ENTITY, (_, ...groups: (string | undefined)[]) => {
    const resolved = resolve(...groups.slice(0, 3))
    known &&= resolved !== undefined
    return resolved ?? ''
  })
  return known ? decoded : undefined
}

/** Text and CDATA sections from `start` up to the next tag; `undefined` when something else stands there */
const readContent = (text: string, start: number): { content: string; end: number } | undefined => {
  let content = ''
  for (let at = start; ; ) {
    const end = text.indexOf('<', at)
    const plain = end < 0 ? undefined : decode(text.slice(at, end))
    if (plain === undefined) return undefined
    content += plain
    if (!text.startsWith(CDATA, end)) return { content, end }
    const close = text.indexOf(']]>', end)
    if (close < 0) return undefined
    content += text.slice(end + CDATA.length, close)
    at = close + 3
  }
}

const textOf = (body: Buffer): string | undefined => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body).replace(/\r\n?/g, '\n')
    return isLegal(text) ? text : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads a document of one level, `<xml>` around fields that hold text, as every APIv2 message is. Strict: UTF-8, no
 * document type, comments, attributes, nesting or entities of its own, no name twice. `undefined` for anything else.
 */
export const readXml = (body: Buffer): Fields | undefined => {
  const text = textOf(body)
  const start = text === undefined ? undefined : START.exec(text)
  if (text === undefined || !start) return undefined
  const fields = new Map<string, string>()
  for (let at = start[0].length; ; ) {
    END.lastIndex = at
    if (END.test(text)) return fields
    OPEN.lastIndex = at
    const [tag, name, empty] = OPEN.exec(text) ?? []
    if (tag === undefined || name === undefined || fields.has(name)) return undefined
    at += tag.length
    const found = empty ? { content: '', end: at } : readContent(text, at)
    if (!found) return undefined
    fields.set(name, found.content)
    if (empty) continue
    const close = `</${name}>`
    if (!text.startsWith(close, found.end)) return undefined
    at = found.end + close.length
  }
}

/** Readers turn a carriage return into a line feed, unless it is a reference, which a CDATA section cannot hold */
const encode = (value: string): string => {
  if (/^\d+$/.test(value)) return value
  if (!value.includes('\r')) return `${CDATA}${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

/** A value of a document: text, an element for each of several values, or elements within one */
export type XmlValue = string | readonly XmlValue[] | { readonly [name: string]: XmlValue }

const element = (name: string, value: XmlValue): string => {
  if (typeof value === 'string') return `<${name}>${encode(value)}</${name}>`
  if (Array.isArray(value)) return value.map((one: XmlValue) => element(name, one)).join('')
  const inner = Object.entries(value).map(([key, one]) => element(key, one as XmlValue))
  return `<${name}>${inner.join('')}</${name}>`
}

/** Writes fields as the platform does: digits as they are, anything else in CDATA */
export const writeXml = (fields: Iterable<readonly [string, XmlValue]>): Buffer => {
  const elements = [...fields].map(([name, value]) => element(name, value))
  return Buffer.from(`<xml>${elements.join('')}</xml>`)
}
