import { createPrivateKey, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sm2 as otherLibrary } from 'sm-crypto'
import { RequestError, type VerificationError } from 'wechatpay-chain'
import { loadPrivateKey, loadPublicKey, Sm2 } from 'wechatpay-chain/shangmi'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'
import { ORDER } from '../../lib/shangmi/keys'
import { openssl, temporaryFolder, testWithOpenssl } from '../support/keys'
import { DISTID, pkcs8Of, STANDARD, sm2Pair, spkiOf } from '../support/shangmi'

const folder = temporaryFolder()
const pair = sm2Pair()
const key = loadPrivateKey(pair.privateKey)
const published = loadPublicKey(pair.publicKey)
const MESSAGE = 'POST\n/v3/x?a=国密\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n{"a":"😀"}\n'

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const keyFiles = () => ({
  privateKey: file('key.pem', String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))),
  publicKey: file('pub.pem', String(pair.publicKey.export({ type: 'spki', format: 'pem' }))),
})

/** DER by hand, so that it can be wrong. */
const tlv = (tag: string, content: string): string =>
  tag + (content.length / 2).toString(16).padStart(2, '0') + content
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
const positive = (hex: string): string => (Number.parseInt(hex.slice(0, 2), 16) < 0x80 ? hex : `00${hex}`)
const signatureOf = (r: string, s: string): string => base64(tlv('30', tlv('02', r) + tlv('02', s)))

describe('signatures', () => {
  test('text or bytes, a key parsed or not', () => {
    const signature = Sm2.sign(MESSAGE, pair.privateKey)
    expect(Sm2.verify(MESSAGE, signature, pair.publicKey)).toBe(true)
    expect(Sm2.verify(Buffer.from(MESSAGE), signature, published)).toBe(true)
    expect(Sm2.verify(MESSAGE, Sm2.sign(Buffer.from(MESSAGE), key), published)).toBe(true)
    expect(Sm2.verify('', Sm2.sign('', key), published)).toBe(true)
  })

  test('no two are the same', () => {
    expect(Sm2.sign(MESSAGE, key)).not.toBe(Sm2.sign(MESSAGE, key))
  })

  test('the platform and the client believe each other, time and again', async () => {
    for (let round = 0; round < 20; round++) {
      const message = Buffer.from(`${MESSAGE}${round}`)
      const ours = Buffer.from(Sm2.sign(message, key), 'base64')
      const theirs = (await shangmiSuite.sign(message, pair.privateKey)).toString('base64')
      expect(shangmiSuite.verify(message, ours, pair.publicKey)).toBe(true)
      expect(Sm2.verify(message, theirs, published)).toBe(true)
    }
  })

  testWithOpenssl('openssl believes ours, we believe its', () => {
    const files = keyFiles()
    const message = file('message', MESSAGE)
    const common = ['pkeyutl', '-rawin', '-digest', 'sm3', '-pkeyopt', DISTID, '-in', message]
    const theirs = openssl([...common, '-sign', '-inkey', files.privateKey])
    expect(Sm2.verify(MESSAGE, theirs.toString('base64'), published)).toBe(true)
    const ours = file('signature', Buffer.from(Sm2.sign(MESSAGE, key), 'base64'))
    const said = openssl([...common, '-verify', '-pubin', '-inkey', files.publicKey, '-sigfile', ours])
    expect(said.toString()).toMatch(/Verified Successfully/)
  })

  test('of another message, key or user: refused', () => {
    const signature = Sm2.sign(MESSAGE, key)
    expect(Sm2.verify(`${MESSAGE}x`, signature, published)).toBe(false)
    expect(Sm2.verify(MESSAGE, signature, sm2Pair().publicKey)).toBe(false)
    const hex = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(36, 68).toString('hex')
    const foreign = otherLibrary.doSignature(MESSAGE, hex, {
      hash: true,
      der: true,
      userId: 'ALICE123@YAHOO.COM',
    })
    expect(Sm2.verify(MESSAGE, base64(foreign), published)).toBe(false)
  })

  test('one bit flipped, anywhere: refused', () => {
    const bytes = Buffer.from(Sm2.sign(MESSAGE, key), 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] as number) ^ 1
      expect(Sm2.verify(MESSAGE, flipped.toString('base64'), published)).toBe(false)
    }
  })

  describe('written in another way: refused', () => {
    const { r, s, message } = STANDARD
    const [R, S] = [positive(r), positive(s)]
    const order = ORDER.toString(16)
    const verify = (signature: string): boolean => Sm2.verify(message, signature, spkiOf(STANDARD.publicKey))

    test('this way it is right', () => {
      expect(verify(signatureOf(R, S))).toBe(true)
    })

    test.each<[string, string]>([
      ['no base64', `${signatureOf(R, S)}!`],
      ['base64 without its padding', signatureOf(R, S).replace(/=+$/, '').slice(0, -1)],
      ['nothing', ''],
      ['no ASN.1', base64(r + s)],
      ['a leading zero', signatureOf(`00${R}`, S)],
      ['negative numbers', signatureOf(r, s)],
      ['s more than the order', signatureOf(R, `01${(BigInt(`0x${s}`) + ORDER).toString(16).slice(-64)}`)],
      ['r of 0', signatureOf('00', S)],
      ['s of 0', signatureOf(R, '00')],
      ['both of 0', signatureOf('00', '00')],
      ['r the order', signatureOf(`00${order}`, S)],
      ['s the order', signatureOf(R, `00${order}`)],
      ['an empty number', signatureOf('', S)],
      ['one number', base64(tlv('30', tlv('02', R)))],
      ['three numbers', base64(tlv('30', tlv('02', R) + tlv('02', S) + tlv('02', '01')))],
      ['a byte behind it', base64(`${tlv('30', tlv('02', R) + tlv('02', S))}00`)],
      ['a length with a leading zero', base64(`3081${tlv('30', tlv('02', R) + tlv('02', S)).slice(2)}`)],
      ['an indefinite length', base64(`3080${tlv('02', R)}${tlv('02', S)}0000`)],
      ['a length that is cut short', base64('3084')],
      ['a set', base64(tlv('31', tlv('02', R) + tlv('02', S)))],
      ['swapped', signatureOf(S, R)],
    ])('%s', (_, signature) => {
      expect(verify(signature)).toBe(false)
    })
  })
})

describe('encryption', () => {
  test.each(['张三', 'a', '13800138000', '国密😀'.repeat(500)])('%.20s', (text) => {
    expect(Sm2.decrypt(Sm2.encrypt(text, published), key)).toBe(text)
    expect(Sm2.decrypt(Sm2.encrypt(text, pair.publicKey), pair.privateKey)).toBe(text)
    expect(shangmiSuite.decrypt(Sm2.encrypt(text, published), pair.privateKey)).toBe(text)
    expect(Sm2.decrypt(shangmiSuite.encrypt(text, pair.publicKey), key)).toBe(text)
  })

  testWithOpenssl('openssl reads ours, we read its', () => {
    const files = keyFiles()
    const ours = file('ours', Buffer.from(Sm2.encrypt('张三', published), 'base64'))
    expect(openssl(['pkeyutl', '-decrypt', '-inkey', files.privateKey, '-in', ours]).toString()).toBe('张三')
    const text = file('text', '李四')
    const theirs = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', files.publicKey, '-in', text])
    expect(Sm2.decrypt(theirs.toString('base64'), key)).toBe('李四')
  })

  test('a short text never comes out as it went in', () => {
    // By chance alone, one in 256 would.
    for (let round = 0; round < 600; round++) {
      expect(Buffer.from(Sm2.encrypt('7', published), 'base64').subarray(-1).toString()).not.toBe('7')
    }
  })

  test('there has to be something to encrypt', () => {
    expect(() => Sm2.encrypt('', published)).toThrow(RequestError)
  })

  const bytes = Buffer.from(Sm2.encrypt('张三', published), 'base64')
  const refused = (ciphertext: string): VerificationError => {
    try {
      Sm2.decrypt(ciphertext, key)
    } catch (error) {
      return error as VerificationError
    }
    throw new Error('it was decrypted')
  }

  test('for another key: refused', () => {
    expect(refused(Sm2.encrypt('张三', sm2Pair().publicKey))).toMatchObject({
      name: 'VerificationError',
      reason: 'decrypt',
    })
  })

  test('one bit flipped, anywhere: refused', () => {
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] as number) ^ 1
      expect(refused(flipped.toString('base64')).reason).toBe('decrypt')
    }
  })

  test('a point off the curve, which would tell of the key: refused', () => {
    const [x, y] = ['02'.padStart(64, '0'), '03'.padStart(64, '0')]
    const c3 = tlv('04', STANDARD.c3)
    const parts = `${tlv('02', x.replace(/^(00)+/, ''))}${tlv('02', y.replace(/^(00)+/, ''))}${c3}${tlv('04', '00')}`
    expect(refused(base64(tlv('30', parts))).reason).toBe('decrypt')
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no base64', '张三'],
    ['no ASN.1', Buffer.from('plain text').toString('base64')],
    ['without ASN.1', base64(STANDARD.c1 + STANDARD.c3 + STANDARD.c2)],
    [
      'in the old order',
      base64(
        tlv('30', `${tlv('02', '01')}${tlv('02', '01')}${tlv('04', STANDARD.c2)}${tlv('04', STANDARD.c3)}`),
      ),
    ],
    ['an empty text', base64(tlv('30', `${tlv('02', '01')}${tlv('02', '01')}${tlv('04', STANDARD.c3)}0400`))],
  ])('%s: refused', (_, ciphertext) => {
    expect(refused(ciphertext).reason).toBe('decrypt')
    expect(
      shangmiSuite.decrypt(
        ciphertext,
        createPrivateKey({
          key: pkcs8Of(STANDARD.privateKey, STANDARD.publicKey),
          format: 'der',
          type: 'pkcs8',
        }),
      ),
    ).toBeUndefined()
  })

  test('the platform tells a ciphertext from a name or a number', () => {
    expect(shangmiSuite.isCiphertext(bytes.toString('base64'))).toBe(true)
    for (const plain of [
      '张三',
      '13800138000',
      'MTIz',
      '',
      `${bytes.toString('base64')}=`,
      bytes.toString('base64').slice(4),
    ])
      expect(shangmiSuite.isCiphertext(plain)).toBe(false)
    expect(
      shangmiSuite.verify(
        Buffer.from('x'),
        Buffer.from('no signature'),
        createPublicKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      ),
    ).toBe(false)
  })
})
