import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, PemUtil } from '../lib'
import {
  certificateOf,
  merchant,
  platform,
  samePrivate,
  temporaryFolder,
  testWithOpenssl,
} from './support/keys'
import { leaks, thrownBy } from './support/leaks'

const folder = temporaryFolder()
const SERIAL = '157F09EFDC096DE15EBE81A47057A7'

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('private keys', () => {
  test('from a file, with and without file://', () => {
    const path = file('apiclient key 100%.pem', merchant.pkcs8)
    expect(samePrivate(PemUtil.loadPrivateKey(path))).toBe(true)
    expect(samePrivate(PemUtil.loadPrivateKey(`file://${path}`))).toBe(true)
  })

  test('from text', () => {
    expect(samePrivate(PemUtil.loadPrivateKeyFromString(merchant.pkcs8))).toBe(true)
    expect(samePrivate(PemUtil.loadPrivateKeyFromString(merchant.pkcs1))).toBe(true)
  })

  test('the text itself in place of a path is refused without quoting it', () => {
    for (const key of [merchant.pkcs8, merchant.pkcs1, merchant.pkcs8.replace(/\n/g, '\\n')]) {
      const error = thrownBy(() => PemUtil.loadPrivateKey(key))
      expect(error).toBeInstanceOf(ConfigError)
      expect(leaks(error, key)).toBe(false)
    }
  })
})

describe('certificates', () => {
  testWithOpenssl('from a file and from text', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    const path = file('certificate.pem', pem)
    for (const certificate of [
      PemUtil.loadCertificate(path),
      PemUtil.loadCertificate(`file://${path}`),
      PemUtil.loadCertificateFromString(pem),
    ]) {
      expect(certificate.publicKey.equals(platform.publicKey)).toBe(true)
      expect(PemUtil.parseCertificateSerialNo(certificate)).toBe(SERIAL)
    }
  })

  testWithOpenssl('serial numbers in capitals, as WeChat Pay writes them', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    expect(PemUtil.parseCertificateSerialNo(pem)).toBe(SERIAL)
    expect(PemUtil.parseCertificateSerialNo(Buffer.from(pem))).toBe(SERIAL)
    expect(PemUtil.parseCertificateSerialNo(pem.replace(/\n/g, '\\n'))).toBe(SERIAL)
    expect(PemUtil.parseCertificateSerialNo(`file://${file('serial.pem', pem)}`)).toBe(SERIAL)
    const other = certificateOf(platform.pkcs8, folder, '0x7132D72A03E93CDDF8C03BBD1F37EEDF1234ABCD')
    expect(PemUtil.parseCertificateSerialNo(other)).toBe('7132D72A03E93CDDF8C03BBD1F37EEDF1234ABCD')
  })
})

describe('anything else is a ConfigError', () => {
  const missing = join(folder, 'missing.pem')

  test.each<[string, () => unknown]>([
    ['a missing certificate', () => PemUtil.loadCertificate(missing)],
    ['a missing key', () => PemUtil.loadPrivateKey(missing)],
    ['a folder', () => PemUtil.loadPrivateKey(folder)],
    ['an empty path', () => PemUtil.loadPrivateKey('')],
    ['a key as certificate', () => PemUtil.loadCertificateFromString(merchant.pkcs8)],
    ['a key as certificate, from a file', () => PemUtil.loadCertificate(file('key.pem', merchant.pkcs8))],
    ['a public key as private key', () => PemUtil.loadPrivateKeyFromString(merchant.spki)],
    ['garbage as certificate', () => PemUtil.loadCertificateFromString('garbage')],
    ['garbage as key', () => PemUtil.loadPrivateKeyFromString('garbage')],
    ['the serial of garbage', () => PemUtil.parseCertificateSerialNo('garbage')],
    ['the serial of a key', () => PemUtil.parseCertificateSerialNo(merchant.pkcs8)],
    ['the serial of nothing', () => PemUtil.parseCertificateSerialNo(undefined as unknown as string)],
    ['no path of a certificate', () => PemUtil.loadCertificate(undefined as unknown as string)],
    ['no path of a key', () => PemUtil.loadPrivateKey(null as unknown as string)],
    ['a number for a path', () => PemUtil.loadPrivateKey(5 as unknown as string)],
    ['no text', () => PemUtil.loadPrivateKeyFromString(undefined as unknown as string)],
  ])('%s', (_, call) => {
    const error = thrownBy(call)
    expect(error).toBeInstanceOf(ConfigError)
    expect(leaks(error, merchant.pkcs8)).toBe(false)
  })
})
