import type { Chain } from '../chain'
import { type Call, differs, failure, type Run, refused, type Table, yields } from './entry'

const declared = (template: unknown): Call => {
  return (i) => String(i.chain(template))
}

/** `chain()` of something that is no name: nothing in it is changed. */
const asWritten = (template: string): Run =>
  differs('only a name is normalised, anything else stays as written', declared(template), yields(template))

const placeholder = (name: string, path: string): Run =>
  differs('inside _name_ nothing is changed: the variable keeps its capitals', declared(name), yields(path))

const index = (call: (i: Chain) => Chain, path: string): Run =>
  differs('a chain has no members of its own: every key is a segment', (i) => String(call(i)), yields(path))

const refusesAssignment = (call: Call): Run =>
  differs('a chain is read-only', call, failure({ type: TypeError }))

export const normalize: Table = {
  'normalize/chain "merchantService"': declared('merchantService'),
  'normalize/chain "MerchantService"': declared('MerchantService'),
  'normalize/chain "V3"': declared('V3'),
  'normalize/chain "v3"': declared('v3'),
  'normalize/chain "ABC"': declared('ABC'),
  'normalize/chain "aBC"': declared('aBC'),
  'normalize/chain "ABCDef"': declared('ABCDef'),
  'normalize/chain "complaintsV2"': declared('complaintsV2'),
  'normalize/chain "merchantServiceV2"': declared('merchantServiceV2'),
  'normalize/chain "x2y"': declared('x2y'),
  'normalize/chain "X509Cert"': declared('X509Cert'),
  'normalize/chain "2Cool"': asWritten('2Cool'),
  'normalize/chain "iOSApp"': declared('iOSApp'),
  'normalize/chain "URL"': declared('URL'),
  'normalize/chain "_transaction_id_"': declared('_transaction_id_'),
  'normalize/chain "_transaction_id"': declared('_transaction_id'),
  'normalize/chain "transaction_id_"': declared('transaction_id_'),
  'normalize/chain "__x__"': declared('__x__'),
  'normalize/chain "_a_b_"': declared('_a_b_'),
  'normalize/chain "_"': declared('_'),
  'normalize/chain "__"': declared('__'),
  'normalize/chain "___"': declared('___'),
  'normalize/chain "_A_"': placeholder('_A_', '{A}'),
  'normalize/chain "_TransactionId_"': placeholder('_TransactionId_', '{TransactionId}'),
  'normalize/chain "_outTradeNo_"': placeholder('_outTradeNo_', '{outTradeNo}'),
  'normalize/chain "_OutTradeNo_"': placeholder('_OutTradeNo_', '{OutTradeNo}'),
  'normalize/chain "out_trade_no"': declared('out_trade_no'),
  'normalize/chain "Out_Trade_No"': declared('Out_Trade_No'),
  'normalize/chain "foo-bar"': declared('foo-bar'),
  'normalize/chain "Foo-Bar"': asWritten('Foo-Bar'),
  'normalize/chain "foo.bar"': declared('foo.bar'),
  'normalize/chain "Foo.Bar"': asWritten('Foo.Bar'),
  'normalize/chain "É"': declared('É'),
  'normalize/chain "éA"': asWritten('éA'),
  'normalize/chain "中文"': declared('中文'),
  'normalize/chain "_中文_"': asWritten('_中文_'),
  'normalize/chain "a b"': declared('a b'),
  'normalize/chain "A B"': asWritten('A B'),
  'normalize/chain "a%20b"': declared('a%20b'),
  'normalize/chain "a%2Fb"': asWritten('a%2Fb'),
  'normalize/chain "a%2FB"': asWritten('a%2FB'),
  'normalize/chain "a/b"': declared('a/b'),
  'normalize/chain "/a/b"': declared('/a/b'),
  'normalize/chain "a/b/"': declared('a/b/'),
  'normalize/chain "//"': declared('//'),
  'normalize/chain ""': declared(''),
  'normalize/chain " "': declared(' '),
  'normalize/chain "a?b=c"': declared('a?b=c'),
  'normalize/chain "a?B=C"': asWritten('a?B=C'),
  'normalize/chain "a#b"': declared('a#b'),
  'normalize/chain "{var}"': declared('{var}'),
  'normalize/chain "{Var}"': asWritten('{Var}'),
  'normalize/chain "{outTradeNo}"': asWritten('{outTradeNo}'),
  'normalize/chain "{+var}"': declared('{+var}'),
  'normalize/chain "{x}{y}"': declared('{x}{y}'),
  'normalize/chain "{?q*}"': declared('{?q*}'),
  'normalize/chain "{var"': declared('{var'),
  'normalize/chain "var}"': declared('var}'),
  'normalize/chain "{}"': declared('{}'),
  'normalize/chain "_x__y_"': declared('_x__y_'),
  'normalize/chain "_a_/_b_"': asWritten('_a_/_b_'),
  'normalize/chain "_a\\nb_"': declared('_a\nb_'),
  'normalize/chain "v3/merchantService"': asWritten('v3/merchantService'),
  'normalize/chain "v3/MerchantService"': asWritten('v3/MerchantService'),
  'normalize/chain "V3/Pay/Transactions"': asWritten('V3/Pay/Transactions'),
  'normalize/chain "v3/{outTradeNo}/x"': asWritten('v3/{outTradeNo}/x'),
  'normalize/chain "https://API.example.com/V3/x"': asWritten('https://API.example.com/V3/x'),
  'normalize/chain "+a"': declared('+a'),
  'normalize/chain "a:b"': declared('a:b'),
  'normalize/chain "1"': declared('1'),
  'normalize/chain "0"': declared('0'),
  'normalize/chain ".."': declared('..'),
  'normalize/chain "."': declared('.'),
  'normalize/chain "a\\u0000b"': declared('a\0b'),
  'normalize/chain "ff"': differs(
    'a string holds no bytes; half of a surrogate pair is the nearest to a stray one',
    declared('\ud800'),
    yields('\ud800'),
  ),

  'normalize/property form': (i) => String(i.v3.MerchantService.complaintNotifications._id_),
  'normalize/mixed forms': differs(
    'only a name is normalised, anything else stays as written',
    (i) => String(i.v3['merchantService/x'].chain('{id}').Foo),
    yields('v3/merchantService/x/{id}/foo'),
  ),
  'normalize/nested chain does not insert anything but a slash': (i) =>
    String(i.chain('v3/').chain('/pay/').chain('x')),
  'normalize/empty property': (i) => String(i.v3[''].x),
  'normalize/pathname of the root': (i) => String(i),
  'normalize/verb on the root': (i) => i.get(),
  'normalize/property called get': (i) => String(i.v3.get.post),
  'normalize/property called chain': (i) => String(i.v3.chain.x),
  'normalize/property called driver (a protected member of the chain object)': (i) => String(i.v3.driver),
  // biome-ignore lint/complexity/useLiteralKeys: the index is what is tried.
  'normalize/index called driver': (i) => String(i.v3['driver']),

  'normalize/numeric segment 0 below v3 (collides with the internal list)': index(
    (i) => i.v3.chain('0'),
    'v3/0',
  ),
  'normalize/numeric segment 1 below v3': (i) => String(i.v3.chain('1')),
  'normalize/numeric segment 1 below v3/a': index((i) => i.v3.a.chain('1'), 'v3/a/1'),
  'normalize/numeric segment 5 then another': (i) => String(i.v3.chain('5').x),
  'normalize/after a numeric sibling was used': (i) => {
    const x = i.v3
    x.chain('5')
    return String(x.chain('y'))
  },
  'normalize/segment called as a method': refused((i) => i.v3.pay(), /get, put, post, patch/),
  'normalize/int index': index((i) => i[0], '0'),
  'normalize/int index 7': index((i) => i.v3[7], 'v3/7'),
  'normalize/null index': index((i) => i.null, 'null'),
  'normalize/chain(int) from code without strict_types': (i) => ({
    type: 'BuilderChainable',
    pathname: String(i.chain(5)),
  }),
  'normalize/same child object returned twice': (i) => Object.is(i.v3.pay, i.v3.pay),
  'normalize/different spelling is a different child': (i) => [
    String(i.v3.Pay),
    String(i.v3.pay),
    i.v3.Pay === i.v3.pay,
  ],
  'normalize/isset before and after access': differs(
    'looking at a child leaves no trace on its parent',
    (i) => ['v3' in i, i.v3 !== null, 'v3' in i],
    yields([false, true, false]),
  ),
  'normalize/siblings do not leak': (i) => [String(i.v3.a), String(i.v3.b), String(i.v3)],
  'normalize/unset / assign a segment': refusesAssignment((i) => {
    Object.assign(i.v3, { foo: 'bar' })
  }),
  'normalize/assigned scalar becomes a path piece': refusesAssignment((i) => {
    const x = i.v3
    Object.assign(x, { k: 'bar' })
    return String(x.chain('z'))
  }),
  'normalize/count and iterate the chain object': differs(
    'looking at a child leaves no trace on its parent',
    (i) => {
      const x = i.v3
      String(x.pay)
      return [Object.keys(x).length, Object.keys(x)]
    },
    yields([0, []]),
  ),
}
