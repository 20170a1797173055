import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An RSA key pair, made anew in every run, in each of the encodings it can be given in. */
interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly pkcs1: string
  readonly pkcs8: string
  readonly spki: string
  readonly publicPkcs1: string
}

export function rsaPair(modulusLength = 2048): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  return {
    privateKey,
    publicKey,
    pkcs1: String(privateKey.export({ type: 'pkcs1', format: 'pem' })),
    pkcs8: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    spki: String(publicKey.export({ type: 'spki', format: 'pem' })),
    publicPkcs1: String(publicKey.export({ type: 'pkcs1', format: 'pem' })),
  }
}

export const merchant = rsaPair()
export const platform = rsaPair()

export const PASSPHRASE = 'correct horse battery staple'
export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0112345678902026010100000000000001'

/** The merchant's key, encrypted. */
export const encrypted = String(
  merchant.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: PASSPHRASE,
  }),
)

/** Armour off, line breaks out. */
export const base64Of = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '')
export const derOf = (pem: string): Buffer => Buffer.from(base64Of(pem), 'base64')
export const samePrivate = (key: KeyObject): boolean => key.equals(createPrivateKey(merchant.pkcs8))
export const samePublic = (key: KeyObject): boolean => key.equals(createPublicKey(platform.spki))

/** What `Builder.factory` needs. */
export const credentials = {
  mchid: '1230000109',
  serial: '3775B6A45ACD588826D15E583A95F5DD00000001',
  privateKey: merchant.pkcs8,
  certs: { [PUBLIC_KEY_ID]: platform.spki },
} as const

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function openssl(args: readonly string[], input: string | Buffer = ''): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'] })
}

const installed = ((): boolean => {
  try {
    openssl(['version'])
    return true
  } catch {
    return false
  }
})()

/** A test that needs the `openssl` binary; without it, it says so. */
export function testWithOpenssl(name: string, run: () => void): void {
  test(name, installed ? run : () => console.warn(`not run, for openssl is not installed: ${name}`))
}

/** A self-signed X.509 certificate (PEM) of a key; only inside {@link testWithOpenssl}. */
export function certificateOf(
  key: string,
  folder: string,
  serial = '0x157F09EFDC096DE15EBE81A47057A7',
): string {
  const file = join(folder, `certificate-${Math.random()}.key`)
  writeFileSync(file, key)
  const subject = ['-subj', '/C=CN/O=Tenpay.com/CN=Tenpay.com sign']
  return openssl([
    'req',
    '-x509',
    '-new',
    '-key',
    file,
    '-days',
    '365',
    '-set_serial',
    serial,
    ...subject,
  ]).toString()
}
