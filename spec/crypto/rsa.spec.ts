import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError, Formatter, RequestError, Rsa, VerificationError } from '../../lib'
import {
  base64Of,
  merchant,
  openssl,
  platform,
  rsaPair,
  temporaryFolder,
  testWithOpenssl,
} from '../support/keys'
import { leaks, thrownBy } from '../support/leaks'

const folder = temporaryFolder()
const TEXTS = [
  '',
  'a',
  'GET\n/v3/certificates\n1554208460\nnonce\n\n',
  '深圳腾大-QQ公仔 🎁',
  'x'.repeat(10_000),
]

describe('sign and verify', () => {
  test.each(TEXTS)('agree with node:crypto (%#)', (message) => {
    const signature = Rsa.sign(message, merchant.pkcs8)
    expect(
      verify('RSA-SHA256', Buffer.from(message), merchant.publicKey, Buffer.from(signature, 'base64')),
    ).toBe(true)
    const other = sign('RSA-SHA256', Buffer.from(message), merchant.privateKey).toString('base64')
    expect(other).toBe(signature)
    expect(Rsa.verify(message, other, merchant.spki)).toBe(true)
    expect(Rsa.verify(Buffer.from(message), other, merchant.publicKey)).toBe(true)
    expect(Rsa.sign(new Uint8Array(Buffer.from(message)), merchant.privateKey)).toBe(signature)
  })

  test('bytes are signed as they are', () => {
    const bytes = Buffer.from([0, 0xff, 0x80, 0x0a, 0xc3])
    expect(Rsa.verify(bytes, Rsa.sign(bytes, merchant.pkcs8), merchant.spki)).toBe(true)
    expect(Rsa.verify(bytes.toString('utf8'), Rsa.sign(bytes, merchant.pkcs8), merchant.spki)).toBe(false)
  })

  const message = 'GET\n/v3/certificates\n1554208460\nnonce\n\n'
  const signature = Rsa.sign(message, merchant.privateKey)

  test('every single bit of the message matters', () => {
    const bytes = Buffer.from(message)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = flipped(bytes, bit)
      expect(Rsa.verify(changed, signature, merchant.publicKey)).toBe(false)
    }
    expect(Rsa.verify(`${message}\n`, signature, merchant.publicKey)).toBe(false)
    expect(Rsa.verify(message.slice(0, -1), signature, merchant.publicKey)).toBe(false)
  })

  test('every single bit of the signature matters', () => {
    const bytes = Buffer.from(signature, 'base64')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(Rsa.verify(message, flipped(bytes, bit).toString('base64'), merchant.publicKey)).toBe(false)
    }
  })

  test.each<[string, unknown]>([
    ['empty', ''],
    ['short', 'c2ln'],
    ['cut', signature.slice(0, -8)],
    ['too long', `${signature.replace(/=+$/, '')}AAAA`],
    ['doubled', signature + signature],
    ['a probe', `WECHATPAY/SIGNTEST/${signature}`],
    ['garbage before it', `!!${signature}`],
    ['garbage in it', `${signature.slice(0, 20)}*${signature.slice(20)}`],
    ['garbage behind it', `${signature}$$`],
    ['in hexadecimal', Buffer.from(signature, 'base64').toString('hex')],
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a Buffer', Buffer.from(signature, 'base64')],
    ['a list', [signature]],
  ])('a malformed signature is false: %s', (_, malformed) => {
    expect(Rsa.verify(message, malformed as string, merchant.publicKey)).toBe(false)
  })

  test('another key, padding or digest is false', () => {
    expect(Rsa.verify(message, signature, platform.publicKey)).toBe(false)
    const bytes = Buffer.from(message)
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const pss = sign('RSA-SHA256', bytes, { key: merchant.privateKey, padding }).toString('base64')
    expect(Rsa.verify(message, pss, merchant.publicKey)).toBe(false)
    const sha1 = sign('RSA-SHA1', bytes, merchant.privateKey).toString('base64')
    expect(Rsa.verify(message, sha1, merchant.publicKey)).toBe(false)
  })

  test('a bad key is a ConfigError, not false', () => {
    expect(() => Rsa.verify(message, signature, 'garbage')).toThrow(ConfigError)
    expect(() => Rsa.verify(message, signature, merchant.pkcs8)).toThrow(ConfigError)
    expect(() => Rsa.sign(message, merchant.spki)).toThrow(ConfigError)
    expect(() => Rsa.sign(message, '')).toThrow(ConfigError)
  })

  test.each([[undefined], [null], [5], [{}], [['a']]])(
    'a message that is neither text nor bytes is refused, not guessed at (%p)',
    (given) => {
      expect(() => Rsa.sign(given as unknown as string, merchant.pkcs8)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_(CONFIG|REQUEST)$/) }),
      )
    },
  )
})

describe("WeChat Pay's published samples", () => {
  const path = resolve(__dirname, '../../../shared/vectors/official-rsa.json')
  const REQUEST = [1554208460, '593BEC0C930BF1AFEB40B4A08C8FB242'] as const
  const order =
    '{"appid":"wxd678efh567hg6787","mchid":"1230000109","description":"Image形象店-深圳腾大-QQ公仔",' +
    '"out_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php",' +
    '"amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}'
  const prepay = 'wx201410272009395522657a690389285100'

  test('hold for the strings that Formatter builds', () => {
    if (!existsSync(path)) {
      console.warn('not run: official-rsa.json is not beside this repository')
      return
    }
    const { publicKey, cases } = JSON.parse(readFileSync(path, 'utf8')) as {
      publicKey: string
      cases: { what: string; message: string; signature: string }[]
    }
    const built = [
      Formatter.request('GET', '/v3/refund/domestic/refunds/123123123123', ...REQUEST),
      Formatter.request('POST', '/v3/pay/transactions/jsapi', ...REQUEST, order),
      Formatter.joinedByLineFeed('wx2421b1c4370ec43b', ...REQUEST, `prepay_id=${prepay}`),
      Formatter.joinedByLineFeed('wx2421b1c4370ec43b', ...REQUEST, prepay),
    ]
    expect(cases.map(({ message }) => message)).toEqual(built)
    for (const [at, { signature }] of cases.entries()) {
      expect(Rsa.verify(built[at] as string, signature, publicKey)).toBe(true)
      expect(Rsa.verify(built[(at + 1) % 4] as string, signature, publicKey)).toBe(false)
    }
  })
})

describe('encrypt and decrypt', () => {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

  test.each(['', '张三', 'a', '🎁', 'x'.repeat(214), '中'.repeat(71)])(
    'agree with node:crypto (%#)',
    (text) => {
      const ours = Buffer.from(Rsa.encrypt(text, merchant.spki), 'base64')
      expect(ours).toHaveLength(256)
      expect(privateDecrypt({ key: merchant.privateKey, ...oaep }, ours).toString()).toBe(text)
      const theirs = publicEncrypt({ key: merchant.publicKey, ...oaep }, Buffer.from(text)).toString('base64')
      expect(Rsa.decrypt(theirs, merchant.pkcs8)).toBe(text)
    },
  )

  test('never give the same ciphertext twice', () => {
    expect(Rsa.encrypt('x', merchant.spki)).not.toBe(Rsa.encrypt('x', merchant.spki))
  })

  test.each([
    [2048, 214],
    [3072, 342],
    [1024, 86],
  ])('a key of %i bits takes %i bytes', (bits, limit) => {
    const pair = rsaPair(bits)
    expect(Rsa.decrypt(Rsa.encrypt('x'.repeat(limit), pair.spki), pair.pkcs8)).toBe('x'.repeat(limit))
    const error = thrownBy(() => Rsa.encrypt('x'.repeat(limit + 1), pair.spki))
    expect(error).toBeInstanceOf(RequestError)
    expect((error as Error).message).toContain(String(limit))
    expect((error as Error).message).not.toContain('xxxx')
  })

  test('the limit counts bytes, not characters', () => {
    expect(() => Rsa.encrypt('中'.repeat(72), merchant.spki)).toThrow(/216 bytes/)
  })

  const ciphertext = Rsa.encrypt('张三丰的身份证号码', merchant.spki)

  test.each<[string, unknown]>([
    ['changed', flipped(Buffer.from(ciphertext, 'base64'), 1000).toString('base64')],
    ['cut', ciphertext.slice(0, -8)],
    ['empty', ''],
    ['for another key', Rsa.encrypt('张三丰的身份证号码', platform.spki)],
    ['plain text', '张三'],
    [
      'PKCS#1 v1.5',
      publicEncrypt(
        { key: merchant.publicKey, padding: constants.RSA_PKCS1_PADDING },
        Buffer.from('x'),
      ).toString('base64'),
    ],
    [
      'OAEP with SHA-256',
      publicEncrypt({ key: merchant.publicKey, oaepHash: 'sha256' }, Buffer.from('x')).toString('base64'),
    ],
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
  ])('a ciphertext that does not belong to the key: %s', (_, foreign) => {
    const error = thrownBy(() => Rsa.decrypt(foreign as string, merchant.pkcs8))
    expect(error).toBeInstanceOf(VerificationError)
    expect(error).toMatchObject({ reason: 'decrypt', code: 'ERR_VERIFICATION_DECRYPT' })
    expect(leaks(error, merchant.pkcs8)).toBe(false)
  })

  test.each([constants.RSA_PKCS1_PADDING, constants.RSA_NO_PADDING, 0, -1])(
    'padding %i is refused',
    (padding) => {
      expect(() => Rsa.encrypt('x', merchant.spki, padding)).toThrow(/padding/)
      expect(() => Rsa.decrypt(ciphertext, merchant.pkcs8, padding)).toThrow(ConfigError)
      expect(() => Rsa.encrypt('x', 'not even a key', padding)).toThrow(/^padding/)
    },
  )

  test('OAEP by name is what is done anyway', () => {
    const text = Rsa.encrypt('x', merchant.spki, constants.RSA_PKCS1_OAEP_PADDING)
    expect(Rsa.decrypt(text, merchant.pkcs8, constants.RSA_PKCS1_OAEP_PADDING)).toBe('x')
  })

  test('a bad key is a ConfigError', () => {
    expect(() => Rsa.encrypt('x', merchant.pkcs8)).toThrow(ConfigError)
    expect(() => Rsa.encrypt('x', 'garbage')).toThrow(ConfigError)
    expect(() => Rsa.decrypt(ciphertext, merchant.spki)).toThrow(ConfigError)
  })

  test.each([[undefined], [null], [5], [{}]])(
    'a plain text that is neither text nor bytes is refused (%p)',
    (given) => {
      expect(() => Rsa.encrypt(given as unknown as string, merchant.spki)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_(CONFIG|REQUEST)$/) }),
      )
    },
  )
})

describe('keys', () => {
  test('from', () => {
    expect(Rsa.from(merchant.pkcs8).type).toBe('private')
    expect(Rsa.from(merchant.pkcs8, Rsa.KEY_TYPE_PRIVATE).equals(merchant.privateKey)).toBe(true)
    expect(Rsa.from(platform.spki, Rsa.KEY_TYPE_PUBLIC).equals(platform.publicKey)).toBe(true)
    expect(() => Rsa.from(platform.spki)).toThrow(ConfigError)
    expect(() => Rsa.from(merchant.pkcs8, 'public')).toThrow(ConfigError)
    expect(() => Rsa.from('garbage')).toThrow(ConfigError)
    expect(() => Rsa.from('garbage', 'public')).toThrow(ConfigError)
  })

  test('fromPkcs8, fromPkcs1, fromSpki take base64 of just that encoding', () => {
    expect(Rsa.fromPkcs8(base64Of(merchant.pkcs8)).equals(merchant.privateKey)).toBe(true)
    expect(Rsa.fromPkcs1(base64Of(merchant.pkcs1)).equals(merchant.privateKey)).toBe(true)
    expect(Rsa.fromPkcs1(base64Of(merchant.publicPkcs1), 'public').equals(merchant.publicKey)).toBe(true)
    expect(Rsa.fromSpki(base64Of(merchant.spki)).equals(merchant.publicKey)).toBe(true)
    for (const call of [
      () => Rsa.fromPkcs8(base64Of(merchant.pkcs1)),
      () => Rsa.fromPkcs1(base64Of(merchant.spki), 'public'),
      () => Rsa.fromSpki(base64Of(merchant.publicPkcs1)),
      () => Rsa.fromSpki(base64Of(merchant.pkcs8)),
      () => Rsa.fromPkcs8(''),
    ]) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(ConfigError)
      expect(leaks(error, merchant.pkcs8, merchant.pkcs1)).toBe(false)
    }
  })

  test('pkcs1ToSpki', () => {
    expect(Rsa.pkcs1ToSpki(base64Of(merchant.publicPkcs1))).toBe(base64Of(merchant.spki))
    expect(() => Rsa.pkcs1ToSpki('garbage')).toThrow(ConfigError)
  })

  test('of another algorithm are refused by every function', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    for (const call of [
      () => Rsa.sign('x', privateKey),
      () => Rsa.verify('x', 'c2ln', publicKey),
      () => Rsa.encrypt('x', publicKey),
      () => Rsa.decrypt('x', privateKey),
      () => Rsa.from(privateKey),
    ]) {
      expect(call).toThrow(ConfigError)
    }
  })
})

describe('the openssl binary', () => {
  const at = (name: string, content: string | Buffer): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const message = 'POST\n/v3/pay\n1554208460\nnonce\n{"description":"公仔"}\n'
  const oaep = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha1']

  testWithOpenssl('verifies what was signed here', () => {
    const signature = at('ours.sig', Buffer.from(Rsa.sign(message, merchant.pkcs8), 'base64'))
    const key = at('merchant.pub', merchant.spki)
    expect(
      openssl(['dgst', '-sha256', '-verify', key, '-signature', signature], message).toString(),
    ).toContain('Verified OK')
    expect(() =>
      openssl(['dgst', '-sha256', '-verify', key, '-signature', signature], `${message}x`),
    ).toThrow()
  })

  testWithOpenssl('signs what is verified here', () => {
    const signature = openssl(['dgst', '-sha256', '-sign', at('merchant.pem', merchant.pkcs1)], message)
    expect(Rsa.verify(message, signature.toString('base64'), merchant.spki)).toBe(true)
    expect(signature.toString('base64')).toBe(Rsa.sign(message, merchant.pkcs8))
  })

  testWithOpenssl('decrypts what was encrypted here', () => {
    const ciphertext = Buffer.from(Rsa.encrypt('张三', merchant.spki), 'base64')
    const key = at('merchant.key', merchant.pkcs8)
    expect(openssl(['pkeyutl', '-decrypt', '-inkey', key, ...oaep], ciphertext).toString()).toBe('张三')
  })

  testWithOpenssl('encrypts what is decrypted here', () => {
    const key = at('merchant.spki', merchant.spki)
    const ciphertext = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', key, ...oaep], '李四')
    expect(Rsa.decrypt(ciphertext.toString('base64'), merchant.pkcs8)).toBe('李四')
  })
})

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
