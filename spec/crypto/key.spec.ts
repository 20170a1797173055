import { createSecretKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '../../lib'
import { parseCertificate, parsePrivateKey, parsePublicKey } from '../../lib/crypto/key'
import {
  base64Of,
  certificateOf,
  derOf,
  encrypted,
  merchant,
  PASSPHRASE,
  platform,
  samePrivate,
  samePublic,
  temporaryFolder,
  testWithOpenssl,
} from '../support/keys'
import { leaks, thrownBy } from '../support/leaks'

const folder = temporaryFolder()

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A PEM, and what environment variables, JSON and editors make of it. */
const writings = (pem: string): [string, string | Buffer][] => [
  ['PEM', pem],
  ['PEM without the last line break', pem.trimEnd()],
  ['PEM with space around it', `\n\n  ${pem}  \n`],
  ['PEM with CRLF', pem.replace(/\n/g, '\r\n')],
  ['PEM with CR', pem.replace(/\n/g, '\r')],
  ['PEM with a byte order mark', `\uFEFF${pem}`],
  ['PEM with escaped line breaks', pem.replace(/\n/g, '\\n')],
  ['PEM with escaped CRLF', pem.replace(/\n/g, '\\r\\n')],
  ['PEM on one line, spaces for line breaks', pem.replace(/\n/g, ' ')],
  ['PEM on one line, nothing for line breaks', pem.replace(/\n/g, '')],
  ['PEM with all of its base64 on one line', pem.replace(/([^-])\n(?!-)/g, '$1')],
  ['PEM with text before it', `Bag Attributes\n    localKeyID: 01\n${pem}`],
  ['PEM in a Buffer', Buffer.from(pem)],
  ['PEM in a Buffer with a byte order mark', Buffer.from(`\uFEFF${pem}`)],
  ['PEM in a Buffer with CRLF', Buffer.from(pem.replace(/\n/g, '\r\n'))],
  ['base64', base64Of(pem)],
  ['base64 in lines', base64Of(pem).replace(/.{64}/g, '$&\n')],
  ['base64 in a Buffer', Buffer.from(base64Of(pem))],
  ['DER', derOf(pem)],
]

describe.each([
  ['PKCS#8', merchant.pkcs8],
  ['PKCS#1', merchant.pkcs1],
])('a private key in %s', (_, pem) => {
  test.each(writings(pem))('%s', (_, key) => {
    expect(samePrivate(parsePrivateKey(key))).toBe(true)
  })

  test('DER in a Uint8Array that is part of a larger one', () => {
    const der = derOf(pem)
    const view = new Uint8Array(Buffer.concat([Buffer.alloc(7, 0x30), der, Buffer.alloc(5)])).subarray(
      7,
      7 + der.length,
    )
    expect(samePrivate(parsePrivateKey(view))).toBe(true)
  })

  test('a passphrase that is not needed does no harm', () => {
    expect(samePrivate(parsePrivateKey({ key: pem, passphrase: PASSPHRASE }))).toBe(true)
    expect(samePrivate(parsePrivateKey({ key: pem }))).toBe(true)
    expect(samePrivate(parsePrivateKey({ key: pem, passphrase: undefined }))).toBe(true)
  })
})

describe.each([
  ['SPKI', platform.spki],
  ['PKCS#1', platform.publicPkcs1],
])('a public key in %s', (_, pem) => {
  test.each(writings(pem))('%s', (_, key) => {
    expect(samePublic(parsePublicKey(key))).toBe(true)
  })
})

describe('an X.509 certificate', () => {
  /** The writings that a function does not read. */
  const unread = (pem: string, read: (key: string | Buffer, at: number) => KeyObject): string[] =>
    writings(pem).flatMap(([writing, key], at) => {
      try {
        return read(key, at).equals(platform.publicKey) ? [] : [writing]
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        return [writing]
      }
    })

  testWithOpenssl('gives its public key, in each of its writings', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    expect(unread(pem, (key) => parsePublicKey(key))).toEqual([])
    const certificate = new X509Certificate(pem)
    expect(samePublic(parsePublicKey(certificate))).toBe(true)
    expect(parseCertificate(certificate)).toBe(certificate)
  })

  testWithOpenssl('gives its public key from a file, in each of its writings', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    const address = (content: string | Buffer, at: number) => `file://${file(`public-${at}.pem`, content)}`
    expect(unread(pem, (content, at) => parsePublicKey(address(content, at)))).toEqual([])
  })

  testWithOpenssl('is read whole, in each of its writings', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    expect(unread(pem, (key) => parseCertificate(key).publicKey)).toEqual([])
  })

  testWithOpenssl('is read whole from a file, in each of its writings', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    const address = (content: string | Buffer, at: number) => `file://${file(`whole-${at}.pem`, content)}`
    expect(unread(pem, (content, at) => parseCertificate(address(content, at)).publicKey)).toEqual([])
  })

  testWithOpenssl('is no private key, and one of an EC key is no RSA key', () => {
    const pem = certificateOf(platform.pkcs8, folder)
    expect(() => parsePrivateKey(pem)).toThrow(/expected a private key, got a certificate/)
    expect(() => parsePrivateKey(new X509Certificate(pem))).toThrow(ConfigError)
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const other = certificateOf(String(elliptic.export({ type: 'pkcs8', format: 'pem' })), folder)
    expect(() => parsePublicKey(other)).toThrow(/expected an RSA key, got ec/)
  })

  test.each([
    [undefined],
    [null],
    [5],
    [{}],
    ['garbage'],
    [''],
    [merchant.pkcs8],
    [platform.spki],
    [Buffer.alloc(0)],
  ])('anything else is a ConfigError (%#)', (value) => {
    const error = thrownBy(() => parseCertificate(value, 'certs.X'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ field: 'certs.X' })
    expect(leaks(error, merchant.pkcs8)).toBe(false)
  })
})

describe('an encrypted private key', () => {
  const traditional = String(
    merchant.privateKey.export({
      type: 'pkcs1',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: PASSPHRASE,
    }),
  )

  test.each([
    ...writings(encrypted),
    ['PKCS#1 PEM', traditional],
    ['PKCS#1 PEM with CRLF', traditional.replace(/\n/g, '\r\n')],
    ['PKCS#1 PEM with escaped line breaks', traditional.replace(/\n/g, '\\n')],
  ] as [string, string | Buffer][])('%s, with its passphrase', (_, key) => {
    expect(samePrivate(parsePrivateKey({ key, passphrase: PASSPHRASE }))).toBe(true)
    expect(samePrivate(parsePrivateKey({ key, passphrase: Buffer.from(PASSPHRASE) }))).toBe(true)
  })

  test('from a file', () => {
    const key = `file://${file('encrypted.pem', encrypted)}`
    expect(samePrivate(parsePrivateKey({ key, passphrase: PASSPHRASE }))).toBe(true)
  })

  describe.each([
    ['PKCS#8', encrypted],
    ['PKCS#1', traditional],
    ['DER', derOf(encrypted)],
    ['base64', base64Of(encrypted)],
  ] as [string, string | Buffer][])('%s', (_, key) => {
    test.each<[string, unknown, RegExp]>([
      ['without passphrase', key, /passphrase/],
      ['with nothing for a passphrase', { key, passphrase: undefined }, /passphrase/],
      ['with an empty one', { key, passphrase: '' }, /passphrase/],
      ['with a wrong one', { key, passphrase: 'wrong horse battery staple' }, /passphrase/],
      ['with a very long one', { key, passphrase: 'wrong horse'.repeat(1000) }, /passphrase/],
      ['with a number', { key, passphrase: 123456 }, /passphrase/],
      ['with null', { key, passphrase: null }, /passphrase/],
      ['with an object', { key, passphrase: { toString: () => PASSPHRASE } }, /passphrase/],
    ])('%s', (_, input, message) => {
      const error = thrownBy(() => parsePrivateKey(input, 'privateKey'))
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).message).toMatch(message)
      expect((error as ConfigError).field).toMatch(/^privateKey/)
      expect((error as ConfigError).message).not.toContain('undefined')
      expect(leaks(error, key, PASSPHRASE, 'wrong horse battery staple', merchant.pkcs8)).toBe(false)
    })
  })
})

describe('file://', () => {
  test.each([
    'plain.pem',
    'with space.pem',
    'with%20percent.pem',
    '100%.pem',
    'with#hash.pem',
    'with?question.pem',
    '密钥.pem',
    "quote's.pem",
  ])('%s, as a path and as an address', (name) => {
    const path = file(name, merchant.pkcs8)
    expect(samePrivate(parsePrivateKey(`file://${path}`))).toBe(true)
    expect(samePrivate(parsePrivateKey(pathToFileURL(path).href))).toBe(true)
    expect(samePrivate(parsePrivateKey(`  file://${path}\n`))).toBe(true)
  })

  test('holds a key in any writing', () => {
    for (const [at, [writing, content]] of writings(merchant.pkcs8).entries()) {
      const path = file(`written-${at}.pem`, content)
      expect([writing, samePrivate(parsePrivateKey(`file://${path}`))]).toEqual([writing, true])
    }
  })

  test('of a missing file, a folder, nothing: names the path', () => {
    mkdirSync(join(folder, 'folder'), { recursive: true })
    for (const path of [join(folder, 'missing.pem'), join(folder, 'folder'), '', '/\0']) {
      const error = thrownBy(() => parsePrivateKey(`file://${path}`, 'privateKey'))
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).field).toBe('privateKey')
      expect((error as ConfigError).message).toContain('cannot read')
    }
  })

  test('of a file that is empty, holds an address, or garbage', () => {
    const key = file('key.pem', merchant.pkcs8)
    for (const content of [
      '',
      ' \n',
      `file://${key}`,
      'garbage',
      Buffer.alloc(2000, 0x30),
      Buffer.from([0x30]),
    ]) {
      expect(() => parsePrivateKey(`file://${file('other.pem', content)}`)).toThrow(ConfigError)
    }
  })

  test('before a key instead of a path does not put the key into the message', () => {
    for (const key of [merchant.pkcs8, merchant.pkcs8.replace(/\n/g, '\\n'), base64Of(merchant.pkcs8)]) {
      const error = thrownBy(() => parsePrivateKey(`file://${key}`))
      expect(error).toBeInstanceOf(ConfigError)
      expect(leaks(error, merchant.pkcs8)).toBe(false)
    }
  })
})

describe('base64 that names its encoding', () => {
  test.each([
    ['private.pkcs8', merchant.pkcs8],
    ['private.pkcs1', merchant.pkcs1],
  ])('%s://', (scheme, pem) => {
    expect(samePrivate(parsePrivateKey(`${scheme}://${base64Of(pem)}`))).toBe(true)
    expect(samePrivate(parsePrivateKey(`${scheme}://${base64Of(pem).replace(/.{64}/g, '$&\n')}`))).toBe(true)
  })

  test.each([
    ['public.spki', platform.spki],
    ['public.pkcs1', platform.publicPkcs1],
  ])('%s://', (scheme, pem) => {
    expect(samePublic(parsePublicKey(`${scheme}://${base64Of(pem)}`))).toBe(true)
  })

  test.each([
    ['private.pkcs8', merchant.pkcs1],
    ['private.spki', merchant.pkcs8],
    ['private.pkcs8', ''],
    ['private.pkcs8', '****'],
    ['private.pkcs9', merchant.pkcs8],
    ['secret.pkcs8', merchant.pkcs8],
    ['public.spki', platform.spki],
    ['public.spki', merchant.pkcs8],
  ])('%s:// of something else is refused as a private key (%#)', (scheme, pem) => {
    const error = thrownBy(() => parsePrivateKey(`${scheme}://${base64Of(pem)}`))
    expect(error).toBeInstanceOf(ConfigError)
    expect(leaks(error, merchant.pkcs8, merchant.pkcs1)).toBe(false)
  })

  test.each([
    ['public.pkcs1', platform.spki],
    ['public.spki', platform.publicPkcs1],
    ['public.pkcs8', platform.spki],
    ['private.pkcs8', merchant.pkcs8],
  ])('%s:// of something else is refused as a public key (%#)', (scheme, pem) => {
    const error = thrownBy(() => parsePublicKey(`${scheme}://${base64Of(pem)}`))
    expect(error).toBeInstanceOf(ConfigError)
    expect(leaks(error, merchant.pkcs8)).toBe(false)
  })
})

describe('keys already parsed', () => {
  test('are taken as they are', () => {
    expect(parsePrivateKey(merchant.privateKey)).toBe(merchant.privateKey)
    expect(parsePublicKey(platform.publicKey)).toBe(platform.publicKey)
    expect(parsePrivateKey({ key: merchant.privateKey })).toBe(merchant.privateKey)
  })

  test('of the wrong kind are refused', () => {
    expect(() => parsePrivateKey(platform.publicKey)).toThrow(/expected a private key, got a public key/)
    expect(() => parsePublicKey(merchant.privateKey)).toThrow(/expected a public key, got a private key/)
    expect(() => parsePublicKey(createSecretKey(Buffer.alloc(32)))).toThrow(/got a secret key/)
    expect(() => parsePrivateKey(createSecretKey(Buffer.alloc(32)))).toThrow(/got a secret key/)
  })
})

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })

describe.each<[string, { privateKey: KeyObject; publicKey: KeyObject }]>([
  ['ec', ec],
  ['ed25519', ed25519],
  ['rsa-pss', pss],
])('%s keys', (type, { privateKey, publicKey }) => {
  const shapes = (key: KeyObject, encoding: 'pkcs8' | 'spki'): unknown[] => {
    const pem = String(key.export({ type: encoding as 'spki', format: 'pem' }))
    return [key, pem, derOf(pem), base64Of(pem)]
  }

  test('are refused', () => {
    for (const key of shapes(privateKey, 'pkcs8')) {
      const error = thrownBy(() => parsePrivateKey(key, 'privateKey'))
      expect(error).toBeInstanceOf(ConfigError)
      expect(leaks(error, ...(key === privateKey ? [] : [key as string]))).toBe(false)
    }
    for (const key of shapes(publicKey, 'spki')) expect(() => parsePublicKey(key)).toThrow(ConfigError)
    expect(() => parsePrivateKey(privateKey)).toThrow(`expected an RSA key, got ${type}`)
    expect(() => parsePublicKey(publicKey)).toThrow(`expected an RSA key, got ${type}`)
  })
})

describe('the wrong half of a pair', () => {
  test.each(writings(merchant.pkcs8))('a private key where a public one belongs: %s', (_, key) => {
    const error = thrownBy(() => parsePublicKey(key, 'certs.PUB_KEY_ID_1'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ field: 'certs.PUB_KEY_ID_1' })
    expect(leaks(error, merchant.pkcs8)).toBe(false)
  })

  test('is named in PEM', () => {
    for (const pem of [merchant.pkcs8, merchant.pkcs1, encrypted]) {
      expect(() => parsePublicKey(pem)).toThrow(/expected a public key, got a private key/)
    }
    for (const pem of [platform.spki, platform.publicPkcs1]) {
      expect(() => parsePrivateKey(pem)).toThrow(/expected a private key, got a public key/)
    }
  })

  test.each(writings(platform.spki))('a public key where a private one belongs: %s', (_, key) => {
    expect(() => parsePrivateKey(key)).toThrow(ConfigError)
  })
})

describe('what is no key', () => {
  const broken = merchant.pkcs8.replace(/\n.{10,}\n-----END/, '\n-----END')

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a boolean', true],
    ['a list', [merchant.pkcs8]],
    ['an object', {}],
    ['a key in a key', { key: { key: merchant.pkcs8 } }],
    ['no key in an object', { key: undefined, passphrase: PASSPHRASE }],
    ['a function', () => merchant.pkcs8],
    ['a symbol', Symbol('key')],
    ['empty text', ''],
    ['blank text', ' \n\t'],
    ['a path without file://', '/etc/ssl/apiclient_key.pem'],
    ['base64 of something else', Buffer.from('something else').toString('base64')],
    ['armour without a key', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'],
    ['armour with garbage', '-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n'],
    ['armour without an end', merchant.pkcs8.replace(/-----END.*/s, '')],
    ['a key cut short', broken],
    ['a key cut in half', base64Of(merchant.pkcs8).slice(0, 800)],
    ['DER cut short', derOf(merchant.pkcs8).subarray(0, 600)],
    ['an empty Buffer', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    [
      'an SSH key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----',
    ],
    [
      'a request for a certificate',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----',
    ],
  ])('%s', (_, value) => {
    for (const parse of [parsePrivateKey, parsePublicKey]) {
      const error = thrownBy(() => parse(value, 'someField'))
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({ field: 'someField', code: 'ERR_CONFIG', delivery: 'not-sent' })
      expect((error as Error).message).toMatch(/^someField: \S/)
      expect((error as Error).message).not.toContain('(undefined)')
      expect(leaks(error, merchant.pkcs8, PASSPHRASE)).toBe(false)
    }
  })
})
