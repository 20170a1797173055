import { type Call, differs, type Run, refusal, refused, sends, type Table } from './entry'

const value = (x: unknown): Call => {
  return (i) => i.v3.pay._x_.get({ x })
}

const aNumberOrText = (x: unknown): Run =>
  differs('in a plain {name} only a string or a number can be meant', value(x), refusal(/\bx\b/))

const walksUp = (call: Call): Run =>
  differs('a path value . or .. would reach another resource', call, refusal(/\bx\b.*segment/))

const missing = (call: Call): Run =>
  differs('a missing path variable would reach another resource', call, refusal(/\bx\b.*no value/))

export const templateValue: Table = {
  'template value/string': value('abc'),
  'template value/empty string': value(''),
  'template value/string 0': value('0'),
  'template value/int': value(5),
  'template value/int 0': value(0),
  'template value/negative': value(-1),
  'template value/float 1.0': value(1.0),
  'template value/float 1.5': value(1.5),
  'template value/float 1e25': differs(
    'an integer beyond 2^53 has lost digits',
    value(1e25),
    refusal(/\bx\b.*integer/),
  ),
  'template value/float 0.1+0.2': differs(
    'numbers print as JavaScript does',
    value(0.1 + 0.2),
    sends({ target: '/v3/pay/0.30000000000000004' }),
  ),
  'template value/true': aNumberOrText(true),
  'template value/false': aNumberOrText(false),
  'template value/null': missing(value(null)),
  'template value/list': aNumberOrText(['a', 'b']),
  'template value/empty list': aNumberOrText([]),
  'template value/assoc': aNumberOrText({ k: 'v', l: 'w' }),
  'template value/nested list': aNumberOrText([['a']]),
  'template value/int-keyed from 1': aNumberOrText({ 1: 'a', 2: 'b' }),
  'template value/Stringable object': aNumberOrText({ toString: () => 'str/ing' }),
  'template value/plain object': refused(value({ a: 1 }), /\bx\b/),
  'template value/closure': refused(
    value(() => undefined),
    /\bx\b/,
  ),
  'template value/reserved': value(":/?#[]@!$&'()*+,;="),
  'template value/unreserved': value('-._~'),
  'template value/space': value('a b'),
  'template value/percent': value('100%'),
  'template value/already encoded': value('a%2Fb'),
  'template value/slash': value('a/b'),
  'template value/dotdot': walksUp(value('..')),
  'template value/dotdot slash': value('../../admin'),
  'template value/dot': walksUp(value('.')),
  'template value/unicode': value('粤B12345'),
  'template value/emoji': value('😀'),
  'template value/newline': value('a\nb'),
  'template value/invalid utf8': differs(
    'half of a surrogate pair stands for no character',
    value('\ud800'),
    refusal(/\bx\b.*surrogate/),
  ),
  'template value/asterisk': value('WINCIE*EIXHRB'),
  'template value/plus': value('a+b'),
  'template value/quote': value('a"b'),
  'template value/missing': missing((i) => i.v3.pay._x_.get()),
  'template value/missing in the middle': missing((i) => i.v3.pay._x_.y.get({})),
  'template value/dot segment in the middle': walksUp((i) => i.v3.pay._x_.y.get({ x: '..' })),
}
