import type { KeyObject } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { type Apiv3Key, apiv3Keys } from './apiv3-key'
import type { FileCipher } from './bill/cipher'
import { Certificates } from './certificates'
import { LARGEST } from './collector'
import { type KeyInput, parsePrivateKey } from './crypto/key'
import { ConfigError } from './errors'
import { checkHeaders, type HeaderBag, type HeadersInput } from './headers'
import { DEFAULT_BASE_URI } from './hosts'
import { type ClientCertificate, type MerchantCertificate, resolveMerchant } from './merchant'
import {
  type Certs,
  ConfiguredKeys,
  IDENTIFIER,
  isPublicKeyId,
  type PlatformKey,
  type PlatformKeys,
  parsePlatformKeys,
} from './platform-keys'
import { type ProxyChoice, resolveProxy } from './proxy'
import { clientRetry, type ResolvedRetry, type RetryPolicy } from './retry'
import type { Store } from './store'
import { suggestion } from './suggestion'
import { DEFAULT_TIMEOUTS, type ResolvedTimeouts, resolveTimeouts, type Timeouts } from './timeouts'

/** A merchant key that lives elsewhere (a KMS, an HSM, a service), or speaks another algorithm. */
export interface RemoteSigner {
  /** The scheme of the `Authorization`. Default: `WECHATPAY2-SHA256-RSA2048`. */
  readonly algorithm?: string
  /** The base64 of the signature of a UTF-8 message: RSA-SHA256 (PKCS#1 v1.5), unless `algorithm` says otherwise. */
  sign(message: string): string | Promise<string>
  /** The plain text of a base64 ciphertext: RSA-OAEP, or what the other algorithm encrypts with. */
  decrypt?(ciphertext: string): string | Promise<string>
  /** What files for the merchant are encrypted with beside AES-256-GCM, such as parts of a bill. */
  readonly ciphers?: readonly FileCipher[]
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
  apiv3Key?: Apiv3Key | readonly Apiv3Key[] | undefined
  merchant?: MerchantCertificate | undefined
  /** Default: `https://api.mch.weixin.qq.com/`. Its origin is trusted with signed requests. */
  base_uri?: string | URL | undefined
  headers?: HeadersInput | undefined
  /** How long one call may take, in milliseconds, 0 for no limit; or several limits. Default: 30,000. */
  timeout?: number | Timeouts | undefined
  /** When calls are tried again, or `false` for never. Default: reads are, and what was never sent. */
  retry?: false | RetryPolicy | undefined
  /**
   * The proxy that calls go through, `http://user:password@host:port` or `host:port`; `false` for none. Default: the one that
   * the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`); the loopback is reached without.
   */
  proxy?: string | URL | false | undefined
  /**
   * The largest answer that is kept in memory, in bytes. Default: 128 MiB. What is larger is refused; a download that is not
   * signed can be had with `stream` or `sink`. XML of APIv2 ends at 512 KiB all the same.
   */
  maxResponseSize?: number | undefined
  /** Used in place of the built-in connection pool, for `security` calls too; closing it stays the caller's affair. */
  dispatcher?: Dispatcher | undefined
  /** Shares downloaded platform certificates between processes. */
  store?: Store | undefined
}

/** The same for a brand (品牌), which has keys of its own and calls what begins with `brand/` (official 4015407523). */
export interface BrandConfig extends Omit<Config, 'mchid' | 'secret' | 'merchant'> {
  mchid?: never
  secret?: never
  merchant?: never
  /** The brand's number, in place of the merchant's. */
  brand_id: string
}

/** Signs with a key in this process, or asks someone else to. */
export type Signer = { readonly key: KeyObject } | { readonly remote: RemoteSigner }

/** The configuration, checked once: keys parsed, defaults in place, frozen. */
export interface ResolvedConfig {
  /** Empty for a brand. */
  readonly mchid: string
  /** How every `Authorization` begins: the scheme, who calls, and with which certificate. */
  readonly authorization: string
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
  readonly timeouts: ResolvedTimeouts
  readonly retry: ResolvedRetry
  readonly proxy: ProxyChoice
  readonly maxResponseSize: number
  readonly dispatcher: Dispatcher | undefined
}

const NAMES = [
  'mchid',
  'brand_id',
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
  'proxy',
  'maxResponseSize',
  'dispatcher',
  'store',
] as const satisfies readonly (keyof Config | keyof BrandConfig)[]

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
  const [who, id] = caller(config)
  const mchid = who === 'mchid' ? id : ''
  const signer = parseMerchantKey(config.privateKey)
  const configured = parsePlatformKeys(config.certs, serial)
  const keys = [...apiv3Keys(config.apiv3Key)]
  const certificates = downloaded(config, configured, keys, mchid)
  return Object.freeze({
    mchid,
    serial,
    authorization: `${schemeOf(signer, who)} ${who}="${id}",serial_no="${serial}"`,
    signer,
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
    timeouts: resolveTimeouts(config.timeout, DEFAULT_TIMEOUTS, refuse),
    retry: clientRetry(config.retry, refuse),
    proxy: resolveProxy(config.proxy, config.dispatcher),
    maxResponseSize: maxResponseSize(config.maxResponseSize),
    dispatcher: dispatcher(config.dispatcher),
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

/** Who calls, by the name that it has in the `Authorization`. */
type Caller = 'mchid' | 'brand_id'

const SCHEMES: Readonly<Record<Caller, string>> = {
  mchid: 'WECHATPAY2-SHA256-RSA2048',
  brand_id: 'WECHATPAY-BRAND-SHA256-RSA2048',
}

/** What a brand has not got: APIv2, and certificates instead of public keys (official 4015407523). */
const NOT_OF_BRANDS = ['mchid', 'secret', 'merchant'] as const

function caller(config: Record<string, unknown>): readonly [Caller, string] {
  if (config.brand_id === undefined || config.brand_id === null)
    return ['mchid', identifier(config, 'mchid', 'the merchant number')]
  for (const field of NOT_OF_BRANDS) {
    if (config[field] === undefined || config[field] === null) continue
    throw new ConfigError(field, 'has no place beside brand_id: a brand has keys of its own, and no APIv2')
  }
  return ['brand_id', identifier(config, 'brand_id', 'the number of the brand')]
}

function schemeOf(signer: Signer, who: Caller): string {
  const { algorithm = SCHEMES[who] } = 'remote' in signer ? signer.remote : {}
  // It begins the Authorization header.
  if (typeof algorithm === 'string' && IDENTIFIER.test(algorithm)) return algorithm
  throw new ConfigError(
    'privateKey.algorithm',
    'expected the scheme of the Authorization, such as WECHATPAY2-SHA256-RSA2048',
  )
}

function identifier(config: Record<string, unknown>, field: Caller | 'serial', what: string): string {
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
  if (mchid === '') throw new ConfigError('certs.auto', 'a brand has no certificates: give its public key')
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

function maxResponseSize(value: unknown): number {
  if (value === undefined || value === null) return LARGEST
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw new ConfigError('maxResponseSize', 'expected a number of bytes')
}

const refuse = (field: string, problem: string): ConfigError => new ConfigError(field, problem)

function dispatcher(value: unknown): Dispatcher | undefined {
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
