import { type Call, differs, type Run, refusal, refused, sends, type Table } from './entry'

const path = (template: string): Call => {
  return (i) => i.chain(template).get()
}

const walksUp = (template: string): Run =>
  differs(
    'a . or .. segment, plain or encoded, would reach another resource',
    path(template),
    refusal(/segment/),
  )

export const pathOnTheWire: Table = {
  'path on the wire/space': path('v3/a b'),
  'path on the wire/percent': path('v3/100%'),
  'path on the wire/pct-encoded': path('v3/a%2fb'),
  'path on the wire/unicode': path('v3/中文/x'),
  'path on the wire/emoji': path('v3/😀'),
  'path on the wire/double slash': path('v3//x'),
  'path on the wire/trailing slash': path('v3/x/'),
  'path on the wire/leading slash': path('/v3/x'),
  'path on the wire/dot': walksUp('v3/./x'),
  'path on the wire/dotdot': walksUp('v3/a/../x'),
  'path on the wire/dotdot beyond root': walksUp('v3/../../../x'),
  'path on the wire/fragment': path('v3/x#frag'),
  'path on the wire/query': path('v3/x?a=1&b=2'),
  'path on the wire/query uppercase': differs(
    'only a name is normalised, anything else stays as written',
    path('v3/x?outTradeNo=AB'),
    sends({ target: '/v3/x?outTradeNo=AB' }),
  ),
  'path on the wire/query only': path('?a=1'),
  'path on the wire/empty': path(''),
  'path on the wire/colon first segment': refused(path('v3:x/y'), /address/),
  'path on the wire/semicolon': path('v3/x;a=1'),
  'path on the wire/quote': path('v3/x\'y"z'),
  'path on the wire/angle': path('v3/<x>'),
  'path on the wire/backslash': path('v3\\x'),
  'path on the wire/pipe': path('v3/a|b'),
  'path on the wire/caret': path('v3/a^b'),
  'path on the wire/tilde': path('v3/~a'),
  'path on the wire/plus': path('v3/a+b'),
  'path on the wire/at': path('v3/@a'),
  'path on the wire/reserved': path("v3/!$&'()*+,;=:@"),
  'path on the wire/brackets': path('v3/[a]'),
  'path on the wire/newline': path('v3/a\nb'),
  'path on the wire/nul': path('v3/a\0b'),
  'path on the wire/encoded dotdot': walksUp('v3/%2e%2e/x'),
  'path on the wire/encoded nul': path('v3/%00'),
  'path on the wire/unclosed brace': differs(
    'RFC 6570 has no such expression',
    path('v3/{a'),
    refusal(/malformed/),
  ),
  'path on the wire/uppercase mangled': differs(
    'only a name is normalised, anything else stays as written',
    path('v3/Certificates'),
    sends({ target: '/v3/Certificates' }),
  ),
}
