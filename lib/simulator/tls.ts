import type { KeyObject } from 'node:crypto'
import { createKeyPair, createSerial, type Merchant } from './keys'
import { issueCertificate, type Name } from './x509'
import { authorityExtensions, clientExtensions, serverExtensions } from './x509-extensions'

const DAY = 86_400_000
const FIVE_YEARS = 5 * 365 * DAY
const ORGANIZATION = { C: 'CN', O: 'wechatpay-chain' } as const
const AUTHORITY: Name = { ...ORGANIZATION, CN: 'Simulated WeChat Pay authority' }

/** How a TLS server shows itself, and whose clients it believes; PEM */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** A certificate and its key, PEM */
export interface ClientIdentity {
  readonly cert: string
  readonly key: string
}

/** What TLS in both directions needs */
export interface TlsIdentities {
  readonly server: TlsIdentity
  /** the merchant's API certificate: its key is the one that signs APIv3 requests */
  readonly merchant: ClientIdentity
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Makes a certificate authority, and lets it vouch for the server of a host and for the merchant */
export const createTls = async (merchant: Merchant, host: string): Promise<TlsIdentities> => {
  const [authority, server] = await Promise.all([createKeyPair(), createKeyPair()])
  // The machine's clock, not the simulated one: it is by this one that connections are judged.
  const start = Math.floor((Date.now() - DAY) / 1000) * 1000
  const issue = (CN: string, serial: string, publicKey: KeyObject, extensions: readonly Buffer[]): string =>
    issueCertificate({
      subject: { ...ORGANIZATION, CN },
      issuer: AUTHORITY,
      serial,
      publicKey,
      issuerKey: authority.privateKey,
      notBefore: new Date(start),
      notAfter: new Date(start + FIVE_YEARS),
      extensions,
    })
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', host])]
  const { publicKey: issuer } = authority
  const names = serverExtensions(hosts, server.publicKey, issuer)
  const ca = issue(AUTHORITY.CN, createSerial(), issuer, authorityExtensions(issuer))
  const cert = issue(host, createSerial(), server.publicKey, names)
  const { mchid, serial, publicKey, privateKey } = merchant
  return {
    server: { key: pemOf(server.privateKey), cert, ca },
    merchant: {
      cert: issue(mchid, serial, publicKey, clientExtensions(publicKey, issuer)),
      key: pemOf(privateKey),
    },
  }
}
