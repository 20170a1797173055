import { apiv3Keys, decrypters, type RemoteDecrypter } from './apiv3-key'
import { Client } from './client'
import { type Config, parseMerchantKey, type RemoteSigner } from './config'
import { Rsa } from './crypto/rsa'
import { ConfigError } from './errors'
import { ConfiguredKeys, type PlatformKeys, parsePlatformKeys } from './platform-keys'
import { suggestion } from './suggestion'

/**
 * What `new Notifications` takes: the options of `Builder.factory`, none of which needs to be there but what the
 * notifications want. That is `certs` and `apiv3Key`, for those of APIv2 `secret`.
 */
export interface NotificationsConfig extends Partial<Omit<Config, 'certs' | 'secret' | 'privateKey'>> {
  /** As for the factory; or the keys of a client: `Builder.driver(instance).keys`. */
  certs?: Config['certs'] | PlatformKeys | undefined
  /** The APIv2 key; while it is being changed, the new one and the old. */
  secret?: string | readonly string[] | undefined
  /** The merchant API private key, or what decrypts with it: only `notifications.decrypt` wants it. */
  privateKey?: Config['privateKey'] | Required<Pick<RemoteSigner, 'decrypt'>> | undefined
  /** The number of a brand, in place of `mchid`. */
  brand_id?: string | undefined
}

/** A merchant that notifications may be for: its configuration, checked. */
export interface Recipient {
  readonly mchid: string | undefined
  readonly keys: PlatformKeys
  readonly apiv3Keys: readonly Buffer[]
  /** The same, as what decrypts with them, and what does so by itself. */
  readonly decrypters: readonly RemoteDecrypter[]
  readonly secrets: readonly string[]
  readonly decrypt: Decrypt | undefined
}

/** The plain text of what was encrypted for the merchant's key. */
type Decrypt = (ciphertext: string) => string | Promise<string>

/** All of the factory's: one that is added there is added here, or this does not compile. */
const OPTIONS: Readonly<Record<keyof NotificationsConfig, true>> = {
  mchid: true,
  brand_id: true,
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

/** Not of one merchant, but of all. */
const HANDLING: ReadonlySet<string> = new Set(['seen', 'onError'])

/**
 * Checks the configuration of one merchant, or of several.
 * @throws ConfigError that names the option and the remedy
 */
export function recipientsOf(config: unknown): readonly Recipient[] {
  const configs: readonly unknown[] = Array.isArray(config) ? config : [config]
  if (configs.length === 0)
    throw new ConfigError('config', 'expected { certs, apiv3Key, secret }, or a list of them')
  const recipients = configs.map(recipientOf)
  const mchids = new Set(recipients.map(({ mchid }) => mchid))
  if (recipients.length > 1 && (mchids.has(undefined) || mchids.size < recipients.length))
    throw new ConfigError('mchid', 'several merchants are told apart by it: each needs its own')
  return recipients
}

function recipientOf(config: unknown): Recipient {
  if (typeof config !== 'object' || config === null) {
    throw new ConfigError(
      'config',
      'expected { certs, apiv3Key, secret }, or the configuration of the factory',
    )
  }
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      const place = HANDLING.has(name)
        ? ' here: it belongs in a second argument'
        : suggestion(name, Object.keys(OPTIONS))
      throw new ConfigError(name, `no such option${place}`)
    }
  }
  const { brand_id, mchid = brand_id, certs, secret, apiv3Key, privateKey } = config as NotificationsConfig
  if (mchid !== undefined && typeof mchid !== 'string')
    throw new ConfigError('mchid', `expected a string, got a ${typeof mchid}: put it in quotes`)
  const keys = keysOf(certs, config as NotificationsConfig)
  const recipient = {
    mchid,
    keys,
    apiv3Keys: apiv3Keys(apiv3Key),
    decrypters: decrypters(apiv3Key),
    secrets: secretsOf(secret),
    decrypt: decrypterOf(privateKey),
  }
  if (recipient.decrypters.length === 0 && recipient.secrets.length === 0) {
    throw new ConfigError(
      'apiv3Key',
      'missing: notifications are encrypted with it; those of APIv2 want the secret',
    )
  }
  if (recipient.secrets.length === 0 && (certs === undefined || certs === null))
    throw new ConfigError(
      'certs',
      "missing: WeChat Pay's public key verifies notifications, { PUB_KEY_ID_…: key }",
    )
  return recipient
}

function keysOf(certs: NotificationsConfig['certs'], config: NotificationsConfig): PlatformKeys {
  // APIv2 has no platform keys.
  if (certs === undefined || certs === null) return new ConfiguredKeys(new Map())
  if (typeof (certs as PlatformKeys).find === 'function') return certs as PlatformKeys
  // Certificates that download themselves need a client to do it.
  if ((certs as { auto?: unknown }).auto === true)
    return new Client({ ...config, secret: undefined } as Config).keys
  return new ConfiguredKeys(parsePlatformKeys(certs, config.serial))
}

function decrypterOf(privateKey: NotificationsConfig['privateKey']): Decrypt | undefined {
  if (privateKey === undefined || privateKey === null) return undefined
  if (isDecrypter(privateKey)) return (ciphertext) => privateKey.decrypt(ciphertext)
  const signer = parseMerchantKey(privateKey)
  if ('key' in signer) return (ciphertext) => Rsa.decrypt(ciphertext, signer.key)
  return () => {
    throw new ConfigError(
      'privateKey',
      'decrypt() is missing beside sign(): a remote key has to do it itself',
    )
  }
}

function isDecrypter(key: object | string): key is Required<Pick<RemoteSigner, 'decrypt'>> {
  return typeof (key as RemoteSigner).decrypt === 'function'
}

function secretsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const secrets: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (secrets.length > 0 && secrets.every((secret) => typeof secret === 'string' && secret !== '')) {
    return [...secrets] as readonly string[]
  }
  throw new ConfigError('secret', 'expected the APIv2 key, or a list of them')
}
