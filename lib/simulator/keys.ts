import { randomBytes } from 'node:crypto'
import { createKeyPair, type KeyPair, type Suite, suiteOf } from './suite'
import { issueCertificate } from './x509'

export { createKeyPair, type KeyPair } from './suite'

const DAY = 86_400_000
const FIVE_YEARS = 5 * 365 * DAY

/** Which of the platform's two kinds of keys the simulator has */
export type Mode = 'public-key' | 'certificate' | 'both'

/** A key that the platform signs its answers with, and that callers encrypt for */
export interface PlatformKey extends KeyPair {
  /** the certificate's serial number, or the public key's id */
  readonly serial: string
  /** what a merchant is given of it: an X.509 certificate, or the public key as SPKI */
  readonly pem: string
}

/** A platform key that is published as a certificate */
interface PlatformCertificate extends PlatformKey {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The merchant the simulator knows */
export interface Merchant extends KeyPair {
  readonly mchid: string
  /** the serial number of the merchant's certificate, as requests name it */
  readonly serial: string
  /** the APIv2 key */
  readonly secret: string
  /** the APIv3 key, 32 bytes */
  readonly apiv3Key: string
}

/** The platform's keys; at least one of the two is there */
export interface Platform {
  readonly publicKey?: PlatformKey
  /** the one that signs */
  certificate?: PlatformCertificate
  /** those before it, which are still valid; newest first */
  readonly former: PlatformCertificate[]
}

/** Twenty bytes in upper-case hexadecimal, without leading zeros and positive as an ASN.1 integer */
export const createSerial = (): string => {
  const bytes = randomBytes(20)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex').toUpperCase()
}

const createSecret = (): string => randomBytes(16).toString('hex')

const createPublicKey = async (serial: string, suite?: Suite): Promise<PlatformKey> => {
  const pair = await createKeyPair(suite)
  return { ...pair, serial, pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

const createCertificate = async (now: number, suite?: Suite): Promise<PlatformCertificate> => {
  const pair = await createKeyPair(suite)
  const serial = createSerial()
  // Whole seconds, because a certificate holds no more.
  const start = Math.floor((now - DAY) / 1000) * 1000
  const notBefore = new Date(start)
  const notAfter = new Date(start + FIVE_YEARS)
  const name = { C: 'CN', O: 'wechatpay-chain', CN: 'Simulated WeChat Pay platform' }
  const pem = issueCertificate({
    subject: name,
    issuer: name,
    serial,
    publicKey: pair.publicKey,
    issuerKey: pair.privateKey,
    notBefore,
    notAfter,
  })
  return { ...pair, serial, pem, notBefore, notAfter }
}

/** Makes a merchant with keys of its own */
export const createMerchant = async (mchid: string, suite?: Suite): Promise<Merchant> => ({
  ...(await createKeyPair(suite)),
  mchid,
  serial: createSerial(),
  secret: createSecret(),
  apiv3Key: createSecret(),
})

/** Makes the platform's keys, in parallel; `now` is in milliseconds */
export const createPlatform = async (
  mode: Mode,
  publicKeyId: string,
  now: number,
  suite?: Suite,
): Promise<Platform> => {
  const [publicKey, certificate] = await Promise.all([
    mode === 'certificate' ? undefined : createPublicKey(publicKeyId, suite),
    mode === 'public-key' ? undefined : createCertificate(now, suite),
  ])
  return { ...(publicKey && { publicKey }), ...(certificate && { certificate }), former: [] }
}

/** Puts a new certificate in the place of the one that signs. @throws Error in public-key mode */
export const rotateCertificate = async (platform: Platform, now: number): Promise<PlatformKey> => {
  if (!platform.certificate) throw new Error('there is no certificate in public-key mode')
  const fresh = await createCertificate(now, suiteOf(platform.certificate.publicKey))
  platform.former.unshift(platform.certificate)
  platform.certificate = fresh
  return fresh
}

/** The certificates that merchants are given */
export const certificatesOf = ({ certificate, former }: Platform): PlatformCertificate[] =>
  certificate ? [certificate, ...former] : []

/** All keys of a platform */
export const platformKeys = (platform: Platform): PlatformKey[] =>
  platform.publicKey ? [platform.publicKey, ...certificatesOf(platform)] : certificatesOf(platform)

/**
 * The key that signs an answer: the one the request's `Wechatpay-Serial` names; without the header the certificate,
 * and where there is none the public key. `undefined` when the header names a key the platform does not have.
 */
export const signingKey = (platform: Platform, asked: string | undefined): PlatformKey | undefined =>
  asked === undefined
    ? (platform.certificate ?? platform.publicKey)
    : platformKeys(platform).find(({ serial }) => serial === asked)
