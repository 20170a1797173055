import type { KeyObject } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { Certificates } from './certificates'
import { type KeyInput, parsePrivateKey } from './crypto/key'
import { ConfigError } from './errors'
import { checkHeaders, type HeaderBag, type HeadersInput } from './headers'
import { DEFAULT_BASE_URI } from './hosts'
import { type ClientCertificate, type MerchantCertificate, resolveMerchant } from './merchant'
import { isPlainObject } from './plain'
import {
  type Certs,
  ConfiguredKeys,
  IDENTIFIER,
  isPublicKeyId,
  type PlatformKey,
  type PlatformKeys,
  parsePlatformKeys,
} from './platform-keys'
import type { Store } from './store'
import { suggestion } from './suggestion'

/** A merchant key that lives elsewhere: a KMS, an HSM, a service. */
export interface RemoteSigner {
  /** The base64 of the RSA-SHA256 (PKCS#1 v1.5) signature of a UTF-8 message. */
  sign(message: string): string | Promise<string>
  /** The plain text of a base64 OAEP ciphertext. */
  decrypt?(ciphertext: string): string | Promise<string>
}

/** What `Builder.factory` takes. */
export interface Config {
  /** The merchant number. */
  mchid: string
  /** The serial number of the merchant API certificate. */
  serial: string
  /** The merchant API private key. */
  privateKey: KeyInput | RemoteSigner
  certs: Certs
  /** The APIv2 key. */
  secret?: string | undefined
  /** The APIv3 key, 32 bytes; while it is being changed, the new one and the old. */
  apiv3Key?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  merchant?: MerchantCertificate | undefined
  /** Default: `https://api.mch.weixin.qq.com/`. Its origin is trusted with signed requests. */
  base_uri?: string | URL | undefined
  headers?: HeadersInput | undefined
  /** How long one call may take, in milliseconds; 0 for no limit. Default: 30,000. */
  timeout?: number | undefined
  retry?: false | Readonly<Record<string, unknown>> | undefined
  /** Used in place of the built-in connection pool, for `security` calls too; closing it stays the caller's affair. */
  dispatcher?: Dispatcher | undefined
  /** Shares downloaded platform certificates between processes. */
  store?: Store | undefined
}

/** Signs with a key in this process, or asks someone else to. */
export type Signer = { readonly key: KeyObject } | { readonly remote: RemoteSigner }

/** The configuration, checked once: keys parsed, defaults in place, frozen. */
export interface ResolvedConfig {
  readonly mchid: string
  readonly serial: string
  readonly signer: Signer
  readonly keys: PlatformKeys
  /** The same, when they download themselves. */
  readonly certificates: Certificates | undefined
  /** The first configured `PUB_KEY_ID_…`: answers are asked to be signed with it. */
  readonly publicKeyId: string | undefined
  readonly secret: string | undefined
  readonly apiv3Keys: readonly Buffer[]
  readonly merchant: ClientCertificate | undefined
  readonly baseUri: URL
  readonly headers: HeaderBag
  readonly timeout: number
  readonly dispatcher: Dispatcher | undefined
}

const NAMES = [
  'mchid',
  'serial',
  'privateKey',
  'certs',
  'secret',
  'apiv3Key',
  'merchant',
  'base_uri',
  'headers',
  'timeout',
  'retry',
  'dispatcher',
  'store',
] as const satisfies readonly (keyof Config)[]

const DEFAULT_TIMEOUT = 30_000
/** The longest delay a timer can hold. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

/**
 * Checks a configuration.
 * @throws ConfigError that names the option and the remedy
 */
export function resolveConfig(config: unknown): ResolvedConfig {
  if (!isObject(config)) throw new ConfigError('config', 'expected { mchid, serial, privateKey, certs }')
  try {
    return checked(config)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    // A getter of the caller's threw.
    throw new ConfigError('config', 'cannot be read', error)
  }
}

function checked(config: Record<string, unknown>): ResolvedConfig {
  for (const name of Object.keys(config)) {
    if (!(NAMES as readonly string[]).includes(name)) {
      throw new ConfigError(name, `no such option${suggestion(name, NAMES)}`)
    }
  }
  const serial = identifier(config, 'serial', 'the serial number of the merchant API certificate')
  const mchid = identifier(config, 'mchid', 'the merchant number')
  const configured = parsePlatformKeys(config.certs, serial)
  const keys = [...apiv3Keys(config.apiv3Key)]
  const certificates = downloaded(config, configured, keys, mchid)
  return Object.freeze({
    mchid,
    serial,
    signer: parseMerchantKey(config.privateKey),
    keys: certificates ?? new ConfiguredKeys(configured),
    certificates,
    publicKeyId: [...configured.keys()].find(isPublicKeyId),
    secret: optional(
      config,
      'secret',
      (value) => typeof value === 'string' && value !== '',
      'a non-empty string',
    ),
    apiv3Keys: keys,
    merchant: resolveMerchant(config.merchant),
    baseUri: baseUri(config.base_uri),
    headers: checkHeaders(
      config.headers,
      (name, problem) => new ConfigError(name ? `headers.${name}` : 'headers', problem),
    ),
    timeout: timeout(config.timeout),
    dispatcher: dispatcher(config.dispatcher, config.retry),
  } as ResolvedConfig)
}

/** An absolute http(s) address, or the reason why it is none. */
export function parseBaseUri(value: unknown): URL | string {
  if (typeof value !== 'string' && !(value instanceof URL)) return 'expected an absolute address'
  if (!URL.canParse(String(value)))
    return 'expected an absolute address, such as https://api.mch.weixin.qq.com/'
  const url = new URL(value)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `${url.protocol} is neither https: nor http:`
  return url.username || url.password ? 'a user name or password has no place here' : url
}

export function parseTimeout(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_TIMEOUT
}

export const TIMEOUT_RANGE = `expected milliseconds from 0 (no limit) to ${LONGEST_TIMEOUT}`

/** @throws ConfigError unless it is a private key, or signs */
export function parseMerchantKey(input: unknown): Signer {
  if (input === undefined || input === null) {
    throw new ConfigError(
      'privateKey',
      'missing: the merchant API private key (apiclient_key.pem), or { sign }',
    )
  }
  if (isObject(input) && typeof input.sign === 'function') return { remote: input as unknown as RemoteSigner }
  return { key: parsePrivateKey(input, 'privateKey') }
}

function identifier(config: Record<string, unknown>, field: 'mchid' | 'serial', what: string): string {
  const value = config[field]
  if (value === undefined || value === null) throw new ConfigError(field, `missing: ${what}`)
  if (typeof value !== 'string')
    throw new ConfigError(field, `expected a string, got a ${typeof value}: put it in quotes`)
  // Both end up between quotes in the Authorization header.
  if (!IDENTIFIER.test(value)) throw new ConfigError(field, `expected ${what}: letters and digits only`)
  return value
}

function optional(
  config: Record<string, unknown>,
  field: string,
  accepts: (value: unknown) => boolean,
  expected: string,
): unknown {
  const value = config[field] ?? undefined
  if (value !== undefined && !accepts(value)) throw new ConfigError(field, `expected ${expected}`)
  return value
}

/** @throws ConfigError unless every one has 32 bytes */
export function apiv3Keys(value: unknown): readonly Buffer[] {
  if (value === undefined || value === null) return []
  const keys: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (keys.length === 0) throw new ConfigError('apiv3Key', 'expected a key of 32 bytes, or a list of them')
  return keys.map((key) => {
    if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
      throw new ConfigError('apiv3Key', 'expected a string or a Buffer of 32 bytes')
    }
    const bytes = Buffer.from(key as string)
    if (bytes.length !== 32)
      throw new ConfigError('apiv3Key', `an APIv3 key has 32 bytes, this one has ${bytes.length}`)
    return bytes
  })
}

function downloaded(
  { certs, store }: Record<string, unknown>,
  configured: ReadonlyMap<string, PlatformKey>,
  keys: readonly Buffer[],
  mchid: string,
): Certificates | undefined {
  if (store !== undefined && store !== null && !isStore(store)) {
    throw new ConfigError('store', 'expected { get, set, delete }')
  }
  if ((certs as Certs).auto !== true) return undefined
  if (keys.length === 0) {
    throw new ConfigError('apiv3Key', 'certs.auto needs it: platform certificates are encrypted with it')
  }
  return new Certificates({ configured, apiv3Keys: keys, mchid, store: store ?? undefined })
}

function isStore(value: unknown): value is Store {
  const { get, set, delete: remove } = value as Partial<Store>
  return [get, set, remove].every((method) => typeof method === 'function')
}

function baseUri(value: unknown): URL {
  const url = parseBaseUri(value ?? DEFAULT_BASE_URI)
  if (typeof url === 'string') throw new ConfigError('base_uri', url)
  return url
}

function timeout(value: unknown): number {
  if (value === undefined || value === null) return DEFAULT_TIMEOUT
  if (!parseTimeout(value)) throw new ConfigError('timeout', TIMEOUT_RANGE)
  return value
}

function dispatcher(value: unknown, retry: unknown): Dispatcher | undefined {
  if (retry !== undefined && retry !== null && retry !== false && !isPlainObject(retry)) {
    throw new ConfigError('retry', 'expected a policy, or false')
  }
  if (value === undefined || value === null) return undefined
  const given = value as Partial<Dispatcher>
  if (typeof given.dispatch !== 'function' || typeof given.compose !== 'function') {
    throw new ConfigError(
      'dispatcher',
      'expected an undici Dispatcher: an Agent, a ProxyAgent, a MockAgent, …',
    )
  }
  return value as Dispatcher
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
