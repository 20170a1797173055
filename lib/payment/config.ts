import type { Config, RemoteSigner, Signer } from '../config'
import { parsePrivateKey } from '../crypto/key'
import { ConfigError } from '../errors'
import { IDENTIFIER } from '../platform-keys'
import { suggestion } from '../suggestion'

/**
 * What `new Payment` takes: the options of `Builder.factory`, of which it uses three, each needed only by the methods
 * that say so.
 */
export interface PaymentConfig extends Partial<Omit<Config, 'mchid' | 'privateKey' | 'secret'>> {
  /** The merchant number that the front end is given. */
  mchid?: Config['mchid'] | undefined
  /** The merchant API private key, or `{ sign }`: what APIv3's parameters are signed with. */
  privateKey?: Config['privateKey'] | undefined
  /** The APIv2 key: what everything under `payment.v2` is signed with. */
  secret?: string | undefined
}

/** What methods sign with and for; each complains when it is not there. */
export interface Credentials {
  mchid(): string
  signer(): Signer
  secret(): string
}

/** Every option of the factory, so that one configuration serves both; one that is new there must be named here too. */
const OPTIONS: Readonly<Record<keyof Config, true>> = {
  mchid: true,
  serial: true,
  privateKey: true,
  certs: true,
  secret: true,
  apiv3Key: true,
  merchant: true,
  base_uri: true,
  headers: true,
  timeout: true,
  retry: true,
  proxy: true,
  maxResponseSize: true,
  dispatcher: true,
  store: true,
}

/**
 * Checks what is there; what is missing is told by the method that needs it.
 * @throws ConfigError that names the option and the remedy
 */
export function resolveCredentials(config: unknown): Credentials {
  if (typeof config !== 'object' || config === null) {
    throw new ConfigError(
      'config',
      'expected { mchid, privateKey, secret }, or the configuration of the factory',
    )
  }
  const names = Object.keys(OPTIONS)
  for (const name of Object.keys(config)) {
    if (!names.includes(name)) throw new ConfigError(name, `no such option${suggestion(name, names)}`)
  }
  const { mchid, privateKey, secret } = config as Record<string, unknown>
  const found = { mchid: checkMchid(mchid), signer: parseSigner(privateKey), secret: checkSecret(secret) }
  return {
    mchid: () => found.mchid ?? missing('mchid', 'the merchant number'),
    signer: () =>
      found.signer ?? missing('privateKey', 'the merchant API private key (apiclient_key.pem), or { sign }'),
    secret: () => found.secret ?? missing('secret', 'the APIv2 key'),
  }
}

function missing(field: string, what: string): never {
  throw new ConfigError(field, `missing: ${what}`)
}

function checkMchid(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string')
    throw new ConfigError('mchid', `expected a string, got a ${typeof value}: put it in quotes`)
  if (!IDENTIFIER.test(value))
    throw new ConfigError('mchid', 'expected the merchant number: letters and digits only')
  return value
}

function checkSecret(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigError('secret', 'expected a non-empty string')
}

function parseSigner(value: unknown): Signer | undefined {
  if (value === undefined || value === null) return undefined
  return isRemoteSigner(value) ? { remote: value } : { key: parsePrivateKey(value, 'privateKey') }
}

function isRemoteSigner(value: unknown): value is RemoteSigner {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<RemoteSigner>).sign === 'function'
  )
}
