import type { KeyObject } from 'node:crypto'
import { bits, integer, oid, sequence, set, tagged, time, utf8 } from './der'
import { suiteOf } from './suite'

const VERSION_3 = tagged(0, integer('02'))
const ATTRIBUTES = { C: '2.5.4.6', O: '2.5.4.10', CN: '2.5.4.3' } as const

/** A distinguished name of the three attributes used here */
export type Name = Readonly<Record<keyof typeof ATTRIBUTES, string>>

/** What a certificate says, and the key that vouches for it */
export interface CertificateRequest {
  readonly subject: Name
  readonly issuer: Name
  /** the serial number in hexadecimal */
  readonly serial: string
  readonly publicKey: KeyObject
  readonly issuerKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** what it may be used for, in DER; see `x509-extensions` */
  readonly extensions?: readonly Buffer[]
}

const nameOf = (name: Name): Buffer =>
  sequence(...(['C', 'O', 'CN'] as const).map((key) => set(sequence(oid(ATTRIBUTES[key]), utf8(name[key])))))

const pemOf = (der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** Issues an X.509 v3 certificate (RFC 5280); gives it as PEM */
export const issueCertificate = (request: CertificateRequest): string => {
  const { issuerKey } = request
  const { identifier, certify } = suiteOf(issuerKey)
  const body = sequence(
    VERSION_3,
    integer(request.serial),
    identifier,
    nameOf(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    ...(request.extensions ? [tagged(3, sequence(...request.extensions))] : []),
  )
  return pemOf(sequence(body, identifier, bits(certify(body, issuerKey))))
}
