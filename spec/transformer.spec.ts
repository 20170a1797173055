import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { RequestError } from '../lib/errors'
import { MAX_XML_DEPTH, MAX_XML_SIZE, Transformer, XmlError, type XmlObject } from '../lib/transformer'
import { leaks, thrownBy } from './support/leaks'

/** As ordinary objects, which toEqual compares. */
const read = (xml: string | Uint8Array): unknown => JSON.parse(JSON.stringify(Transformer.toObject(xml)))

const refusal = (xml: string | Uint8Array): XmlError => {
  const error = thrownBy(() => Transformer.toObject(xml))
  expect(error).toBeInstanceOf(XmlError)
  return error as XmlError
}

/** Strings that XML can carry. */
const carried = fc.oneof(
  fc
    .string({ unit: 'binary' })
    .filter((text) => !/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)),
  // Where mistakes are likely: what delimits, and what parsers normalise.
  fc.string({
    unit: fc.constantFrom(
      ']',
      '>',
      '<',
      '&',
      '"',
      "'",
      '\r',
      '\n',
      '\t',
      ' ',
      'a',
      ';',
      '#',
      '!',
      '[',
      '\u0085',
      '\u2028',
      '\ufeff',
      '\u{1fffe}',
      '😀',
    ),
    maxLength: 12,
  }),
)

describe('reading, as the PHP SDK', () => {
  test.each<[string, string, unknown]>([
    [
      'simple',
      '<xml><a><![CDATA[1]]></a><b/><c> x </c><d>&lt;&amp;&#20013;</d></xml>',
      { a: '1', b: '', c: ' x ', d: '<&中' },
    ],
    [
      'nested and repeated',
      '<xml><a><b>1</b><b>2</b></a><c><d/></c></xml>',
      { a: { b: ['1', '2'] }, c: { d: '' } },
    ],
    ['no fields', '<xml/>', {}],
    ['no fields either', '<xml></xml>', {}],
    ['a root of text only', '<xml>abc</xml>', { 0: 'abc' }],
    ['a root of white space only', '<xml> \n\t\r</xml>', {}],
    ['text before children', '<xml><a>t<b>1</b>u</a></xml>', { a: 'tu' }],
    ['text after children', '<xml><a> <b>1</b>u</a></xml>', { a: { b: '1' } }],
    ['text beside the children of the root', '<xml>t<a>1</a>u<b>2</b></xml>', { a: '1', b: '2' }],
    [
      'a declaration and a byte order mark',
      '\ufeff<?xml version="1.0" encoding="UTF-8"?><xml><a>1</a></xml>',
      { a: '1' },
    ],
    ['white space', '<xml>\n  <a>1</a>\n  <b>\n</b></xml>', { a: '1', b: '\n' }],
    ['line breaks', '<xml><a>1\r\n2\r3\n4&#13;5</a></xml>', { a: '1\n2\n3\n4\r5' }],
  ])('%s', (_, xml, fields) => {
    expect(read(xml)).toEqual(fields)
    expect(read(Buffer.from(xml))).toEqual(fields)
  })

  test('nothing given is <xml/>', () => {
    expect(Object.keys(Transformer.toObject())).toEqual([])
  })
})

describe('reading, not as the PHP SDK', () => {
  test.each<[string, string, unknown]>([
    ['attributes are no fields', '<xml v="1"><a k="2">x</a><b c=""/></xml>', { a: 'x', b: '' }],
    ['nor are comments', '<xml><!-- c --><a>1<!-- <b>2</b> -->3</a></xml>', { a: '13' }],
    ['nor instructions', '<?a b?><xml><?php x?><a>1<?c?>2</a></xml><?d?>', { a: '12' }],
    [
      'namespaces are part of the name',
      '<xml xmlns:n="u"><n:a>1</n:a><m:b/><b>2</b></xml>',
      { 'n:a': '1', 'm:b': '', b: '2' },
    ],
  ])('%s', (_, xml, fields) => {
    expect(read(xml)).toEqual(fields)
  })
})

describe('reading: values', () => {
  test.each<[string, string]>([
    ['007', '007'],
    ['1e3', '1e3'],
    ['true', 'true'],
    [' 1 ', ' 1 '],
    ['&lt;&gt;&amp;&quot;&apos;', '<>&"\''],
    ['&#x4e2d;&#20013;&#128512;', '中中😀'],
    ['<![CDATA[<b>&lt;</b>]]>', '<b>&lt;</b>'],
    ['a<![CDATA[b]]>c<![CDATA[]]>', 'abc'],
    ['<![CDATA[]]]]><![CDATA[>]]>', ']]>'],
    ['\u0085\u2028', '\u0085\u2028'],
  ])('%j', (xml, value) => {
    expect(read(`<xml><a>${xml}</a></xml>`)).toEqual({ a: value })
  })

  test('repeated elements keep their order, whatever stands between them', () => {
    expect(read('<xml><a>1</a><b/><a><c>2</c></a><a/><b>x</b></xml>')).toEqual({
      a: ['1', { c: '2' }, ''],
      b: ['', 'x'],
    })
    expect(read('<xml><a/><a/></xml>')).toEqual({ a: ['', ''] })
  })

  test('one document leaves nothing for the next, nor does one that failed', () => {
    const first = Transformer.toObject('<xml>t<a>u<b>1</b></a></xml>')
    refusal('<xml>text<a>more<b>1</b>')
    refusal('<xml><a><b><c>')
    expect(read('<xml><a><b>2</b></a></xml>')).toEqual({ a: { b: '2' } })
    expect(read('<xml><a>t<b>2</b></a><a><b>3</b></a></xml>')).toEqual({ a: ['t', { b: '3' }] })
    expect(read('<xml/>')).toEqual({})
    expect({ ...first }).toEqual({ a: 'u' })
  })

  test('a part of a buffer', () => {
    const bytes = Buffer.from('xx<xml><a>中</a></xml>yy')
    expect(read(bytes.subarray(2, -2))).toEqual({ a: '中' })
    expect(read(new Uint8Array(bytes).subarray(2, -2))).toEqual({ a: '中' })
  })
})

describe('names that mean something to JavaScript are names like others', () => {
  const NAMES = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'then',
  ]

  test.each(NAMES)('%s', (name) => {
    const fields = Transformer.toObject(
      `<xml><${name}>1</${name}><o><${name}><polluted>1</polluted></${name}></o><l><${name}/><${name}/></l></xml>`,
    ) as Record<string, XmlObject>
    expect(Object.keys(fields)).toEqual([name, 'o', 'l'])
    expect(fields[name]).toBe('1')
    expect(Object.keys(fields.o as XmlObject)).toEqual([name])
    expect(JSON.stringify(fields.l)).toBe(`{"${name}":["",""]}`)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('objects have no prototype, and nothing that was not sent', () => {
    const fields = Transformer.toObject('<xml><a><b/></a></xml>')
    const prototypes = [fields, fields.a, Transformer.toObject(), Transformer.toObject('<xml>a</xml>')]
    expect(prototypes.map((object) => Object.getPrototypeOf(object))).toEqual([null, null, null, null])
    for (const name of NAMES) expect(fields[name]).toBeUndefined()
  })

  test('and can be written again', () => {
    const xml = '<xml><__proto__><constructor>1</constructor></__proto__></xml>'
    expect(Transformer.toXml(Transformer.toObject(xml))).toBe(xml)
  })
})

describe('what is refused', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['text', 'garbage'],
    ['JSON', '{"return_code":"SUCCESS"}'],
    ['HTML with an unclosed element', '<html><br></html>'],
    ['trailing text', '<xml><a>1</a></xml>trailing'],
    ['trailing CDATA', '<xml/><![CDATA[]]>'],
    ['a trailing reference', '<xml/>&#32;'],
    ['leading text', 'x<xml/>'],
    ['two roots', '<xml><a>1</a></xml><xml/>'],
    ['two empty roots', '<xml/><xml/>'],
    ['no root', '<?xml version="1.0"?><!-- c -->'],
    ['truncated in a name', '<xml><a>1</a'],
    ['truncated in text', '<xml><a>1'],
    ['truncated between elements', '<xml><a>1</a>'],
    ['truncated in CDATA', '<xml><a><![CDATA[1]]'],
    ['truncated in a comment', '<xml/><!-- '],
    ['truncated in an instruction', '<xml/><?a'],
    ['mismatched', '<xml><a>1</b></xml>'],
    ['crossed', '<xml><a><b></a></b></xml>'],
    ['closed twice', '<xml></xml></xml>'],
    ['in other letters', '<xml></XML>'],
    ['an unquoted attribute', '<xml a=1/>'],
    ['an attribute twice', '<xml a="1" a="2"/>'],
    ['no name', '<xml>< a/></xml>'],
    ['a number as a name', '<xml><1/></xml>'],
    ['a bare ampersand', '<xml><a>a & b</a></xml>'],
    ['a bare ]]>', '<xml><a>]]></a></xml>'],
    ['an entity of HTML', '<xml><a>&nbsp;</a></xml>'],
    ['an entity of JavaScript', '<xml><a>&constructor;</a></xml>'],
    ['a prototype as an entity', '<xml><a>&__proto__;</a></xml>'],
    ['a control character', '<xml><a>1\x012</a></xml>'],
    ['NUL', '<xml><a>\0</a></xml>'],
    ['U+FFFE', '<xml><a>\ufffe</a></xml>'],
    ['a control character in CDATA', '<xml><a><![CDATA[\x0b]]></a></xml>'],
    ['a reference to a control character', '<xml><a>&#1;</a></xml>'],
    ['a reference to NUL', '<xml><a>&#x0;</a></xml>'],
    ['a reference to half of a character', '<xml><a>&#xd83d;&#xde00;</a></xml>'],
    ['a reference beyond Unicode', '<xml><a>&#x110000;</a></xml>'],
    ['a control character that XML 1.1 has', '<?xml version="1.1"?><xml><a>&#1;</a></xml>'],
    ['a declaration that comes late', ' <?xml version="1.0"?><xml/>'],
    ['two byte order marks', '\ufeff\ufeff<xml/>'],
  ])('%s', (_, xml) => {
    expect(refusal(xml).message).toMatch(
      /^line 1, column \d+: not well-formed$|^line 2, column 0: not well-formed$/,
    )
    expect(refusal(Buffer.from(xml)).message).toMatch(/not well-formed$/)
  })

  test.each([
    ['a DTD', '<!DOCTYPE xml><xml/>'],
    [
      'a DTD after a declaration',
      '<?xml version="1.0"?>\n<!-- c --><!DOCTYPE xml SYSTEM "http://h.example/x.dtd"><xml/>',
    ],
    ['an entity of its own', '<!DOCTYPE x [<!ENTITY e "v">]><xml><a>&e;</a></xml>'],
    ['an external entity', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><xml><a>&e;</a></xml>'],
    [
      'an entity bomb',
      `<!DOCTYPE x [<!ENTITY a0 "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('')}]><xml>&a9;</xml>`,
    ],
  ])('%s', (_, xml) => {
    expect(refusal(xml).message).toMatch(/^line \d, column \d+: has a DTD$/)
  })

  test('half of a character, which would take the next one with it', () => {
    for (const half of ['\ud83d', '\ude00', '\ude00\ud83d']) {
      expect(refusal(`<xml><a>${half}</a></xml>`).message).toBe('holds half of a surrogate pair')
      expect(refusal(`<xml><a><b/></a>${half}`).message).toBe('holds half of a surrogate pair')
    }
    expect(read('<xml><a>\ud83d\ude00</a></xml>')).toEqual({ a: '😀' })
  })

  test('bytes that are not UTF-8', () => {
    const latin1 = refusal(
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><xml><a>é</a></xml>', 'latin1'),
    )
    expect(latin1).toMatchObject({ message: 'not UTF-8', line: undefined, column: undefined })
    expect(refusal(Buffer.from('\ufeff<xml/>', 'utf16le')).message).toBe('not UTF-8')
    expect(refusal(Buffer.from([...Buffer.from('<xml><a>'), 0xed, 0xa0, 0x80])).message).toBe('not UTF-8')
  })

  test('the error says where, but nothing of what stands there', () => {
    const secret = 'topsecretvalueofthemerchant'
    for (const xml of [
      `<xml>\n<a>${secret}</b></xml>`,
      `<xml>\n<a></${secret}></xml>`,
      `<xml>\n<${secret}>`,
      `<xml>\n<a ${secret}="1" ${secret}="1"/></xml>`,
      `<xml>\n&${secret};</xml>`,
      `<xml/>\n${secret}`,
    ]) {
      const error = refusal(xml)
      expect(error.name).toBe('XmlError')
      expect(error.line).toBe(2)
      expect(error.column).toBeGreaterThan(0)
      expect(error).not.toHaveProperty('cause')
      expect(leaks(error, secret)).toBe(false)
      expect(inspect(error)).toContain(`XmlError: line 2, column ${error.column}: not well-formed`)
    }
    expect(refusal('<xml>\n<a>1\x012</a></xml>')).toMatchObject({ line: 2, column: 5 })
  })
})

describe('limits', () => {
  const nested = (depth: number): string => `${'<a>'.repeat(depth - 1)}<b>1</b>${'</a>'.repeat(depth - 1)}`

  test('are what the design says', () => {
    expect([MAX_XML_DEPTH, MAX_XML_SIZE]).toEqual([32, 512 * 1024])
  })

  test('levels', () => {
    expect(JSON.stringify(Transformer.toObject(nested(MAX_XML_DEPTH)))).toContain('{"b":"1"}')
    expect(refusal(nested(MAX_XML_DEPTH + 1))).toMatchObject({
      message: 'line 1, column 99: deeper than 32 levels',
    })
    // Siblings are no levels.
    expect(Object.keys(Transformer.toObject(`<xml>${'<a><b/></a>'.repeat(100)}</xml>`))).toEqual(['a'])
    expect(Object.keys(Transformer.toObject(nested(MAX_XML_DEPTH)))).toEqual(['a'])
  })

  test.each([
    ['one byte a character', 'x', 1],
    ['two', 'é', 2],
    ['three', '中', 3],
    ['four', '😀', 4],
  ])('bytes: %s', (_, character, bytes) => {
    const [open, close] = ['<xml><a>', '</a></xml>']
    const room = MAX_XML_SIZE - open.length - close.length
    const fill = character.repeat(Math.floor(room / bytes)) + ' '.repeat(room % bytes)
    const largest = `${open}${fill}${close}`
    expect(Buffer.byteLength(largest)).toBe(MAX_XML_SIZE)
    expect(Transformer.toObject(largest)).toMatchObject({ a: fill })
    expect(Transformer.toObject(Buffer.from(largest))).toMatchObject({ a: fill })
    for (const larger of [`${largest}\n`, Buffer.from(`${largest}\n`)]) {
      expect(refusal(larger)).toMatchObject({
        message: 'larger than 524288 bytes',
        line: undefined,
        column: undefined,
      })
    }
  })
})

describe('hostile documents end within a second and 100 MB', () => {
  // In a process of its own: what the others left behind would be measured too.
  const MEASURE = `
    const { MAX_XML_SIZE, Transformer } = require(${JSON.stringify(resolve(__dirname, '../lib/transformer.ts'))})
    const fill = (open, unit, close) =>
      open + unit.repeat(Math.floor((MAX_XML_SIZE - open.length - close.length) / unit.length)) + close
    const many = (open, unit, close) => {
      let xml = open
      for (let i = 0; xml.length < MAX_XML_SIZE - 32; i++) xml += unit(i.toString(36))
      return xml + close
    }
    try { Transformer.toObject('<') } catch {}
    const documents = {
      'an entity bomb': () =>
        '<!DOCTYPE x [<!ENTITY a0 "lol">' + Array.from({ length: 9 }, (_, i) =>
          '<!ENTITY a' + (i + 1) + ' "' + ('&a' + i + ';').repeat(10) + '">').join('') + ']><xml>&a9;</xml>',
      '100,000 levels': () => '<a>'.repeat(1e5) + '</a>'.repeat(1e5),
      '50 MB': () => Buffer.alloc(50e6, '<a>x</a>'),
      truncated: () => fill('<xml><a>', 'x', '</a'),
      'two roots': () => fill('<xml>', 'x', '</xml><xml/>'),
      'a DTD of quotes': () => fill('<!DOCTYPE x [', '"', ']><xml/>'),
      'a DTD of entities': () => fill('<!DOCTYPE x [', '<!ENTITY a "b">', ']><xml/>'),
      'an endless entity': () => fill('<xml>&', 'a', ';</xml>'),
      'an endless name': () => fill('<xml><', 'a', ' >'),
      'a comment of dashes': () => fill('<xml><!--', '-a', '--></xml>!'),
      'CDATA of brackets': () => fill('<xml><a><![CDATA[', ']a', ']]></a></xml>!'),
      'an instruction of question marks': () => fill('<xml><?a ', '?b', '?></xml>!'),
      'line breaks': () => fill('<xml><a>', '\\r', '</a></xml>!'),
      references: () => fill('<xml><a>', '&lt;', '</a></xml>!'),
      siblings: () => fill('<xml>', '<a/>', '</xml>!'),
      objects: () => fill('<xml>', '<a><b>1</b></a>', '</xml>!'),
      names: () => many('<xml>', (id) => '<a' + id + '/>', '</xml>!'),
      attributes: () => many('<xml ', (id) => 'a' + id + '="" ', '/>!'),
    }
    const made = Object.entries(documents).map(([name, make]) => [name, Buffer.from(make())])
    global.gc()
    const before = process.resourceUsage().maxRSS
    const report = made.map(([name, bytes]) => {
      global.gc()
      const start = performance.now()
      let error
      try { Transformer.toObject(bytes) } catch (thrown) { error = thrown.name }
      return { name, error, ms: performance.now() - start }
    })
    const mb = (process.resourceUsage().maxRSS - before) / 1024
    console.log(JSON.stringify({ report, mb }))
  `

  test('each of them', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', '--require', 'tsx/cjs', '-e', MEASURE],
      { cwd: resolve(__dirname, '..'), encoding: 'utf8' },
    )
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    const { report, mb } = JSON.parse(stdout) as {
      report: { name: string; error: string; ms: number }[]
      mb: number
    }
    expect(report).toHaveLength(18)
    expect(report.filter(({ error, ms }) => error !== 'XmlError' || ms > 1000)).toEqual([])
    // The most that any of them needed at once.
    expect(mb).toBeLessThan(100)
  })
})

describe('writing, as the PHP SDK', () => {
  test.each<[string, Parameters<typeof Transformer.toXml>, string]>([
    [
      'types',
      [{ i: 5, z: 0, s0: '0', f: 1.5, g: 1.0, t: true, n: null, e: '', x: false }],
      '<xml><i>5</i><z>0</z><s0>0</s0><f>1.5</f><g>1</g><t>1</t><n></n><e></e><x></x></xml>',
    ],
    ['nested', [{ a: { k: 'v' } }], '<xml><a><k>v</k></a></xml>'],
    ['a list', [{ a: ['x', 'y'] }], '<xml><a><item>x</item><item>y</item></a></xml>'],
    ['an empty list', [{ a: [] }], '<xml><a/></xml>'],
    ['an empty map', [{ a: {} }], '<xml><a/></xml>'],
    [
      'what needs CDATA',
      [{ a: '<>&"', b: "'", c: '>', d: '<', e: '&', f: '"' }],
      '<xml><a><![CDATA[<>&"]]></a><b>\'</b><c><![CDATA[>]]></c><d><![CDATA[<]]></d><e><![CDATA[&]]></e><f><![CDATA["]]></f></xml>',
    ],
    ['the beginning of an end marker', [{ a: ']]' }], '<xml><a>]]</a></xml>'],
    [
      'white space',
      [{ a: '  x  ', b: 'b\tc\nd\re\r\nf' }],
      '<xml><a>  x  </a><b>b\tc\nd&#13;e&#13;\nf</b></xml>',
    ],
    ['any language', [{ a: '中文😀é' }], '<xml><a>中文😀é</a></xml>'],
    ['JSON', [{ a: '{"k":"v"}' }], '<xml><a><![CDATA[{"k":"v"}]]></a></xml>'],
    [
      'names',
      [{ 中: '4', 'a:b': '5', 'a.b-c_d': '6', _: '7', A1: '8' }],
      '<xml><中>4</中><a:b>5</a:b><a.b-c_d>6</a.b-c_d><_>7</_><A1>8</A1></xml>',
    ],
    ['the order given', [{ b: '1', B: '2', a: '3', _: '4' }], '<xml><b>1</b><B>2</B><a>3</a><_>4</_></xml>'],
    [
      'head and indent',
      [{ a: '1', b: { c: '2', item: '3' } }, false, true],
      '<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n <a>1</a>\n <b>\n  <c>2</c>\n  <item>3</item>\n </b>\n</xml>\n',
    ],
    [
      'indent without head',
      [{ a: '', b: {}, c: '<' }, true, true],
      '<xml>\n <a></a>\n <b/>\n <c><![CDATA[<]]></c>\n</xml>\n',
    ],
    [
      'head without indent',
      [{ a: '1' }, false],
      '<?xml version="1.0" encoding="UTF-8"?>\n<xml><a>1</a></xml>\n',
    ],
    ['indent and no fields', [{}, true, true], '<xml/>\n'],
    [
      'root and item',
      [{ i: 'x', k: ['y', { z: ['1'] }] }, true, false, 'r', 'i'],
      '<r><i>x</i><k><i>y</i><i><z><i>1</i></z></i></k></r>',
    ],
    ['a list as the root', [['x', ['y']]], '<xml><item>x</item><item><item>y</item></item></xml>'],
    ['no fields', [{}], '<xml/>'],
    ['an empty list as the root', [[]], '<xml/>'],
  ])('%s', (_, args, xml) => {
    expect(Transformer.toXml(...args)).toBe(xml)
  })
})

describe('writing, not as the PHP SDK', () => {
  test.each<[string, object, string]>([
    ['the end marker of CDATA is split', { a: 'x]]>y' }, '<xml><a><![CDATA[x]]]]><![CDATA[>y]]></a></xml>'],
    ['each of them', { a: ']]>]]>' }, '<xml><a><![CDATA[]]]]><![CDATA[>]]]]><![CDATA[>]]></a></xml>'],
    [
      'a carriage return survives CDATA',
      { a: '<\r>\r' },
      '<xml><a><![CDATA[<]]>&#13;<![CDATA[>]]>&#13;<![CDATA[]]></a></xml>',
    ],
    ['a bigint keeps its digits', { a: 12345678901234567890n }, '<xml><a>12345678901234567890</a></xml>'],
    [
      'numbers as JavaScript prints them',
      { a: 0.1, b: -1, c: 1e21, d: -0 },
      '<xml><a>0.1</a><b>-1</b><c>1e+21</c><d>0</d></xml>',
    ],
    [
      'undefined members are left out',
      { a: undefined, b: { c: undefined }, d: [undefined, '1'] },
      '<xml><b/><d><item>1</item></d></xml>',
    ],
    [
      'objects without a prototype are maps',
      { a: Object.assign(Object.create(null), { b: '1' }) },
      '<xml><a><b>1</b></a></xml>',
    ],
    ['the name of an item may be asked for as a field', { item: 'x' }, '<xml><item>x</item></xml>'],
  ])('%s', (_, data, xml) => {
    expect(Transformer.toXml(data)).toBe(xml)
  })
})

describe('what cannot be written', () => {
  const refuse = (data: unknown, field: string, message: string): void => {
    const error = thrownBy(() => Transformer.toXml(data as object))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ field, message: `${field}: ${message}`, delivery: 'not-sent' })
  }

  test.each([
    ['\0', 'U+0000'],
    ['\x01', 'U+0001'],
    ['\b', 'U+0008'],
    ['\x0b', 'U+000B'],
    ['\f', 'U+000C'],
    ['\x0e', 'U+000E'],
    ['\x1f', 'U+001F'],
    ['\ufffe', 'U+FFFE'],
    ['\uffff', 'U+FFFF'],
  ])('%j', (character, name) => {
    const problem = `holds ${name}, a character that XML cannot carry`
    refuse({ a: character }, 'xml.a', problem)
    refuse({ a: { b: `<中😀${character}` } }, 'xml.a.b', problem)
    refuse({ a: ['1', { b: [`x${character}y`] }] }, 'xml.a[1].b[0]', problem)
  })

  test.each(['\ud83d', '\ude00', 'a\ud83db', '\ude00\ud83d', '😀\ud83d'])(
    'half of a character: %j',
    (text) => {
      refuse(
        { a: text },
        'xml.a',
        'holds half of a surrogate pair: the text was cut in the middle of a character',
      )
    },
  )

  test('what is next to them is written', () => {
    const text =
      '\t\n \x7f\x80\u0085\u009f\u2028\ud7ff\ue000\ufeff\ufffd\u{10000}\u{1fffe}\u{1ffff}\u{10ffff}'
    expect(Transformer.toXml({ a: text })).toBe(`<xml><a>${text}</a></xml>`)
  })

  test.each([
    '',
    'a b',
    '1a',
    '-x',
    '.x',
    '0',
    '·',
    'a>',
    'a/',
    '<',
    'a\n',
    'a&',
    '\u0300a',
    'a×',
    'a\ud83d',
    '\u2000',
    '\ue000',
  ])('the name %j', (name) => {
    refuse({ [name]: '1' }, `xml.${name}`, `${JSON.stringify(name)} cannot be the name of an element`)
    refuse(
      { a: [{ [name]: {} }] },
      `xml.a[0].${name}`,
      `${JSON.stringify(name)} cannot be the name of an element`,
    )
    for (const [args, field] of [
      [[name, 'item'], 'root'],
      [['xml', name], 'item'],
    ] as const) {
      const error = thrownBy(() => Transformer.toXml({}, true, false, ...args))
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({ field })
    }
  })

  class Money {
    amount = 1
  }
  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['less than everything', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['a function', () => 1, 'a function'],
    ['a symbol', Symbol('s'), 'a symbol'],
    ['a date', new Date(0), 'a Date'],
    ['a map', new Map([['k', 'v']]), 'a Map'],
    ['a buffer', Buffer.from('x'), 'a Buffer'],
    ['an instance', new Money(), 'a Money'],
    ['a boxed string', Object('x'), 'a String'],
  ])('%s', (_, value, got) => {
    const problem = `expected text, a number, a boolean, a list or an object, got ${got}`
    refuse({ a: value }, 'xml.a', problem)
    refuse({ a: { b: [value] } }, 'xml.a.b[0]', problem)
  })

  test.each<[unknown, string]>([
    [undefined, 'a undefined'],
    [null, 'null'],
    ['<xml/>', 'a string'],
    [5, '5'],
    [new Date(0), 'a Date'],
  ])('as the whole: %p', (data, got) => {
    refuse(data, 'xml', `expected an object of fields, got ${got}`)
  })

  test('what refers to itself, or is deeper than could be read', () => {
    const cycle: Record<string, unknown> = {}
    cycle.a = cycle
    refuse(cycle, `xml${'.a'.repeat(32)}`, 'nested deeper than 32 levels')
    const nest = (levels: number): unknown => (levels === 1 ? '1' : { a: nest(levels - 1) })
    const deepest = Transformer.toXml(nest(MAX_XML_DEPTH) as object)
    expect(Transformer.toXml(Transformer.toObject(deepest))).toBe(deepest)
    refuse(nest(MAX_XML_DEPTH + 1), `xml${'.a'.repeat(32)}`, 'nested deeper than 32 levels')
  })

  test('the text of a field that is refused stays out of the error', () => {
    const error = thrownBy(() => Transformer.toXml({ a: 'topsecretvalueofthemerchant\x01' }))
    expect(leaks(error, 'topsecretvalueofthemerchant')).toBe(false)
  })
})

describe('what was written is what is read', () => {
  test('any string that XML can carry', () => {
    fc.assert(
      fc.property(carried, fc.boolean(), fc.boolean(), (text, headless, indent) => {
        expect(Transformer.toObject(Transformer.toXml({ a: text }, headless, indent))).toMatchObject({
          a: text,
        })
      }),
      { numRuns: 2000 },
    )
  })

  test('any other is refused', () => {
    const broken = fc.constantFrom('\0', '\x08', '\x1b', '\ud800', '\udfff', '\ufffe', '\uffff')
    fc.assert(
      fc.property(carried, broken, fc.constantFrom('', 'x', '<'), (text, character, rest) => {
        expect(() => Transformer.toXml({ a: `${text}${character}${rest}` })).toThrow(RequestError)
      }),
    )
  })

  test('maps of maps, lists as the items they are', () => {
    const name = fc.constantFrom('a', 'b_1', '中', 'n:a', '__proto__', 'constructor', 'x.y-z')
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        carried,
        fc.dictionary(name, tie('tree'), { minKeys: 1, noNullPrototype: false }),
        fc.array(tie('tree'), { minLength: 2, maxLength: 4 }).map((item) => ({ item })),
      ),
    }))
    const unwrapped = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value
      if (Array.isArray(value)) return value.map(unwrapped)
      const entries = Object.entries(value)
      const [only] = entries
      // A list is written as its items, and these are read as one member called item.
      if (entries.length === 1 && only?.[0] === 'item') return (only[1] as unknown[]).map(unwrapped)
      return Object.fromEntries(entries.map(([key, member]) => [key, unwrapped(member)]))
    }
    fc.assert(
      fc.property(tree, (value) => {
        const fields = Transformer.toObject(Transformer.toXml({ root: unwrapped(value) }))
        expect(JSON.stringify(fields)).toBe(JSON.stringify({ root: value }))
      }),
    )
  })

  test('or it is refused: no text makes the reader do anything else', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              '<xml>',
              '</xml>',
              '<a>',
              '</a>',
              '<b/>',
              '<![CDATA[',
              ']]>',
              '<!--',
              '-->',
              '<?x',
              '?>',
              '&lt;',
              '&#13;',
              '<!DOCTYPE',
              '"',
              '\ud83d',
            ),
            carried,
          ),
        ),
        (pieces) => {
          try {
            const fields = Transformer.toObject(pieces.join(''))
            expect(Object.getPrototypeOf(fields)).toBeNull()
          } catch (error) {
            expect(error).toBeInstanceOf(XmlError)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
