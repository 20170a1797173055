import { type Call, differs, type Run, refusal, sends, type Table } from './entry'

const SCALARS: Readonly<Record<string, unknown>> = {
  x: 'val/ue é',
  y: '2',
  'x.y': 'dot',
  X: 'up',
  'x-y': 'dash',
}
const LIST = ['r d', 'g/n', true, null, 1.5]
const MAP = { 'a b': '1/2', c: false, n: { z: 'y' } }

/** Only the variables of the template are given: any other name would be a misspelt option. */
const scalars = (expression: string, ...names: readonly string[]): Call => {
  const given = Object.fromEntries(names.map((name) => [name, SCALARS[name]]))
  return (i) => i.chain(`v3/a${expression}`).get(given)
}

const malformed = (expression: string, ...names: readonly string[]): Run =>
  differs('RFC 6570 has no such expression', scalars(expression, ...names), refusal(/malformed/))

const list = (expression: string, target: string): Run =>
  differs(
    'RFC 6570: an undefined member is left out, a boolean is written as JavaScript prints it',
    (i) => i.chain(`v3/a${expression}`).get({ x: LIST }),
    sends({ target: `/v3/a${target}` }),
  )

const nested = (expression: string): Run =>
  differs(
    'RFC 6570 knows no maps inside maps',
    (i) => i.chain(`v3/a${expression}`).get({ x: MAP }),
    refusal(/\bx\b/),
  )

const plain = (x: unknown): Run =>
  differs(
    'in a plain {name} only a string or a number can be meant',
    (i) => i.chain('v3/a{x}').get({ x }),
    refusal(/\bx\b/),
  )

export const templateOperator: Table = {
  'template operator/{+x} scalar': scalars('{+x}', 'x'),
  'template operator/{#x} scalar': scalars('{#x}', 'x'),
  'template operator/{.x} scalar': scalars('{.x}', 'x'),
  'template operator/{/x} scalar': scalars('{/x}', 'x'),
  'template operator/{;x} scalar': scalars('{;x}', 'x'),
  'template operator/{?x} scalar': scalars('{?x}', 'x'),
  'template operator/{&x} scalar': scalars('{&x}', 'x'),
  'template operator/{x*} scalar': scalars('{x*}', 'x'),
  'template operator/{?x*} scalar': scalars('{?x*}', 'x'),
  'template operator/{/x*} scalar': scalars('{/x*}', 'x'),
  'template operator/{x:3} scalar': scalars('{x:3}', 'x'),
  'template operator/{+x:6} scalar': scalars('{+x:6}', 'x'),
  'template operator/{x,y} scalar': scalars('{x,y}', 'x', 'y'),
  'template operator/{/x,y} scalar': scalars('{/x,y}', 'x', 'y'),
  'template operator/{?x,y} scalar': scalars('{?x,y}', 'x', 'y'),
  'template operator/{x}{y} scalar': scalars('{x}{y}', 'x', 'y'),
  'template operator/{x } scalar': malformed('{x }', 'x'),
  'template operator/{ x} scalar': malformed('{ x}', 'x'),
  'template operator/{} scalar': malformed('{}'),
  'template operator/{{x}} scalar': malformed('{{x}}', 'x'),
  'template operator/{x}} scalar': malformed('{x}}', 'x'),
  'template operator/{|x} scalar': malformed('{|x}', 'x'),
  'template operator/{=x} scalar': malformed('{=x}', 'x'),
  'template operator/{!x} scalar': malformed('{!x}', 'x'),
  'template operator/{@x} scalar': malformed('{@x}', 'x'),
  'template operator/{x.y} scalar': scalars('{x.y}', 'x.y'),
  'template operator/{X} scalar': differs(
    'a template stays as written: the variable is X',
    scalars('{X}', 'X'),
    sends({ target: '/v3/aup' }),
  ),
  'template operator/{x-y} scalar': malformed('{x-y}', 'x-y'),
  'template operator/{%78} scalar': differs(
    'RFC 6570: a triplet is part of the name, and this variable is missing',
    scalars('{%78}'),
    refusal(/%78.*no value/),
  ),

  'template operator/{x} list': plain(LIST),
  'template operator/{x} map': plain(MAP),
  'template operator/{x*} list': list('{x*}', 'r%20d,g%2Fn,true,1.5'),
  'template operator/{x*} map': nested('{x*}'),
  'template operator/{+x} list': list('{+x}', 'r%20d,g/n,true,1.5'),
  'template operator/{+x} map': nested('{+x}'),
  'template operator/{/x*} list': list('{/x*}', '/r%20d/g%2Fn/true/1.5'),
  'template operator/{/x*} map': nested('{/x*}'),
  'template operator/{?x} list': list('{?x}', '?x=r%20d,g%2Fn,true,1.5'),
  'template operator/{?x} map': nested('{?x}'),
  'template operator/{?x*} list': list('{?x*}', '?x=r%20d&x=g%2Fn&x=true&x=1.5'),
  'template operator/{?x*} map': nested('{?x*}'),
  'template operator/{;x*} list': list('{;x*}', ';x=r%20d;x=g%2Fn;x=true;x=1.5'),
  'template operator/{;x*} map': nested('{;x*}'),
  'template operator/{.x*} list': list('{.x*}', '.r%20d.g%2Fn.true.1.5'),
  'template operator/{.x*} map': nested('{.x*}'),
  'template operator/{&x*} list': list('{&x*}', '&x=r%20d&x=g%2Fn&x=true&x=1.5'),
  'template operator/{&x*} map': nested('{&x*}'),

  'template operator/template in an index': (i) => i['v3/{x}'].get({ x: '1' }),
  'template operator/camelCase variable needs the kebab option name': differs(
    'a template stays as written: the variable is outTradeNo',
    (i) => i.chain('v3/{outTradeNo}').get({ outTradeNo: 'camel' }),
    sends({ target: '/v3/camel' }),
  ),
  'template operator/_outTradeNo_ property': differs(
    'inside _name_ nothing is changed: the variable is outTradeNo',
    (i) => i.v3._outTradeNo_.get({ outTradeNo: 'camel' }),
    sends({ target: '/v3/camel' }),
  ),
  'template operator/__x__ property': (i) => i.v3.__x__.get({ _x_: '2' }),
  'template operator/value containing braces is not expanded again': (i) => i.v3._x_.get({ x: '{y}' }),
  'template operator/variable in the query of the template': (i) => i.chain('v3/a?b={x}').get({ x: '1 2' }),
  'template operator/template query replaced by the query option': (i) =>
    i.chain('v3/a{?x}').get({ x: '1', query: { y: '2' } }),
}
