import { writeFileSync } from 'node:fs'
import { ConfigError } from '../../../lib'
import { factory } from '../chain'
import { config, keys, MERCHANT_SERIAL, PLATFORM_SERIAL } from '../platform'
import { type Call, differs, fails, failure, type Run, type Setup, same, type Table } from './entry'

const build = (...given: readonly unknown[]): Call => {
  return () => factory(...given)
}

const without = (name: keyof typeof config): Call => build({ ...config, [name]: undefined })

/** Refused as in the PHP SDK. */
const refused = (field: string, call: Call, setup: Setup = {}): Run =>
  fails(
    call,
    { type: ConfigError, message: new RegExp(`^${field}\\b`), has: { delivery: 'not-sent' } },
    setup,
  )

/** Refused where the PHP SDK goes on. */
const early = (field: string, why: string, call: Call, setup: Setup = {}): Run =>
  differs(why, call, failure({ type: ConfigError, message: new RegExp(`^${field}\\b`) }), setup)

const PARSED = 'keys are parsed at factory: a mistake shows before the first payment'

export const configuration: Table = {
  'config/nothing': refused('serial', build({})),
  'config/no arguments': refused('config', build()),
  'config/mchid int': refused('mchid', build({ ...config, mchid: 1 })),
  'config/mchid missing': refused('mchid', without('mchid')),
  'config/mchid null': refused('mchid', build({ ...config, mchid: null })),
  'config/mchid empty accepted': early(
    'mchid',
    'no request could be signed for nobody',
    build({ ...config, mchid: '' }),
  ),
  'config/serial missing': refused('serial', without('serial')),
  'config/serial int': refused('serial', build({ ...config, serial: 5 })),
  'config/privateKey missing': refused('privateKey', without('privateKey')),
  'config/privateKey array': refused('privateKey', build({ ...config, privateKey: ['k', 'pass'] })),
  'config/privateKey garbage accepted at build time': early(
    'privateKey',
    PARSED,
    build({ ...config, privateKey: 'k' }),
  ),
  'config/privateKey empty string accepted': early(
    'privateKey',
    PARSED,
    build({ ...config, privateKey: '' }),
  ),
  'config/certs missing': refused('certs', without('certs')),
  'config/certs empty': refused('certs', build({ ...config, certs: {} })),
  'config/certs string': refused('certs', build({ ...config, certs: 'c' })),
  'config/certs list': early(
    'certs',
    'a list has no serials: no answer could be verified',
    build({ ...config, certs: [keys.platformPublic] }),
  ),
  'config/certs contains the merchant serial': refused(
    'certs',
    build({
      ...config,
      certs: { [MERCHANT_SERIAL]: keys.platformPublic, [PLATFORM_SERIAL]: keys.platformPublic },
    }),
  ),
  'config/certs value null accepted': early('certs', PARSED, build({ ...config, certs: { P: null } })),
  'config/secret int': refused('secret', build({ ...config, secret: 5 })),
  'config/merchant string': refused('merchant', build({ ...config, merchant: 'x' })),
  'config/unknown keys accepted': early(
    'foo',
    'a misspelt option must not pass unseen',
    build({ ...config, foo: 'bar' }),
  ),
  'config/handler not a HandlerStack': early(
    'handler',
    "Guzzle's own options are not taken",
    build({ ...config, handler: 'x' }),
  ),
  'config/privateKey garbage fails when signing': refused('privateKey', (i) => i.v3.x.get(), {
    config: { privateKey: 'garbage' },
  }),
  'config/privateKey is a public key': refused('privateKey', (i) => i.v3.x.get(), {
    config: { privateKey: keys.merchantPublic },
  }),
  'config/privateKey as file path': (_, { loopback: { dispatcher }, vacancy }) => {
    writeFileSync(vacancy, keys.merchantPrivate)
    return factory({ ...config, privateKey: `file://${vacancy}`, dispatcher }).v3.x.get()
  },
  'config/privateKey as pem string': same((i) => i.v3.x.get(), {
    config: { privateKey: keys.merchantPrivate },
  }),
  'config/certs value garbage: verification fails with the openssl message hidden': early(
    'certs',
    PARSED,
    (i) => i.v3.x.get(),
    { config: { certs: { [PLATFORM_SERIAL]: 'garbage' } } },
  ),
  'config/certs value as pem certificate': same((i) => i.v3.x.get(), {
    config: { certs: { [PLATFORM_SERIAL]: keys.platformCertificate } },
  }),
  'config/certs as list with wildcard? (numeric serial)': early('certs', PARSED, (i) => i.v3.x.get(), {
    config: { certs: { '0123': 'x', '123': 'y' } },
  }),
  'config/http_errors false': early(
    'http_errors',
    "Guzzle's own options are not taken",
    (i) => i.v3.x.get(),
    {
      config: { http_errors: false },
    },
  ),
  'config/config is not validated for v2 only use': refused('serial', build({ mchid: '1', secret: 's' })),
}
