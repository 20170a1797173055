import { parse, UriError } from '../lib/uri'

type Values = Record<string, unknown>
type Table = readonly (readonly [template: string, expected: string])[]

function expands(title: string, values: Values, table: Table): void {
  describe(title, () => {
    for (const [template, expected] of table) {
      test(`${template} → ${expected}`, () => expect(parse(template).expand(values)).toBe(expected))
    }
  })
}

function refuses(title: string, templates: readonly string[]): void {
  describe(title, () => {
    for (const template of templates) {
      test(JSON.stringify(template), () => expect(() => parse(template)).toThrow(UriError))
    }
  })
}

/** RFC 6570 section 3.2; the examples of section 1.2 are drawn from the same values. */
const RFC: Values = {
  count: ['one', 'two', 'three'],
  dom: ['example', 'com'],
  dub: 'me/too',
  hello: 'Hello World!',
  half: '50%',
  var: 'value',
  who: 'fred',
  base: 'http://example.com/home/',
  path: '/foo/bar',
  list: ['red', 'green', 'blue'],
  keys: { semi: ';', dot: '.', comma: ',' },
  v: '6',
  x: '1024',
  y: '768',
  empty: '',
  empty_keys: {},
  undef: null,
}

expands('1.2, level 1', RFC, [
  ['{var}', 'value'],
  ['{hello}', 'Hello%20World%21'],
])

expands('1.2, level 2', RFC, [
  ['{+var}', 'value'],
  ['{+hello}', 'Hello%20World!'],
  ['{+path}/here', '/foo/bar/here'],
  ['here?ref={+path}', 'here?ref=/foo/bar'],
  ['X{#var}', 'X#value'],
  ['X{#hello}', 'X#Hello%20World!'],
])

expands('1.2, level 3', RFC, [
  ['map?{x,y}', 'map?1024,768'],
  ['{x,hello,y}', '1024,Hello%20World%21,768'],
  ['{+x,hello,y}', '1024,Hello%20World!,768'],
  ['{+path,x}/here', '/foo/bar,1024/here'],
  ['{#x,hello,y}', '#1024,Hello%20World!,768'],
  ['{#path,x}/here', '#/foo/bar,1024/here'],
  ['X{.var}', 'X.value'],
  ['X{.x,y}', 'X.1024.768'],
  ['{/var}', '/value'],
  ['{/var,x}/here', '/value/1024/here'],
  ['{;x,y}', ';x=1024;y=768'],
  ['{;x,y,empty}', ';x=1024;y=768;empty'],
  ['{?x,y}', '?x=1024&y=768'],
  ['{?x,y,empty}', '?x=1024&y=768&empty='],
  ['?fixed=yes{&x}', '?fixed=yes&x=1024'],
  ['{&x,y,empty}', '&x=1024&y=768&empty='],
])

expands('1.2, level 4', RFC, [
  ['{var:3}', 'val'],
  ['{var:30}', 'value'],
  ['{list}', 'red,green,blue'],
  ['{list*}', 'red,green,blue'],
  ['{keys}', 'semi,%3B,dot,.,comma,%2C'],
  ['{keys*}', 'semi=%3B,dot=.,comma=%2C'],
  ['{+path:6}/here', '/foo/b/here'],
  ['{+list}', 'red,green,blue'],
  ['{+list*}', 'red,green,blue'],
  ['{+keys}', 'semi,;,dot,.,comma,,'],
  ['{+keys*}', 'semi=;,dot=.,comma=,'],
  ['{#path:6}/here', '#/foo/b/here'],
  ['{#list}', '#red,green,blue'],
  ['{#list*}', '#red,green,blue'],
  ['{#keys}', '#semi,;,dot,.,comma,,'],
  ['{#keys*}', '#semi=;,dot=.,comma=,'],
  ['X{.var:3}', 'X.val'],
  ['X{.list}', 'X.red,green,blue'],
  ['X{.list*}', 'X.red.green.blue'],
  ['X{.keys}', 'X.semi,%3B,dot,.,comma,%2C'],
  ['X{.keys*}', 'X.semi=%3B.dot=..comma=%2C'],
  ['{/var:1,var}', '/v/value'],
  ['{/list}', '/red,green,blue'],
  ['{/list*}', '/red/green/blue'],
  ['{/list*,path:4}', '/red/green/blue/%2Ffoo'],
  ['{/keys}', '/semi,%3B,dot,.,comma,%2C'],
  ['{/keys*}', '/semi=%3B/dot=./comma=%2C'],
  ['{;hello:5}', ';hello=Hello'],
  ['{;list}', ';list=red,green,blue'],
  ['{;list*}', ';list=red;list=green;list=blue'],
  ['{;keys}', ';keys=semi,%3B,dot,.,comma,%2C'],
  ['{;keys*}', ';semi=%3B;dot=.;comma=%2C'],
  ['{?var:3}', '?var=val'],
  ['{?list}', '?list=red,green,blue'],
  ['{?list*}', '?list=red&list=green&list=blue'],
  ['{?keys}', '?keys=semi,%3B,dot,.,comma,%2C'],
  ['{?keys*}', '?semi=%3B&dot=.&comma=%2C'],
  ['{&var:3}', '&var=val'],
  ['{&list}', '&list=red,green,blue'],
  ['{&list*}', '&list=red&list=green&list=blue'],
  ['{&keys}', '&keys=semi,%3B,dot,.,comma,%2C'],
  ['{&keys*}', '&semi=%3B&dot=.&comma=%2C'],
])

expands('2.4.1, prefix values', { var: 'value', semi: ';' }, [
  ['{var}', 'value'],
  ['{var:20}', 'value'],
  ['{var:3}', 'val'],
  ['{semi}', '%3B'],
  ['{semi:2}', '%3B'],
])

expands(
  '2.4.2, composite values',
  {
    address: { city: 'Newport Beach', state: 'CA' },
    year: ['1965', '2000', '2012'],
    dom: ['example', 'com'],
  },
  [
    ['/mapper{?address*}', '/mapper?city=Newport%20Beach&state=CA'],
    ['find{?year*}', 'find?year=1965&year=2000&year=2012'],
    ['www{.dom*}', 'www.example.com'],
  ],
)

expands('3.2.1, variable expansion', RFC, [
  ['{count}', 'one,two,three'],
  ['{count*}', 'one,two,three'],
  ['{/count}', '/one,two,three'],
  ['{/count*}', '/one/two/three'],
  ['{;count}', ';count=one,two,three'],
  ['{;count*}', ';count=one;count=two;count=three'],
  ['{?count}', '?count=one,two,three'],
  ['{?count*}', '?count=one&count=two&count=three'],
  ['{&count*}', '&count=one&count=two&count=three'],
])

expands('3.2.2, simple', RFC, [
  ['{half}', '50%25'],
  ['O{empty}X', 'OX'],
  ['O{undef}X', 'OX'],
  ['{x,y}', '1024,768'],
  ['?{x,empty}', '?1024,'],
  ['?{x,undef}', '?1024'],
  ['?{undef,y}', '?768'],
])

expands('3.2.3, reserved', RFC, [
  ['{+half}', '50%25'],
  ['{base}index', 'http%3A%2F%2Fexample.com%2Fhome%2Findex'],
  ['{+base}index', 'http://example.com/home/index'],
  ['O{+empty}X', 'OX'],
  ['O{+undef}X', 'OX'],
  ['up{+path}{var}/here', 'up/foo/barvalue/here'],
])

expands('3.2.4, fragment', RFC, [
  ['{#var}', '#value'],
  ['{#hello}', '#Hello%20World!'],
  ['{#half}', '#50%25'],
  ['foo{#empty}', 'foo#'],
  ['foo{#undef}', 'foo'],
])

expands('3.2.5, label', RFC, [
  ['{.who}', '.fred'],
  ['{.who,who}', '.fred.fred'],
  ['{.half,who}', '.50%25.fred'],
  ['www{.dom*}', 'www.example.com'],
  ['X{.empty}', 'X.'],
  ['X{.undef}', 'X'],
  ['X{.empty_keys}', 'X'],
  ['X{.empty_keys*}', 'X'],
])

expands('3.2.6, path segments', RFC, [
  ['{/who}', '/fred'],
  ['{/who,who}', '/fred/fred'],
  ['{/half,who}', '/50%25/fred'],
  ['{/who,dub}', '/fred/me%2Ftoo'],
  ['{/var,empty}', '/value/'],
  ['{/var,undef}', '/value'],
])

expands('3.2.7, path-style parameters', RFC, [
  ['{;who}', ';who=fred'],
  ['{;half}', ';half=50%25'],
  ['{;empty}', ';empty'],
  ['{;v,empty,who}', ';v=6;empty;who=fred'],
  ['{;v,bar,who}', ';v=6;who=fred'],
  ['{;x,y,undef}', ';x=1024;y=768'],
])

expands('3.2.8, form-style query', RFC, [
  ['{?who}', '?who=fred'],
  ['{?half}', '?half=50%25'],
  ['{?x,y,undef}', '?x=1024&y=768'],
])

expands('3.2.9, form-style continuation', RFC, [
  ['{&who}', '&who=fred'],
  ['{&half}', '&half=50%25'],
  ['{&x,y,undef}', '&x=1024&y=768'],
])

expands('literals (2.1, 3.1)', { x: '1' }, [
  ['', ''],
  ["a!$&'()*+,;=:@-._~b", "a!$&'()*+,;=:@-._~b"],
  ['/a?b=[c]#d', '/a?b=[c]#d'],
  ['/vars/:x', '/vars/:x'],
  ['café', 'caf%C3%A9'],
  ['粤{x}粤', '%E7%B2%A41%E7%B2%A4'],
  ['😀', '%F0%9F%98%80'],
  ['a b', 'a%20b'],
  ['"<>\\^`|', '%22%3C%3E%5C%5E%60%7C'],
  ['a\nb\0', 'a%0Ab%00'],
  ['%20%e9%C3', '%20%e9%C3'],
  ['100%', '100%25'],
  ['%zz%2%', '%25zz%252%25'],
  ['%2{x}', '%2521'],
  ['%{x}0', '%2510'],
])

expands(
  'names (2.3)',
  {
    'a.b': 'dots',
    '%78': 'triplet',
    'a.%C3%a9.c': 'both',
    x: 'x',
    _: 'low',
    42: 'number',
    A1_b: 'mixed',
    '%bE': 'bounds',
    '%fF': 'bounds',
    '%09': 'bounds',
    '%aA': 'bounds',
  },
  [
    ['{a.b}', 'dots'],
    ['{%78}', 'triplet'],
    ['{?%78}', '?%78=triplet'],
    ['{?%78*,a.b*}', '?%78=triplet&a.b=dots'],
    ['{a.%C3%a9.c}', 'both'],
    ['{%bE}', 'bounds'],
    ['{%fF}', 'bounds'],
    ['{%09}', 'bounds'],
    ['a.{%aA}', 'a.bounds'],
    ['{_}', 'low'],
    ['{42}', 'number'],
    ['{A1_b}', 'mixed'],
    ['{X}', ''],
  ],
)

expands(
  'encoding (1.5, 3.2.1)',
  {
    unreserved: 'AZaz09-._~',
    reserved: ":/?#[]@!$&'()*+,;=",
    other: ' "%<>\\^`{|}\u0000\u007f',
    triplets: 'admin%2F%2f%',
    lookalikes: '%2%zz%é',
    emoji: '😀 ok',
    family: '👨‍👩‍👧',
    map: { 'a&b=c': '1/2', 'é%20': 'ö' },
  },
  [
    ['{unreserved}', 'AZaz09-._~'],
    ['{+unreserved}', 'AZaz09-._~'],
    ['{reserved}', '%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D'],
    ['{?reserved}', '?reserved=%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D'],
    ['{+reserved}', ":/?#[]@!$&'()*+,;="],
    ['{#reserved}', "#:/?#[]@!$&'()*+,;="],
    ['{other}', '%20%22%25%3C%3E%5C%5E%60%7B%7C%7D%00%7F'],
    ['{+other}', '%20%22%25%3C%3E%5C%5E%60%7B%7C%7D%00%7F'],
    ['{triplets}', 'admin%252F%252f%25'],
    ['{+triplets}', 'admin%2F%2f%25'],
    ['{#triplets}', '#admin%2F%2f%25'],
    ['{/triplets}', '/admin%252F%252f%25'],
    ['{+lookalikes}', '%252%25zz%25%C3%A9'],
    ['{emoji}', '%F0%9F%98%80%20ok'],
    ['{+emoji}', '%F0%9F%98%80%20ok'],
    ['{family}', '%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7'],
    ['{map}', 'a%26b%3Dc,1%2F2,%C3%A9%2520,%C3%B6'],
    ['{?map*}', '?a%26b%3Dc=1%2F2&%C3%A9%2520=%C3%B6'],
    ['{+map*}', 'a&b=c=1/2,%C3%A9%20=%C3%B6'],
  ],
)

expands(
  'prefixes of characters, not of code units, octets or halves of a triplet (2.4.1)',
  {
    emoji: '😀x',
    text: 'é粤😀\nz',
    triplets: '%20%C3%A9%e7%b2%a4%F0%9F%98%80%FFz',
    broken: '%C3z%E7%B2z%F0%9F%98z',
    bounds: '%c3%80%BF%8a%9f%8C%AFz%C3%7F%C3%C0%AG',
    empty: '',
    n: 12345,
  },
  [
    ['{emoji:1}', '%F0%9F%98%80'],
    ['{+emoji:1}', '%F0%9F%98%80'],
    ['{emoji:2}', '%F0%9F%98%80x'],
    ['{text:3}', '%C3%A9%E7%B2%A4%F0%9F%98%80'],
    ['{text:4}', '%C3%A9%E7%B2%A4%F0%9F%98%80%0A'],
    ['{+text:4}', '%C3%A9%E7%B2%A4%F0%9F%98%80%0A'],
    ['{text:9999}', '%C3%A9%E7%B2%A4%F0%9F%98%80%0Az'],
    ['{triplets:1}', '%25'],
    ['{/triplets:3}', '/%2520'],
    ['{+triplets:1}', '%20'],
    ['{+triplets:2}', '%20%C3%A9'],
    ['{#triplets:3}', '#%20%C3%A9%e7%b2%a4'],
    ['{+triplets:4}', '%20%C3%A9%e7%b2%a4%F0%9F%98%80'],
    ['{+triplets:5}', '%20%C3%A9%e7%b2%a4%F0%9F%98%80%FF'],
    ['{+triplets:6}', '%20%C3%A9%e7%b2%a4%F0%9F%98%80%FFz'],
    ['{+broken:2}', '%C3z'],
    ['{+broken:3}', '%C3z%E7%B2'],
    ['{+broken:5}', '%C3z%E7%B2z%F0%9F%98'],
    ['{+bounds:2}', '%c3%80%BF%8a%9f%8C%AFz'],
    ['{+bounds:4}', '%c3%80%BF%8a%9f%8C%AFz%C3%7F'],
    ['{+bounds:6}', '%c3%80%BF%8a%9f%8C%AFz%C3%7F%C3%C0'],
    ['{+bounds:7}', '%c3%80%BF%8a%9f%8C%AFz%C3%7F%C3%C0%25'],
    ['{+bounds:8}', '%c3%80%BF%8a%9f%8C%AFz%C3%7F%C3%C0%25A'],
    ['O{empty:3}X', 'OX'],
    ['{;empty:3}', ';empty'],
    ['{?empty:3}', '?empty='],
    ['{n:3}', '123'],
  ],
)

expands(
  'scalars that are no strings',
  { n: 6, f: -122.43, zero: 0, big: 9007199254740993n, yes: true, no: false },
  [
    ['{n}', '6'],
    ['{f}', '-122.43'],
    ['{zero}', '0'],
    ['{big}', '9007199254740993'],
    ['{yes,no}', 'true,false'],
    ['{?n,no}', '?n=6&no=false'],
    ['{?n*}', '?n=6'],
  ],
)

expands('an explode modifier on a string changes nothing, the name stays', { x: 'a b', e: '' }, [
  ['{x*}', 'a%20b'],
  ['{+x*}', 'a%20b'],
  ['{/x*}', '/a%20b'],
  ['{?x*}', '?x=a%20b'],
  ['{&x*}', '&x=a%20b'],
  ['{;x*}', ';x=a%20b'],
  ['{;e*}', ';e'],
  ['{?e*}', '?e='],
])

expands(
  'empty members keep their place, undefined ones do not',
  {
    l: ['', 'a', ''],
    one: [''],
    m: { a: '', b: 'c' },
    lone: { a: '' },
    holes: ['a', null, undefined, 'b'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is an undefined member
    sparse: [, 'a'],
    gaps: { a: null, b: 'c', d: undefined },
    numbers: [1, 2n, true],
    match: /b/.exec('abc'),
  },
  [
    ['{l}', ',a,'],
    ['{l*}', ',a,'],
    ['{/l*}', '//a/'],
    ['{;l*}', ';l;l=a;l'],
    ['{?l*}', '?l=&l=a&l='],
    ['{;l}', ';l=,a,'],
    ['{;one}', ';one'],
    ['{?one}', '?one='],
    ['{m}', 'a,,b,c'],
    ['{m*}', 'a=,b=c'],
    ['{/m*}', '/a=/b=c'],
    ['{;m*}', ';a;b=c'],
    ['{?m*}', '?a=&b=c'],
    ['{.lone*}', '.a='],
    ['{holes}', 'a,b'],
    ['{?holes*}', '?holes=a&holes=b'],
    ['{sparse}', 'a'],
    ['{gaps}', 'b,c'],
    ['{?gaps*}', '?b=c'],
    ['{numbers}', '1,2,true'],
    ['{match}', 'b'],
  ],
)

expands(
  'lists and maps without a defined member are undefined, also under a prefix',
  { x: '1', list: [], map: {}, nulls: [null, undefined], gone: { a: null, b: undefined } },
  [
    ['O{list}X', 'OX'],
    ['O{#list}X', 'OX'],
    ['{x,list}', '1'],
    ['{/list*,x}', '/1'],
    ['O{?map}X', 'OX'],
    ['O{;map*}X', 'OX'],
    ['O{?nulls}X', 'OX'],
    ['O{/nulls*}X', 'OX'],
    ['O{&gone*,x}X', 'O&x=1X'],
    ['O{gone}X', 'OX'],
    ['O{list:3}X', 'OX'],
    ['O{map:3}X', 'OX'],
  ],
)

expands(
  'maps: number-like names, no prototype, several variables together',
  {
    german: { 11: 'elf', 12: 'zwölf' },
    bare: Object.assign(Object.create(null), { a: 'b' }),
    own: JSON.parse('{"__proto__":"x","toString":"y"}'),
    id: 'admin',
    keys: { key1: 'val1', key2: 'val2' },
  },
  [
    ['{german}', '11,elf,12,zw%C3%B6lf'],
    ['{?german*}', '?11=elf&12=zw%C3%B6lf'],
    ['{bare}', 'a,b'],
    ['{?own*}', '?__proto__=x&toString=y'],
    ['{?id,keys*}', '?id=admin&key1=val1&key2=val2'],
    ['{/id}{?keys,id}', '/admin?keys=key1,val1,key2,val2&id=admin'],
    ['/search.{id}{?nothing,id}{#nothing}', '/search.admin?id=admin'],
  ],
)

expands("the name before each item is the variable's", { '%78': ['a', 'b'] }, [['{?%78*}', '?%78=a&%78=b']])

expands('only own properties are values', Object.create({ x: 'inherited' }), [
  ['O{x}X', 'OX'],
  ['O{toString}X', 'OX'],
  ['O{?constructor,__proto__}X', 'OX'],
])
expands('own properties of any name are', JSON.parse('{"__proto__":"p","constructor":"c"}'), [
  ['{__proto__,constructor}', 'p,c'],
])

refuses('reserved operators and other signs (2.2)', [
  '{=id}',
  '{,id}',
  '{!id}',
  '{@id}',
  '{|id}',
  '{~thing}',
  '{$id}',
  '{*id}',
  '{-id}',
  '{/?id}',
  '{?/id}',
  '{++id}',
  '{-join|&|var,list}',
  '?{-opt|&|var}',
])

refuses('braces', [
  '{',
  '}',
  '{id',
  'id}',
  '/id*}',
  '{id}}',
  '{{id}}',
  '{{id}',
  '{var{var}}',
  '{a}/b}',
  '}{',
  '{}',
  '{+}',
  '{?}',
])

refuses('names (2.3)', [
  '{x.}',
  '{.}',
  '{x..y}',
  '{+.x}',
  '{?.x}',
  '{a,.b}',
  '{x y}',
  '{ x}',
  '{x }',
  '{x-y}',
  '{default-graph-uri}',
  '{é}',
  '{%}',
  '{%2}',
  '{%zz}',
  '{x%4}',
  '{x%4g}',
  '{x%G4}',
  '{x.%4}',
  '{x.%}',
  '{a,}',
  '{a,,b}',
  '{a/b}',
  '{a\n}',
  '{a}{b.}',
])

refuses('modifiers (2.4)', [
  '{var:0}',
  '{var:10000}',
  '{semi:20000}',
  `{var:${'9'.repeat(400)}}`,
  '{var:03}',
  '{var:}',
  '{var:-1}',
  '{var:a}',
  '{var:3*}',
  '{var*:3}',
  '{var**}',
  '{*}',
  '{:3}',
  '{var+}',
  '{var^}',
])

refuses('what only the drafts had', [
  '{var(ext)}',
  '{var*(ext)}',
  '{x(})}',
  '{?empty=default,var}',
  '{x=1}',
  '{x|y}',
])

refuses('half of a surrogate pair', ['\ud83d', 'a\ude00{x}', '{x}\ud83d/\ude00'])

describe('prefix modifiers are not for lists and maps (2.4.1)', () => {
  for (const template of [
    '{keys:1}',
    '{+keys:1}',
    '{#keys:1}',
    '{/keys:1}',
    '{;keys:1}',
    '{?list:1}',
    '{list:1}',
  ]) {
    test(template, () => expect(() => parse(template).expand(RFC)).toThrow(UriError))
  }
  for (const template of ['{keys:1*}', '{+keys:1*}', '{;keys:1*}']) {
    test(template, () => expect(() => parse(template)).toThrow(UriError))
  }
})
