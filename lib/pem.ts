import type { KeyObject, X509Certificate } from 'node:crypto'
import { parseCertificate, parsePrivateKey } from './crypto/key'
import { ConfigError } from './errors'

function file(path: unknown): string {
  if (typeof path !== 'string') throw new ConfigError('path', 'expected the path of a file')
  return path.startsWith('file://') ? path : `file://${path}`
}

/** Reads keys and certificates from files and text, as in the PHP SDK. Every function throws a ConfigError. */
export const PemUtil = {
  /** A certificate from a file. */
  loadCertificate(path: string): X509Certificate {
    return parseCertificate(file(path))
  },

  /** A certificate from PEM text. */
  loadCertificateFromString(content: string): X509Certificate {
    return parseCertificate(content)
  },

  /** A private key from a file. */
  loadPrivateKey(path: string): KeyObject {
    return parsePrivateKey(file(path))
  },

  /** A private key from PEM text. */
  loadPrivateKeyFromString(content: string): KeyObject {
    return parsePrivateKey(content)
  },

  /** The serial number of a certificate, as WeChat Pay writes it: upper-case hexadecimal. */
  parseCertificateSerialNo(certificate: string | Uint8Array | X509Certificate): string {
    return parseCertificate(certificate).serialNumber.toUpperCase()
  },
} as const
