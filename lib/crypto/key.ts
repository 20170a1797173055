import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../errors'

/**
 * A key in any of its usual shapes: PEM text (PKCS#1, PKCS#8, SPKI, X.509; also with its line breaks lost to an
 * environment variable), base64 without armour, DER, `file://…`, `private.pkcs8://…` and its kin, a parsed key.
 */
export type KeyMaterial = string | Uint8Array | KeyObject | X509Certificate
/** An encrypted private key with its passphrase. */
export interface EncryptedKey {
  readonly key: KeyMaterial
  readonly passphrase?: string | Uint8Array | undefined
}
export type KeyInput = KeyMaterial | EncryptedKey

type Kind = 'private' | 'public'
type Format = 'pkcs1' | 'pkcs8' | 'spki'

/** `private.pkcs1://MIIE…`: base64 DER that names its own encoding, as in the PHP SDK. */
const SCHEME = /^(private|public)\.(pkcs1|pkcs8|spki):\/\/([\s\S]*)$/
/** The encodings an unarmoured key may have, likeliest first. */
const ENCODINGS: Record<Kind, readonly Format[]> = { private: ['pkcs8', 'pkcs1'], public: ['spki', 'pkcs1'] }
const ENCRYPTED = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/

/**
 * Parses an RSA private key, once.
 * @throws ConfigError that names `field`; never the key.
 */
export function parsePrivateKey(input: unknown, field = 'privateKey'): KeyObject {
  return parse(input, 'private', field)
}

/**
 * Parses an RSA public key, or takes it out of a certificate.
 * @throws ConfigError that names `field`; a private key in its place is refused.
 */
export function parsePublicKey(input: unknown, field = 'publicKey'): KeyObject {
  return parse(input, 'public', field)
}

function parse(input: unknown, kind: Kind, field: string): KeyObject {
  const { key, passphrase } = isEncryptedKey(input) ? input : { key: input, passphrase: undefined }
  return checked(material(key, kind, passphrase, field), kind, field)
}

function material(key: unknown, kind: Kind, passphrase: unknown, field: string): KeyObject {
  if (key instanceof KeyObject) return key
  if (key instanceof X509Certificate) return certificate(key, kind, field)
  if (key instanceof Uint8Array) return bytes(Buffer.from(key), kind, passphrase, field)
  if (typeof key !== 'string') throw new ConfigError(field, `expected a ${kind} key, got ${describe(key)}`)
  return text(key.trim(), kind, passphrase, field)
}

function text(key: string, kind: Kind, passphrase: unknown, field: string): KeyObject {
  if (key.startsWith('file://')) return bytes(readKeyFile(key, field), kind, passphrase, field)
  const scheme = SCHEME.exec(key)
  if (scheme) {
    const [, named, format, base64 = ''] = scheme
    return der(Buffer.from(base64, 'base64'), named as Kind, [format as Format], passphrase, field)
  }
  if (key.includes('-----BEGIN ')) return pem(armour(key), kind, passphrase, field)
  // Base64 of a key begins with M: a path, which may consist of base64's characters only, does not.
  if (!/^M[A-Za-z0-9+/\s]+=*\s*$/.test(key)) {
    throw new ConfigError(
      field,
      `not a key: expected PEM ("-----BEGIN …"), base64 or a "file://" address of a ${kind} key; a plain path needs "file://" before it`,
    )
  }
  return der(Buffer.from(key, 'base64'), kind, ENCODINGS[kind], passphrase, field)
}

function bytes(key: Buffer, kind: Kind, passphrase: unknown, field: string): KeyObject {
  if (isDer(key)) return der(key, kind, ENCODINGS[kind], passphrase, field)
  const content = clean(key.toString('utf8'))
  if (content.startsWith('file://'))
    throw new ConfigError(field, 'a key file must hold a key, not another address')
  return text(content, kind, passphrase, field)
}

function pem(key: string, kind: Kind, passphrase: unknown, field: string): KeyObject {
  if (key.includes('BEGIN CERTIFICATE-----')) return certificate(parseCertificate(key, field), kind, field)
  if (kind === 'public' && key.includes('PRIVATE KEY-----')) throw misplaced('public', 'private', field)
  if (kind === 'private' && key.includes('PUBLIC KEY-----')) throw misplaced('private', 'public', field)
  if (kind === 'public') return attempt(() => createPublicKey(key), kind, field)
  if (ENCRYPTED.test(key) && passphrase === undefined) {
    throw new ConfigError(field, 'the private key is encrypted: give { key, passphrase }')
  }
  return attempt(() => createPrivateKey({ key, ...secret(passphrase, field) }), kind, field)
}

function der(
  key: Buffer,
  kind: Kind,
  formats: readonly Format[],
  passphrase: unknown,
  field: string,
): KeyObject {
  if (kind === 'public' && isPrivateKey(key)) throw misplaced('public', 'private', field)
  let failure: unknown
  for (const type of formats) {
    try {
      return kind === 'private'
        ? createPrivateKey({ key, format: 'der', type: type as 'pkcs8', ...secret(passphrase, field) })
        : createPublicKey({ key, format: 'der', type: type as 'spki' })
    } catch (error) {
      failure ??= error
    }
  }
  if (kind === 'public') {
    try {
      return new X509Certificate(key).publicKey
    } catch {
      // Not a certificate either: the first failure tells more.
    }
  }
  throw unreadable(kind, field, failure)
}

/** Node would take the public half out of it, and a private key would lie where nobody guards it. */
function isPrivateKey(key: Buffer): boolean {
  return ENCODINGS.private.some((type) => {
    try {
      createPrivateKey({ key, format: 'der', type: type as 'pkcs8' })
      return true
    } catch {
      return false
    }
  })
}

function checked(key: KeyObject, kind: Kind, field: string): KeyObject {
  if (key.type !== kind) throw misplaced(kind, key.type, field)
  if (key.asymmetricKeyType !== 'rsa') {
    throw new ConfigError(field, `expected an RSA key, got ${key.asymmetricKeyType}`)
  }
  return key
}

function certificate(found: X509Certificate, kind: Kind, field: string): KeyObject {
  if (kind === 'private') throw misplaced('private', 'certificate', field)
  return found.publicKey
}

/**
 * Parses an X.509 certificate (PEM, base64, DER, `file://…`).
 * @throws ConfigError that names `field`.
 */
export function parseCertificate(input: unknown, field = 'certificate'): X509Certificate {
  if (input instanceof X509Certificate) return input
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) {
    throw new ConfigError(field, `expected a certificate, got ${describe(input)}`)
  }
  const given =
    typeof input === 'string' && input.trim().startsWith('file://') ? readKeyFile(input.trim(), field) : input
  try {
    return new X509Certificate(typeof given !== 'string' && isDer(given) ? given : decoded(given))
  } catch (error) {
    throw new ConfigError(field, 'not an X.509 certificate', error)
  }
}

function decoded(input: string | Uint8Array): string | Buffer {
  const text = clean(typeof input === 'string' ? input : Buffer.from(input).toString('utf8'))
  return text.includes('-----BEGIN ') ? armour(text) : Buffer.from(text, 'base64')
}

function clean(text: string): string {
  return text.replace(/^\uFEFF/, '').trim()
}

/** DER begins with a SEQUENCE tag and a long length; every textual form begins with something printable. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80
}

/** Puts the line breaks back that environment variables and JSON files take out of a PEM. */
function armour(key: string): string {
  const text = key.replace(/\\r|\r/g, '').replace(/\\n/g, '\n')
  const oneLine = /-----BEGIN ([A-Z0-9 ]+)-----[ \t]*([A-Za-z0-9+/= \t]+?)[ \t]*-----END \1-----/
  return text.replace(oneLine, (_, label: string, body: string) => {
    const lines = body.replace(/[ \t]/g, '').replace(/.{64}(?=.)/g, '$&\n')
    return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
  })
}

/** The bytes at a `file://` address. @throws ConfigError that names `field` and the address */
export function readKeyFile(address: string, field: string): Buffer {
  const path = address.slice('file://'.length)
  try {
    return readFileSync(path)
  } catch (error) {
    try {
      return readFileSync(fileURLToPath(address))
    } catch {
      const code = (error as NodeJS.ErrnoException).code
      // Someone may have put the key itself behind it.
      const named = /^[^\n]{1,200}$/.test(address) && !address.includes('-----') ? ` ${address}` : ''
      throw new ConfigError(
        field,
        `cannot read the file${named} (${code}): check the path and its permissions`,
      )
    }
  }
}

function secret(passphrase: unknown, field: string): { passphrase?: string | Buffer } {
  if (passphrase === undefined) return {}
  if (typeof passphrase === 'string') return { passphrase }
  if (passphrase instanceof Uint8Array) return { passphrase: Buffer.from(passphrase) }
  throw new ConfigError(`${field}.passphrase`, `expected a string, got ${describe(passphrase)}`)
}

function attempt(read: () => KeyObject, kind: Kind, field: string): KeyObject {
  try {
    return read()
  } catch (error) {
    throw unreadable(kind, field, error)
  }
}

function unreadable(kind: Kind, field: string, error: unknown): ConfigError {
  if (error instanceof ConfigError) return error
  const code = String((error as NodeJS.ErrnoException | undefined)?.code)
  if (/BAD_DECRYPT|PASSPHRASE|PASSWORD|INTERRUPTED|PKCS12/.test(code)) {
    return new ConfigError(field, `the private key cannot be decrypted: wrong or missing passphrase`)
  }
  const said = code === 'undefined' ? '' : ` (${code})`
  return new ConfigError(field, `not a readable RSA ${kind} key${said}`)
}

function misplaced(wanted: Kind, got: string, field: string): ConfigError {
  const remedy =
    wanted === 'private'
      ? 'give the merchant API private key (apiclient_key.pem)'
      : "give WeChat Pay's public key (pub_key.pem) or platform certificate"
  return new ConfigError(
    field,
    `expected a ${wanted} key, got a ${got} key: ${remedy}`.replace('certificate key', 'certificate'),
  )
}

function isEncryptedKey(input: unknown): input is EncryptedKey {
  return (
    typeof input === 'object' &&
    input !== null &&
    'key' in input &&
    !(input instanceof KeyObject) &&
    !(input instanceof Uint8Array)
  )
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
