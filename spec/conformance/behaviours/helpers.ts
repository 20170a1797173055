import { constants } from 'node:crypto'
import {
  AesEcb,
  AesGcm,
  ConfigError,
  Formatter,
  Hash,
  PemUtil,
  RequestError,
  Rsa,
  Transformer,
  VerificationError,
  XmlError,
} from '../../../lib'
import { keys } from '../platform'
import { type Call, differs, type Fault, fails, failure, type Run, type Table, yields } from './entry'

const KEY = 'k'.repeat(32)
const WRONG_KEY = 'j'.repeat(32)
const IV = '123456789012'
const undecipherable: Fault = { type: VerificationError, has: { reason: 'decrypt' } }
const noKey: Fault = { type: ConfigError }

/** Reads XML, and writes it as PHP's JSON: of ASCII, with an empty list for no fields at all. */
const toObject =
  (...xml: readonly [xml?: string]): Call =>
  () => {
    const json = JSON.stringify(Transformer.toObject(...xml))
    return json === '{}'
      ? '[]'
      : json.replace(/[\x80-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  }

/** What PHP's libxml reads some of, or mends, and our reader refuses. */
const unreadable = (why: string, xml: string): Run => differs(why, toObject(xml), failure({ type: XmlError }))

const LAX = 'lax XML is not read: what is signed must have one meaning'

class P {
  a = 1
}

export const helpers: Table = {
  'helpers/Formatter nonce 0': fails(() => Formatter.nonce(0), { type: RequestError, message: /^size\b/ }),
  'helpers/Formatter nonce length': () => Formatter.nonce(7).length,
  'helpers/authorization': () => Formatter.authorization('m', 'n', 's', 't', 'r'),
  'helpers/request message': () => Formatter.request('GET', '/x', '1', 'n'),
  'helpers/response message': () => Formatter.response('1', 'n'),
  'helpers/joinedByLineFeed types': () => Formatter.joinedByLineFeed(1, 1.0, true, false, 'x'),
  'helpers/joinedByLineFeed nothing': () => Formatter.joinedByLineFeed(),
  'helpers/ksort': differs(
    'JavaScript keeps integer-like keys first and in numeric order, and its JSON does not escape',
    () => JSON.stringify(Formatter.ksort({ b: 1, a: 1, B: 1, _: 1, 10: 1, 9: 1, é: 1 })),
    yields('{"9":1,"10":1,"B":1,"_":1,"a":1,"b":1,"é":1}'),
  ),
  'helpers/queryStringLike': () =>
    Formatter.queryStringLike({
      a: 0,
      b: '0',
      c: false,
      d: true,
      e: null,
      f: '',
      sign: 'x',
      Sign: 'y',
      g: 1.0,
    }),
  'helpers/AesGcm round trip': () => AesGcm.decrypt(AesGcm.encrypt('t', KEY, IV, 'aad'), KEY, IV, 'aad'),
  'helpers/AesGcm ciphertext': () => AesGcm.encrypt('t', KEY, IV, 'aad'),
  'helpers/AesGcm wrong key': fails(
    () => AesGcm.decrypt(AesGcm.encrypt('t', KEY, IV, 'aad'), WRONG_KEY, IV, 'aad'),
    undecipherable,
  ),
  'helpers/AesGcm short ciphertext': fails(() => AesGcm.decrypt('QUJD', KEY, IV, 'aad'), undecipherable),
  'helpers/Rsa from garbage': fails(() => Rsa.from('garbage'), noKey),
  'helpers/Rsa from garbage public': fails(() => Rsa.from('garbage', 'public'), noKey),
  'helpers/Rsa encrypt PKCS1 padding refused': fails(
    () => Rsa.encrypt('x', keys.platformPublic, constants.RSA_PKCS1_PADDING),
    { type: ConfigError, message: /^padding\b/ },
  ),
  'helpers/Rsa encrypt too long': fails(() => Rsa.encrypt('x'.repeat(300), keys.platformPublic), {
    type: RequestError,
    message: /300 bytes/,
  }),
  'helpers/Rsa verify false': () => Rsa.verify('m', 'c2ln', keys.platformPublic),
  'helpers/Rsa verify garbage key': fails(() => Rsa.verify('m', 'c2ln', 'garbage'), noKey),
  'helpers/PemUtil serial': () => PemUtil.parseCertificateSerialNo(keys.merchantCertificate).length > 0,
  'helpers/PemUtil garbage': fails(() => PemUtil.parseCertificateSerialNo('garbage'), noKey),

  'helpers/Hash md5 no key': () => Hash.md5('a=1'),
  'helpers/Hash md5 key': () => Hash.md5('a=1', 'k'),
  'helpers/Hash md5 key 0 is ignored': () => Hash.md5('a=1', '0'),
  'helpers/Hash md5 agency': () => Hash.md5('a=1', 'k', '1'),
  'helpers/Hash hmac': () => Hash.hmac('a=1', 'k'),
  'helpers/Hash hmac md5': () => Hash.hmac('a=1', 'k', 'md5'),
  'helpers/Hash hmac bad algorithm': fails(() => Hash.hmac('a=1', 'k', 'nope'), {
    type: RequestError,
    message: /^algorithm\b.*nope/,
  }),
  'helpers/Hash sign unknown': differs(
    'PHP signs with nothing: an unknown sign_type is a mistake to be told',
    () => Hash.sign('X', 'a', 'k'),
    failure({ type: RequestError, message: /^sign_type\b/ }),
  ),
  'helpers/Hash equals null': () => Hash.equals('a', null),
  'helpers/AesEcb round trip': () => AesEcb.decrypt(AesEcb.encrypt('t', KEY), KEY),
  'helpers/AesEcb ciphertext': () => AesEcb.encrypt('t', KEY),
  'helpers/AesEcb wrong key': fails(
    () => AesEcb.decrypt(AesEcb.encrypt('t', KEY), WRONG_KEY),
    undecipherable,
  ),
  'helpers/toArray simple': toObject('<xml><a><![CDATA[1]]></a><b/><c> x </c><d>&lt;&amp;&#20013;</d></xml>'),
  'helpers/toArray nested and repeated': toObject('<xml><a><b>1</b><b>2</b></a><c><d/></c></xml>'),
  'helpers/toArray attributes': differs(
    '@attributes would be a field that nobody sent, and part of what is signed',
    toObject('<xml v="1"><a k="2">x</a></xml>'),
    yields('{"a":"x"}'),
  ),
  'helpers/toArray comments': differs(
    'a comment would be a field that nobody sent, and part of what is signed',
    toObject('<xml><!-- c --><a>1</a></xml>'),
    yields('{"a":"1"}'),
  ),
  'helpers/toArray default': toObject(),
  'helpers/toArray empty': unreadable('no document is no answer without fields', ''),
  'helpers/toArray garbage': unreadable('no document is no answer without fields', 'x'),
  'helpers/toArray root only text': differs(
    'the same: JavaScript writes the list of one as an object',
    toObject('<xml>abc</xml>'),
    yields('{"0":"abc"}'),
  ),
  'helpers/toArray control chars stripped': unreadable(LAX, '<xml><a>1\x012</a></xml>'),
  'helpers/toArray entity expansion': unreadable(
    'a DTD is never read: it can name files, and grow without bounds',
    '<!DOCTYPE x [<!ENTITY e "v">]><xml><a>&e;</a></xml>',
  ),
  'helpers/toArray mixed content': toObject('<xml><a>t<b>1</b>u</a></xml>'),
  'helpers/toArray trailing garbage': unreadable(LAX, '<xml><a>1</a></xml>trailing'),
  'helpers/toArray declaration and bom': toObject(
    '\ufeff<?xml version="1.0" encoding="UTF-8"?><xml><a>1</a></xml>',
  ),
  'helpers/toArray namespaced': differs(
    'PHP loses the field: the signature of what is left cannot be right',
    toObject('<xml xmlns:n="u"><n:a>1</n:a><b>2</b></xml>'),
    yields('{"n:a":"1","b":"2"}'),
  ),
  'helpers/toArray whitespace': toObject('<xml>\n  <a>1</a>\n  <b>\n</b></xml>'),
  'helpers/toXml head and indent': differs(
    'a key of PHP that is a number cannot be the name of an element: a list stands for it',
    () => Transformer.toXml({ a: '1', b: { c: '2', d: ['3'] } }, false, true),
    yields(
      '<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n <a>1</a>\n <b>\n  <c>2</c>\n  <d>\n   <item>3</item>\n  </d>\n </b>\n</xml>\n',
    ),
  ),
  'helpers/toXml root and item': differs(
    'a key of PHP that is a number cannot be the name of an element: a list stands for it',
    () => Transformer.toXml(['x', ['y']], true, false, 'r', 'i'),
    yields('<r><i>x</i><i><i>y</i></i></r>'),
  ),
  'helpers/toXml empty': () => Transformer.toXml({}),
  'helpers/toXml Traversable': differs(
    'an instance of a class is a mistake better told than guessed at',
    () => Transformer.toXml({ a: new Map([['k', 'v']]) }),
    failure({ type: RequestError, message: /^xml\.a\b.*Map/ }),
  ),
  'helpers/toXml null and bools': () => Transformer.toXml({ n: null, t: true, f: false, z: 0 }),
  'helpers/toXml stdClass': differs(
    "a map is JavaScript's plain object",
    () => Transformer.toXml({ a: { k: 'v' } }),
    yields('<xml><a><k>v</k></a></xml>'),
  ),
  'helpers/toXml object': fails(() => Transformer.toXml({ a: new P() }), {
    type: RequestError,
    message: /^xml\.a\b.*\bP\b/,
  }),
}
