import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ConfigError } from 'wechatpay-chain'
import { loadPrivateKey, loadPublicKey, Sm2 } from 'wechatpay-chain/shangmi'
import { openssl, PASSPHRASE, rsaPair, temporaryFolder, testWithOpenssl } from '../support/keys'
import { pkcs8Of, STANDARD, sm2Pair, spkiOf } from '../support/shangmi'

const folder = temporaryFolder()
const pair = sm2Pair()
const pkcs8 = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const spki = String(pair.publicKey.export({ type: 'spki', format: 'pem' }))
const sec1 = String(pair.privateKey.export({ type: 'sec1', format: 'pem' }))
const encrypted = String(
  pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
)
const base64Of = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '')

const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function refused(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

/** A private key and a public key are of one pair. */
const belong = (
  privateKey: Parameters<typeof loadPrivateKey>[0],
  publicKey: Parameters<typeof loadPublicKey>[0],
) => Sm2.verify('x', Sm2.sign('x', privateKey), publicKey)

describe('a private key', () => {
  test.each<[string, Parameters<typeof loadPrivateKey>[0]]>([
    ['PKCS#8', pkcs8],
    ['SEC 1', sec1],
    [
      'with its curve in a block of its own',
      `-----BEGIN EC PARAMETERS-----\nBggqgRzPVQGCLQ==\n-----END EC PARAMETERS-----\n${sec1}`,
    ],
    ['line breaks lost to an environment variable', pkcs8.replaceAll('\n', '\\n')],
    ['on one line', pkcs8.replaceAll('\n', ' ')],
    ['with space around it', ` \n${pkcs8}\n `],
    ['with Windows line breaks', pkcs8.replaceAll('\n', '\r\n')],
    ['base64 without armour', base64Of(pkcs8)],
    ['DER', Buffer.from(base64Of(pkcs8), 'base64')],
    ['the bytes of PEM', Buffer.from(pkcs8)],
    ['a KeyObject', pair.privateKey],
    ['a KeyObject that was parsed', createPrivateKey(pkcs8)],
    ['encrypted', { key: encrypted, passphrase: PASSPHRASE }],
    ['not encrypted, in an object', { key: pkcs8 }],
    ['parsed before', loadPrivateKey(pkcs8)],
  ])('%s', (_, key) => {
    expect(belong(key, spki)).toBe(true)
  })

  test('file://', () => {
    expect(belong(`file://${file('a.pem', pkcs8)}`, `file://${file('b.pem', spki)}`)).toBe(true)
    expect(belong({ key: `file://${file('c.pem', encrypted)}`, passphrase: PASSPHRASE }, spki)).toBe(true)
    expect(refused(() => loadPrivateKey(`file://${folder}/none.pem`))).toMatch(/^privateKey: .*ENOENT/)
  })

  test.each<[string, unknown, RegExp]>([
    ['a public key', spki, /expected a private key, got a public key/],
    ['a public KeyObject', pair.publicKey, /expected a private key, got a public key/],
    ['an RSA key', rsaPair().pkcs8, /not a readable SM2 private key: is it an RSA key/],
    [
      'another curve',
      pkcs8.replace('BggqgRzPVQGCLQ', 'BggqhkjOPQMBBw').replace('CCqBHM9VAYIt', 'CCqGSM49AwEH'),
      /not a readable SM2/,
    ],
    ['encrypted, without a passphrase', encrypted, /encrypted: give \{ key, passphrase \}/],
    ['a wrong passphrase', { key: encrypted, passphrase: 'wrong' }, /cannot be decrypted/],
    ['zero', pkcs8Of('0'.repeat(64), STANDARD.publicKey), /not a readable/],
    [
      'one less than the order',
      pkcs8Of('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122', STANDARD.publicKey),
      /not a readable/,
    ],
    ['cut short', Buffer.from(base64Of(pkcs8), 'base64').subarray(0, -1), /not a readable/],
    [
      'with a byte too much',
      Buffer.concat([Buffer.from(base64Of(pkcs8), 'base64'), Buffer.alloc(1)]),
      /not a readable/,
    ],
    ['nothing', undefined, /got undefined/],
    ['null', null, /got null/],
    ['a number', 7, /got number/],
    ['any text', 'apiclient_key.pem', /not a readable/],
  ])('not %s', (_, key, problem) => {
    const message = refused(() => loadPrivateKey(key as string, 'privateKey'))
    expect(message).toMatch(problem)
    expect(message).toMatch(/^privateKey: /)
    for (const secret of [base64Of(pkcs8).slice(40, 80), PASSPHRASE]) expect(message).not.toContain(secret)
  })

  test('is printed by nothing', () => {
    const key = loadPrivateKey(pkcs8Of(STANDARD.privateKey, STANDARD.publicKey))
    const printed = [
      inspect(key, { showHidden: true, depth: 9 }),
      JSON.stringify({ key }),
      String(key),
      `${Object.entries(key)}`,
    ]
    for (const text of printed) expect(text.toLowerCase()).not.toContain(STANDARD.privateKey.slice(0, 16))
    expect(inspect(key)).toBe('[Sm2PrivateKey]')
  })
})

describe('a public key', () => {
  test.each<[string, Parameters<typeof loadPublicKey>[0]]>([
    ['SPKI', spki],
    ['base64 without armour', base64Of(spki)],
    ['DER', Buffer.from(base64Of(spki), 'base64')],
    ['a KeyObject', pair.publicKey],
    ['a KeyObject that was parsed', createPublicKey(spki)],
    ['parsed before', loadPublicKey(spki)],
  ])('%s', (_, key) => {
    expect(belong(pkcs8, key)).toBe(true)
  })

  test.each<[string, unknown, RegExp]>([
    ['a private key', pkcs8, /expected a public key, got a private key/],
    ['an RSA key', rsaPair().spki, /not a readable SM2 public key or certificate: is it an RSA key/],
    ['a point off the curve', spkiOf(STANDARD.publicKey.replace(/3$/, '4')), /not a readable/],
    ['a compressed point', spkiOf(`02${STANDARD.publicKey.slice(2, 66)}`), /not a readable/],
    ['an empty element', Buffer.from('3000', 'hex'), /not a readable/],
  ])('not %s', (_, key, problem) => {
    expect(refused(() => loadPublicKey(key as string, 'certs.A'))).toMatch(problem)
  })

  testWithOpenssl('out of a certificate, with its time', () => {
    const key = file('certificate.key', pkcs8)
    const subject = [
      '-subj',
      '/C=CN/O=Tenpay.com/CN=国密',
      '-days',
      '30',
      '-sm3',
      '-sigopt',
      'distid:1234567812345678',
    ]
    const pem = openssl(['req', '-x509', '-new', '-key', key, ...subject]).toString()
    const certificate = new X509Certificate(pem)
    for (const form of [pem, certificate, certificate.raw]) {
      const loaded = loadPublicKey(form)
      expect(belong(pkcs8, loaded)).toBe(true)
      expect(loaded.validity).toEqual({
        effective: Date.parse(certificate.validFrom),
        expires: Date.parse(certificate.validTo),
      })
    }
    expect(refused(() => loadPrivateKey(pem))).toMatch(/expected a private key, got a certificate/)
  })

  testWithOpenssl('out of a certificate that outlives 2049', () => {
    const key = file('long.key', pkcs8)
    const pem = openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      key,
      '-subj',
      '/CN=x',
      '-days',
      '20000',
      '-sm3',
    ]).toString()
    expect(loadPublicKey(pem).validity?.expires).toBe(Date.parse(new X509Certificate(pem).validTo))
  })

  testWithOpenssl('not out of a certificate of an RSA key', () => {
    const key = file('rsa.key', rsaPair().pkcs8)
    const pem = openssl(['req', '-x509', '-new', '-key', key, '-subj', '/CN=x']).toString()
    expect(refused(() => loadPublicKey(pem))).toMatch(/is it an RSA key/)
  })
})
