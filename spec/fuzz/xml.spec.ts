import * as fc from 'fast-check'
import { RequestError } from '../../lib/errors'
import { readXml } from '../../lib/simulator/xml'
import { MAX_XML_DEPTH, MAX_XML_SIZE, Transformer, XmlError, type XmlValue } from '../../lib/transformer'
import { anything, NAMES, OWN, XML_WORDS } from './hostile'
import { damage, damaged, effort, fuzz } from './runs'

/*
 * XML, read from what a writer of its own has written in every way that XML allows, and from what was damaged since.
 */

/** An element: its name, and its text, its children, or children with text around them. */
interface Element {
  readonly name: string
  readonly content: string | readonly Element[]
  readonly around?: readonly string[]
}

/** A document in one of its spellings, and what it says. */
interface Written {
  readonly root: Element
  readonly xml: string
}

const name = fc.oneof(
  fc.constantFrom(...NAMES, 'return_code', 'sign', 'n:a', '书', '_', 'a-b.c', 'xml'),
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/),
)
/** What XML can carry. */
const character = fc.oneof(
  fc.constantFrom(
    ...'<>&"\'\r\n\t ]]>a1;#',
    '\u{85}',
    '\u{a0}',
    '\u{2028}',
    '\u{feff}',
    '书',
    '🧋',
    '\u{fffd}',
  ),
  fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0x10_000, max: 0x10_ffff }).map((code) => String.fromCodePoint(code)),
)
const text = fc.array(character, { maxLength: 8 }).map((all) => all.join(''))

const { element } = fc.letrec<{ element: Element; content: Element['content'] }>((tie) => ({
  element: fc.oneof(
    { weight: 4, arbitrary: fc.record({ name, content: tie('content') }) },
    {
      weight: 1,
      arbitrary: fc.record({
        name,
        content: fc.array(tie('element'), { minLength: 1, maxLength: 2 }),
        around: fc.array(fc.oneof(text, fc.constantFrom('', ' \n')), { minLength: 3, maxLength: 3 }),
      }),
    },
  ),
  content: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.array(tie('element'), { minLength: 1, maxLength: 4 }),
  ),
}))
const root = fc.record({ name, content: fc.array(element, { maxLength: 5 }) })

const NAMED: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
}

/** One character of text; `dice` says how. */
function spelled(character: string, after: string | undefined, dice: number): string {
  const code = character.codePointAt(0) as number
  const references = [`&#${code};`, `&#x${code.toString(16)};`, `&#x00${code.toString(16).toUpperCase()};`]
  const reference = references[dice % 3] as string
  if (character === '\r') return reference
  if (character === '\n') return ['\n', '\r\n', after === '\n' ? '\n' : '\r', reference][dice % 4] as string
  // `>` may stand for itself, but not behind `]]`.
  if (NAMED[character] !== undefined)
    return character === '"' || character === "'"
      ? ([character, NAMED[character], reference][dice % 3] as string)
      : ([NAMED[character], reference][dice % 2] as string)
  return dice % 5 === 0 ? reference : character
}

const NOISE = ['', '<!-- a < b & c -->', '<?php echo 1 ?>', '<![CDATA[]]>']
const BLANKS = ['', ' ', '\n', '\r\n\t', '<!--x-->', ' <?y?> ']
const ATTRIBUTES = ['', ' ', ' a="1"', " b='<![CDATA['".replace('<', '&lt;'), ' c="&amp;&#10;"\n']

/** Writes a document as the dice fall. */
function write(root: Element, dice: () => number): string {
  const pick = (choices: readonly string[]): string => choices[dice() % choices.length] as string
  const textOf = (content: string): string => {
    const all = [...content]
    let written = ''
    for (let at = 0; at < all.length; ) {
      const length = dice() % 4
      const piece = all.slice(at, at + length).join('')
      const fits = length > 0 && !piece.includes('\r') && !piece.includes(']]>')
      if (fits) {
        written += `<![CDATA[${piece}]]>`
        at += length
      } else {
        const next = all[at] as string
        written += next === ']' ? '&#93;' : spelled(next, all[at + 1], dice())
        at++
      }
      if (dice() % 8 === 0) written += pick(NOISE)
    }
    return written
  }
  const elementOf = ({ name, content, around }: Element): string => {
    const attributes = dice() % 4 === 0 ? pick(ATTRIBUTES) : ''
    if (content.length === 0 && dice() % 2 === 0) return `<${name}${attributes}/>`
    const inside =
      typeof content === 'string'
        ? textOf(content)
        : around
          ? content.map((child, at) => textOf(around[at] ?? '') + elementOf(child)).join('') +
            textOf(around[content.length] ?? '')
          : content.map((child) => pick(BLANKS) + elementOf(child)).join('') + pick(BLANKS)
    return `<${name}${attributes}>${inside}</${name}${dice() % 4 === 0 ? '\n' : ''}>`
  }
  const declaration = pick([
    '',
    '<?xml version="1.0"?>',
    '<?xml version="1.1"?>',
    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n",
  ])
  return pick(['', '\u{feff}']) + declaration + pick(BLANKS) + elementOf(root) + pick(BLANKS)
}

const document: fc.Arbitrary<Written> = fc
  .tuple(root, fc.array(fc.nat(59), { minLength: 1, maxLength: 40 }))
  .map(([root, numbers]) => {
    let at = 0
    return { root, xml: write(root, () => numbers[at++ % numbers.length] as number) }
  })

/** What a document says, as entries, so that `__proto__` is a name like others. */
type Said = string | readonly (readonly [string, Said | readonly Said[]])[]

function said({ content, around }: Element): Said {
  if (typeof content === 'string') return content
  // The first child decides: behind text it is left out.
  if (around && /[^ \t\r\n]/.test(around[0] ?? '')) return around.slice(0, content.length + 1).join('')
  const all = new Map<string, Said[]>()
  for (const child of content) all.set(child.name, [...(all.get(child.name) ?? []), said(child)])
  return [...all].map(([name, values]) => [name, values.length === 1 ? (values[0] as Said) : values])
}

function read(value: XmlValue): unknown {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(read)
  expect(Object.getPrototypeOf(value)).toBeNull()
  return Object.entries(value).map(([name, member]) => [name, read(member)])
}

function depth(value: XmlValue): number {
  if (typeof value === 'string') return 0
  const inner = Object.values(value).map(depth)
  return Math.max(0, ...inner) + (Array.isArray(value) ? 0 : 1)
}

const texts = (value: XmlValue): string[] =>
  typeof value === 'string' ? [value] : Object.values(value).flatMap(texts)

const isText = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Anything but what XML 1.0 can carry. */
const FOREIGN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u

/** The fields, or the error, which tells nothing of the document. */
function attempt(xml: string | Uint8Array): { fields: XmlValue } | { error: XmlError } {
  try {
    return { fields: Transformer.toObject(xml) }
  } catch (error) {
    expect(error).toBeInstanceOf(XmlError)
    expect(error).toMatchObject({ code: 'ERR_XML', delivery: 'not-sent' })
    expect((error as XmlError).message).toMatch(
      /^(?:line \d+, column \d+: )?(?:has a DTD|not well-formed|deeper than 32 levels|larger than 524288 bytes|holds half of a surrogate pair|not UTF-8)$/,
    )
    return { error: error as XmlError }
  }
}

describe('XML', () => {
  fuzz(
    'says the same, however it is written',
    300,
    fc.property(document, ({ root, xml }) => {
      expect(read(Transformer.toObject(xml))).toEqual(said(root))
      expect(read(Transformer.toObject(Buffer.from(xml)))).toEqual(said(root))
    }),
  )

  fuzz(
    'that was damaged is refused, or says what another reader reads',
    400,
    fc.property(document, damage(XML_WORDS), fc.integer({ min: 1, max: 1000 }), ({ xml }, changes, cut) => {
      const bytes = damaged(Buffer.from(xml), changes)
      const outcome = attempt(bytes)
      // Read as text it is the same, as long as it was text.
      if (bytes.equals(Buffer.from(bytes.toString()))) expect(attempt(bytes.toString())).toEqual(outcome)
      const flat = readXml(bytes)
      if (flat !== undefined) expect(outcome).toMatchObject({ fields: Object.fromEntries(flat) })
      if (!isText(bytes)) expect(outcome).toHaveProperty('error')
      if ('fields' in outcome) {
        expect(texts(outcome.fields).join('')).not.toMatch(FOREIGN)
        expect(depth(outcome.fields)).toBeLessThan(MAX_XML_DEPTH)
        // Of a whole document no beginning is one.
        const end = bytes.lastIndexOf('>')
        attempt(bytes.subarray(0, Math.floor((end * cut) / 1000)))
      }
    }),
  )

  fuzz(
    'that is flat and damaged is refused, or says what another reader reads',
    400,
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,4}$/), text), { maxLength: 5 }),
      damage(XML_WORDS),
      (fields, changes) => {
        const children = fields.map(([name, content]) => ({ name, content }))
        const xml = write({ name: 'xml', content: children }, () => 1)
        const bytes = damaged(Buffer.from(xml), changes)
        const outcome = attempt(bytes)
        const flat = readXml(bytes)
        if (flat === undefined) return
        expect(outcome).toMatchObject({ fields: expect.anything() })
        if ('fields' in outcome) expect(Object.entries(outcome.fields)).toEqual([...flat])
      },
    ),
  )

  fuzz(
    'is read as if nothing had been read before',
    150,
    fc.property(document, damage(XML_WORDS), ({ root, xml }, changes) => {
      attempt(damaged(Buffer.from(xml), changes))
      expect(read(Transformer.toObject(xml))).toEqual(said(root))
      attempt(damaged(Buffer.from(xml), changes.slice(1)))
      expect(read(Transformer.toObject(xml))).toEqual(said(root))
    }),
  )

  fuzz(
    'cut short is refused',
    200,
    fc.property(document, fc.nat(999), ({ xml }, at) => {
      // Behind the last bracket nothing is missed.
      const whole = Buffer.from(xml.slice(0, xml.lastIndexOf('</') + 2))
      expect(attempt(whole.subarray(0, Math.floor((whole.length * at) / 1000)))).toHaveProperty('error')
    }),
  )

  fuzz(
    'with a document type is refused',
    60,
    fc.property(
      document,
      fc.constantFrom(
        '<!DOCTYPE xml>',
        '<!DOCTYPE xml [<!ENTITY x "1">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
      ),
      ({ xml }, type) => {
        const at = xml.search(/<[^?!]/)
        expect(attempt(xml.slice(0, at) + type + xml.slice(at))).toMatchObject({
          error: { message: expect.stringMatching(/: has a DTD$/) },
        })
      },
    ),
  )

  fuzz(
    'in another encoding is refused, or read as UTF-8',
    60,
    fc.property(document, fc.constantFrom('utf16le', 'latin1'), fc.boolean(), ({ xml }, encoding, marked) => {
      const bytes = Buffer.from(marked ? `\u{feff}${xml}` : xml, encoding as BufferEncoding)
      const outcome = attempt(bytes)
      if (encoding === 'utf16le') expect(outcome).toHaveProperty('error')
      else if ('fields' in outcome) expect(outcome).toEqual(attempt(bytes.toString()))
    }),
  )

  fuzz(
    'of whatever it is made is read again, or there is an error',
    400,
    fc.property(anything, fc.boolean(), (data, indent) => {
      let xml: string
      try {
        xml = Transformer.toXml(data as object, false, indent)
      } catch (error) {
        if (error !== OWN) expect(error).toBeInstanceOf(RequestError)
        return
      }
      expect(attempt(xml)).toHaveProperty('fields')
    }),
  )
})

/** A number stands for the `%`. */
const WHOLE = [
  '<a%>x</a%>',
  '<![CDATA[x]]>',
  '&amp;',
  '&#%;',
  '<!-- - -->',
  '<?x ?? ?>',
  '<a/>',
  '<a> </a>',
  'x ]',
  '\r',
  '<a b="1" c="2"/>',
]
const unit = fc
  .oneof(
    fc.array(fc.constantFrom(...WHOLE), { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.oneof(
        fc.constantFrom(...XML_WORDS),
        fc.constantFrom(...WHOLE, '<a%>', '<a%/>', '</a%>', ' a%="1"', 'x'.repeat(999), ']'),
      ),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map((pieces) => pieces.join(''))

describe('what is no XML', () => {
  fuzz(
    'takes no long time, whatever is repeated in it',
    40,
    fc.asyncProperty(
      fc.constantFrom(
        '',
        '<xml>',
        '<xml ',
        '<xml a="',
        '<xml><a>',
        '<xml><![CDATA[',
        '<xml><!--',
        '<xml><a>1</a>',
      ),
      unit,
      fc.constantFrom('', ']]></xml>', '"/>', '-->', '</a></xml>', '</xml>', '/>'),
      async (beginning, unit, end) => {
        const times = Math.floor((MAX_XML_SIZE - 100) / (Buffer.byteLength(unit) + 5))
        const middle = Array.from({ length: times }, (_, at) => unit.replaceAll('%', String(at))).join('')
        const xml = (beginning + middle + end).slice(0, MAX_XML_SIZE / 2)
        expect(await effort(() => attempt(xml))).toBeLessThan(1)
      },
    ),
  )
})

describe('found', () => {
  test.each(['\u{2028}', '\u{a0}', '\u{feff}', '\v'])(
    'the simulator took %j for white space between elements, and <XML> for the root',
    (blank) => {
      for (const xml of [
        `<xml><a>1</a>${blank}</xml>`,
        `<xml>${blank}<a>1</a></xml>`,
        '<XML><a>1</a></xml>',
      ]) {
        expect(readXml(Buffer.from(xml))).toBeUndefined()
      }
    },
  )
})
