import { constants } from 'node:crypto'
import { AesGcm, ConfigError, Formatter, PemUtil, RequestError, Rsa, VerificationError } from '../../../lib'
import { keys } from '../platform'
import { differs, type Fault, fails, type Table, yields } from './entry'

const KEY = 'k'.repeat(32)
const WRONG_KEY = 'j'.repeat(32)
const IV = '123456789012'
const undecipherable: Fault = { type: VerificationError, has: { reason: 'decrypt' } }
const noKey: Fault = { type: ConfigError }

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
}
