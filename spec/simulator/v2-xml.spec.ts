import fc from 'fast-check'
import { legal, readXml, writeXml } from '../../lib/simulator/xml'

const read = (text: string) => {
  const fields = readXml(Buffer.from(text))
  return fields && Object.fromEntries(fields)
}

describe('the XML reader', () => {
  test.each<[string, object]>([
    ['<xml></xml>', {}],
    [' \n<xml> <a>1</a>\n<b/>\t</xml>\n', { a: '1', b: '' }],
    ['<?xml version="1.0"?><xml><a> 1 </a></xml>', { a: ' 1 ' }],
    ["<?xml version='1.0' encoding='utf-8' ?>\n<xml><a></a></xml>", { a: '' }],
    ['\ufeff<xml><a>1</a></xml>', { a: '1' }],
    ['<xml><a>&lt;&gt;&amp;&quot;&apos;&#65;&#x4e2D;&#13;</a></xml>', { a: `<>&"'A中\r` }],
    ['<xml><a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]>y</a></xml>', { a: 'x<b>&amp;]]>y' }],
    ['<xml><a>1\r\n2\r3</a></xml>', { a: '1\n2\n3' }],
    [
      '<xml><__proto__>1</__proto__><constructor>2</constructor></xml>',
      { ['__proto__']: '1', constructor: '2' },
    ],
    ['<xml><a>\u{1f600}</a></xml>', { a: '\u{1f600}' }],
  ])('reads %j', (text, fields) => {
    expect(readXml(Buffer.from(text))).toEqual(new Map(Object.entries(fields)))
  })

  test.each([
    '',
    '<xml>',
    '<a></a>',
    '<xml></xml><xml></xml>',
    '<xml>text</xml>',
    '<xml><a>1</a>text</xml>',
    '<xml><a>1</b></xml>',
    '<xml><a>1</xml>',
    '<xml><a>1',
    '<xml><a><b>1</b></a></xml>',
    '<xml><a x="1">1</a></xml>',
    '<xml x="1"></xml>',
    '<xml><a>1</a><a>2</a></xml>',
    '<xml><1>1</1></xml>',
    '<xml><a>&nbsp;</a></xml>',
    '<xml><a>& </a></xml>',
    '<xml><a>&toString;</a></xml>',
    '<xml><a>&#0;</a></xml>',
    '<xml><a>&#xD800;</a></xml>',
    '<xml><a>&#x110000;</a></xml>',
    '<xml><a>]]></a></xml>',
    '<xml><a><![CDATA[1</a></xml>',
    '<xml><a>\u0001</a></xml>',
    '<xml><!-- --><a>1</a></xml>',
    '<?xml version="1.0" encoding="GBK"?><xml></xml>',
    '<!DOCTYPE xml [<!ENTITY a "1">]><xml><a>&a;</a></xml>',
  ])('refuses %j', (text) => {
    expect(read(text)).toBeUndefined()
  })

  test('is not held up by hostile documents', () => {
    const start = performance.now()
    expect(read(`<xml>${'<a>'.repeat(100_000)}`)).toBeUndefined()
    expect(read(`<xml><a>${'&amp;'.repeat(1_000_000)}`)).toBeUndefined()
    expect(read(`<xml><a>${'<![CDATA['.repeat(300_000)}`)).toBeUndefined()
    expect(read(`<xml>${' '.repeat(3_000_000)}`)).toBeUndefined()
    expect(readXml(Buffer.from(`<xml><a>${'x'.repeat(10_000_000)}</a></xml>`))?.get('a')).toHaveLength(
      10_000_000,
    )
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('reads what the writer writes, whatever it is', () => {
    const value = fc.string({ unit: 'binary' }).map(legal)
    const hard = fc
      .array(fc.constantFrom(']', '>', '<', '&', '\r', '\n', ']]>', '<![CDATA[', '&#13;', '1'))
      .map((a) => a.join(''))
    const fields = fc
      .array(fc.oneof(value, hard))
      .map((values) => new Map(values.map((one, at) => [`f${at}`, one])))
    fc.assert(fc.property(fields, (written) => expect(readXml(writeXml(written))).toEqual(written)))
  })

  test('writes digits as they are and anything else in CDATA', () => {
    expect(
      writeXml([
        ['a', '10'],
        ['b', '1.0'],
        ['c', ''],
      ]).toString(),
    ).toBe('<xml><a>10</a><b><![CDATA[1.0]]></b><c><![CDATA[]]></c></xml>')
  })
})
