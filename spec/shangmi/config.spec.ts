import { ConfigError } from 'wechatpay-chain'
import {
  loadPrivateKey,
  type ShangmiConfig,
  Sm2,
  Sm4Gcm,
  shangmi,
  sm2Signer,
  sm2Verifier,
  sm4Decrypter,
} from 'wechatpay-chain/shangmi'
import { decrypters } from '../../lib/apiv3-key'
import { resolveConfig } from '../../lib/config'
import { rsaPair } from '../support/keys'
import { sm2Pair } from '../support/shangmi'

const merchant = sm2Pair()
const platform = sm2Pair()
const SERIAL = '157056765AB5A9EEE5D363D0329039A254D5EF49'
const KEY = '0123456789abcdef0123456789abcdef'
const given = {
  mchid: '2480467911',
  serial: 'ABC',
  privateKey: merchant.privateKey,
  certs: { [SERIAL]: platform.publicKey },
  apiv3Key: KEY,
} satisfies ShangmiConfig

const refused = (changes: object): string => {
  try {
    shangmi({ ...given, ...changes } as ShangmiConfig)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

test('a configuration that the core takes', () => {
  const resolved = resolveConfig(shangmi(given))
  expect(resolved.authorization).toBe('WECHATPAY2-SM2-WITH-SM3 mchid="2480467911",serial_no="ABC"')
  expect(resolved.keys.known().map(({ id }) => id)).toEqual([SERIAL])
})

test('what is given is not changed', () => {
  const before = { ...given, certs: { ...given.certs } }
  shangmi(given)
  expect(given).toEqual(before)
})

test('everything else is handed on', () => {
  expect(shangmi({ ...given, timeout: 7, base_uri: 'http://127.0.0.1/' })).toMatchObject({
    mchid: '2480467911',
    timeout: 7,
    base_uri: 'http://127.0.0.1/',
  })
  const { apiv3Key: _, ...without } = given
  expect(shangmi({ ...given, apiv3Key: undefined })).not.toHaveProperty('apiv3Key')
  expect(shangmi(without)).not.toHaveProperty('apiv3Key')
})

test('what signs or verifies by itself stays as it is', () => {
  const [privateKey, verifier] = [{ sign: () => '' }, { verify: () => true }]
  const config = shangmi({ ...given, privateKey, certs: { A: verifier, B: platform.publicKey } })
  expect(config.privateKey).toBe(privateKey)
  expect(config.certs.A).toBe(verifier)
})

test('callbacks are decrypted with either algorithm', () => {
  const [aes, sm4] = decrypters(shangmi(given).apiv3Key)
  expect(aes?.algorithms).toEqual(['AEAD_AES_256_GCM'])
  expect(sm4?.algorithms).toEqual(['AEAD_SM4_GCM', 'AEAD_SM4_128_GCM'])
  expect(sm4?.decrypt(Sm4Gcm.encrypt('x', KEY, 'nonce'), 'nonce')).toBe('x')
  const both = decrypters(shangmi({ ...given, apiv3Key: [KEY, Buffer.alloc(32)] }).apiv3Key)
  expect(both).toHaveLength(4)
})

test.each<[string, object, RegExp]>([
  ['an RSA private key', { privateKey: rsaPair().pkcs8 }, /^privateKey: not a readable SM2 private key/],
  ['no private key', { privateKey: undefined }, /^privateKey: expected an SM2 private key, got undefined/],
  ['an RSA public key', { certs: { A: rsaPair().spki } }, /^certs\.A: not a readable SM2 public key/],
  ['certificates that download themselves', { certs: { auto: true } }, /^certs\.auto: /],
  ['no certificates', { certs: undefined }, /^certs: expected/],
  ['a short APIv3 key', { apiv3Key: 'short' }, /^apiv3Key: an APIv3 key has 32 bytes, this one has 5/],
])('%s', (_, changes, problem) => {
  expect(refused(changes)).toMatch(problem)
})

test('the objects by themselves', () => {
  const signer = sm2Signer({ privateKey: loadPrivateKey(merchant.privateKey) })
  const verifier = sm2Verifier({ publicKey: merchant.publicKey })
  expect(signer.algorithm).toBe('WECHATPAY2-SM2-WITH-SM3')
  expect(verifier.verify('x', signer.sign('x') as string)).toBe(true)
  expect(signer.decrypt(verifier.encrypt?.('张三') as string)).toBe('张三')
  expect(sm4Decrypter({ apiv3Key: KEY }).decrypt(Sm4Gcm.encrypt('x', KEY, 'n', 'a'), 'n', 'a')).toBe('x')
  expect(Sm2.verify('x', signer.sign('x') as string, merchant.publicKey)).toBe(true)
  expect(JSON.stringify({ signer, verifier })).not.toContain('Sm2')
})

test('the package that is missing', () => {
  jest.isolateModules(() => {
    jest.doMock('sm-crypto-v2', () => {
      throw Object.assign(new Error("Cannot find module 'sm-crypto-v2'"), { code: 'MODULE_NOT_FOUND' })
    })
    const without = require('../../lib/shangmi') as typeof import('../../lib/shangmi')
    for (const use of [
      () => without.shangmi(given),
      () => without.sm3('x'),
      () => without.Sm4Gcm.keyOf(KEY),
    ]) {
      expect(use).toThrow('shangmi: the package sm-crypto-v2 is missing: npm install sm-crypto-v2')
    }
    jest.dontMock('sm-crypto-v2')
  })
})

test('nothing is loaded before it is needed', () => {
  jest.isolateModules(() => {
    const loads = jest.fn(() => ({}))
    jest.doMock('sm-crypto-v2', loads)
    require('../../lib/shangmi')
    expect(loads).not.toHaveBeenCalled()
    jest.dontMock('sm-crypto-v2')
  })
})
