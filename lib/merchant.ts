import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readKeyFile } from './crypto/key'
import { ConfigError } from './errors'

/** The merchant's client certificate, for calls with `security: true`: PEM or a `file://` address each. */
export interface MerchantCertificate {
  /** The merchant API certificate (apiclient_cert.pem) … */
  readonly cert?: string | Buffer | undefined
  /** … with its private key (apiclient_key.pem), */
  readonly key?: string | Buffer | undefined
  /** or both in one (apiclient_cert.p12). */
  readonly pfx?: string | Buffer | undefined
  /** Of the key or the pfx; that of an apiclient_cert.p12 is the merchant number. */
  readonly passphrase?: string | undefined
}

/** The same, read and checked: what a TLS connection takes. */
export interface ClientCertificate {
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly pfx?: Buffer
  readonly passphrase?: string
}

const NAMES: readonly string[] = ['cert', 'key', 'pfx', 'passphrase']

/**
 * Reads the client certificate, and tries it, so that it does not fail at the first refund.
 * @throws ConfigError that says what is wrong and how to mend it
 */
export function resolveMerchant(value: unknown): ClientCertificate | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object') throw new ConfigError('merchant', EXPECTED)
  const unknown = Object.keys(value).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw new ConfigError(`merchant.${unknown}`, `no such option: ${EXPECTED}`)
  const { cert, key, pfx, passphrase } = value as MerchantCertificate
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new ConfigError('merchant.passphrase', 'expected a string')
  }
  if (!(pfx ? !cert && !key : cert && key)) throw new ConfigError('merchant', EXPECTED)
  const secret = passphrase === undefined ? {} : { passphrase }
  const certificate = pfx
    ? { pfx: Buffer.from(read(pfx, 'pfx') as Buffer), ...secret }
    : { cert: read(cert, 'cert'), key: read(key, 'key'), ...secret }
  // Loaded here: few configurations have a client certificate, and TLS is slow to load.
  const { createSecureContext } = require('node:tls') as typeof import('node:tls')
  try {
    createSecureContext(certificate)
  } catch (error) {
    throw new ConfigError('merchant', explain(error as NodeJS.ErrnoException, certificate))
  }
  return Object.freeze(certificate)
}

/** When a certificate ends, in milliseconds; of a pfx nobody knows. */
export function expiryOf({ cert }: ClientCertificate): number | undefined {
  return cert === undefined ? undefined : Date.parse(new X509Certificate(cert).validTo)
}

const EXPECTED = 'expected { cert, key } or { pfx }, with a passphrase where there is one'

function read(value: unknown, name: string): string | Buffer {
  if (typeof value === 'string') {
    if (value.startsWith('file://')) return readKeyFile(value, `merchant.${name}`)
    if (name !== 'pfx' && value.includes('-----BEGIN ')) return value
  }
  if (value instanceof Uint8Array) return Buffer.from(value)
  throw new ConfigError(
    `merchant.${name}`,
    `expected a Buffer${name === 'pfx' ? '' : ', PEM text'} or a "file://" address; a plain path needs "file://" before it`,
  )
}

/** OpenSSL's words, for someone who has never seen them. Its own message is not kept: it may quote what it read. */
function explain(
  { code = '', message }: NodeJS.ErrnoException,
  { key, passphrase }: ClientCertificate,
): string {
  const said = `${code} ${message}`
  if (/mismatch/i.test(said)) return 'key is not the private key of cert'
  // A wrong passphrase decrypts one key in 256 to nonsense that only then is unreadable.
  if (/mac verify failure|bad decrypt/i.test(said) || (isEncrypted(key) && !opens(key, passphrase))) {
    return 'wrong or missing passphrase (that of an apiclient_cert.p12 is the merchant number)'
  }
  if (/unsupported PKCS12/i.test(said)) {
    return (
      'the .p12 is encrypted with RC2-40, which OpenSSL 3 refuses: convert it once with ' +
      '"openssl pkcs12 -legacy -in apiclient_cert.p12 -nodes -out apiclient.pem" and give { cert, key } from it'
    )
  }
  return `cannot be read as a certificate with its private key (${code || 'no code'})`
}

function opens(key: string | Buffer | undefined, passphrase = ''): boolean {
  try {
    createPrivateKey({ key: key ?? '', passphrase })
    return true
  } catch {
    return false
  }
}

function isEncrypted(key: string | Buffer | undefined): boolean {
  return /ENCRYPTED/.test(String(key ?? ''))
}
