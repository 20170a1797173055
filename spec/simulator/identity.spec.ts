import { spawnSync } from 'node:child_process'
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  X509Certificate,
} from 'node:crypto'
import { type Mode, Simulator } from '../../lib/simulator'
import { issueCertificate } from '../../lib/simulator/x509'
import { withOpenssl } from '../support/openssl'
import { call, isGenuine } from './client'

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000'

const certificateOf = ({ credentials }: Simulator): [string, string] => {
  const found = Object.entries(credentials.certs).find(([, pem]) => pem.includes('BEGIN CERTIFICATE'))
  if (!found) throw new Error('no certificate')
  return found
}

describe('the credentials', () => {
  test.each<[Mode, number, boolean]>([
    ['public-key', 1, false],
    ['certificate', 1, true],
    ['both', 2, true],
  ])('in mode %s are complete', async (mode, keys, certificate) => {
    await using simulator = await Simulator.start({ mode })
    const { mchid, serial, privateKey, certs, secret, apiv3Key, base_uri } = simulator.credentials
    expect(mchid).toMatch(/^\d{10}$/)
    expect(serial).toMatch(/^[0-9A-F]{40}$/)
    expect(createPrivateKey(privateKey).asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(privateKey).toContain('BEGIN PRIVATE KEY')
    expect(Buffer.byteLength(secret)).toBe(32)
    expect(Buffer.byteLength(apiv3Key)).toBe(32)
    expect(base_uri).toBe(simulator.url)
    expect(base_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    expect(Object.keys(certs)).toHaveLength(keys)
    expect(Object.values(certs).some((pem) => pem.includes('BEGIN CERTIFICATE'))).toBe(certificate)
    if (mode !== 'certificate') expect(createPublicKey(certs[KEY_ID] ?? '').asymmetricKeyType).toBe('rsa')
  })

  test('follow the options, and differ from start to start', async () => {
    const options = { mchid: '1234567890', publicKeyId: 'PUB_KEY_ID_1', mode: 'public-key' } as const
    await using one = await Simulator.start(options)
    await using two = await Simulator.start(options)
    expect(one.credentials.mchid).toBe('1234567890')
    expect(Object.keys(one.credentials.certs)).toEqual(['PUB_KEY_ID_1'])
    for (const key of ['serial', 'privateKey', 'secret', 'apiv3Key', 'base_uri'] as const)
      expect(one.credentials[key]).not.toBe(two.credentials[key])
  })
})

describe('the platform certificate', () => {
  let simulator: Simulator
  let serial: string
  let pem: string

  beforeAll(async () => {
    simulator = await Simulator.start({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) })
    ;[serial, pem] = certificateOf(simulator)
  })
  afterAll(() => simulator.close())

  test('is one that Node reads', () => {
    const certificate = new X509Certificate(pem)
    expect(certificate.serialNumber).toBe(serial)
    expect(serial).toMatch(/^[4-7][0-9A-F]{39}$/)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.subject).toBe('C=CN\nO=wechatpay-chain\nCN=Simulated WeChat Pay platform')
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-01-01T03:04:05.000Z')
    expect(new Date(certificate.validTo).toISOString()).toBe('2030-12-31T03:04:05.000Z')
  })

  withOpenssl('is one that openssl reads', () => {
    const { status, stdout } = spawnSync('openssl', ['x509', '-noout', '-serial', '-dates'], { input: pem })
    expect(status).toBe(0)
    expect(stdout.toString()).toContain(`serial=${serial}`)
    expect(stdout.toString()).toContain('notAfter=Dec 31 03:04:05 2030 GMT')
  })

  test('may be issued for dates that UTCTime cannot hold, and for any serial', () => {
    const { privateKey } = simulator.credentials
    const key = { publicKey: createPublicKey(privateKey), issuerKey: createPrivateKey(privateKey) }
    const name = { C: 'CN', O: 'x'.repeat(300), CN: '测试' }
    const certificate = new X509Certificate(
      issueCertificate({
        ...key,
        subject: name,
        issuer: name,
        serial: 'F01',
        notBefore: new Date(Date.UTC(2049, 11, 31, 23, 59, 59)),
        notAfter: new Date(Date.UTC(2050, 0, 1)),
      }),
    )
    expect(certificate.serialNumber).toBe('0F01')
    expect(new Date(certificate.validFrom).getUTCFullYear()).toBe(2049)
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2050)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    const negative = new X509Certificate(
      issueCertificate({
        ...key,
        ...{ subject: name, issuer: name, serial: 'FF' },
        ...{ notBefore: new Date(0), notAfter: new Date(1e12) },
      }),
    )
    expect(negative.serialNumber).toBe('FF')
  })

  test('is listed, encrypted with the APIv3 key', async () => {
    const timestamp = String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)
    const reply = await call(simulator, 'GET', '/v3/certificates', { signing: { timestamp } })
    expect(reply.status).toBe(200)
    expect(isGenuine(simulator, reply)).toBe(true)
    const { data } = reply.json as {
      data: {
        serial_no: string
        effective_time: string
        expire_time: string
        encrypt_certificate: Record<string, string>
      }[]
    }
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({
      serial_no: serial,
      effective_time: '2026-01-01T11:04:05+08:00',
      expire_time: '2030-12-31T11:04:05+08:00',
    })
    const { algorithm, nonce, associated_data, ciphertext } = data[0]?.encrypt_certificate ?? {}
    expect([algorithm, associated_data]).toEqual(['AEAD_AES_256_GCM', 'certificate'])
    const sealed = Buffer.from(ciphertext ?? '', 'base64')
    const key = Buffer.from(simulator.credentials.apiv3Key)
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce ?? ''))
    decipher.setAAD(Buffer.from('certificate')).setAuthTag(sealed.subarray(-16))
    expect(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString()).toBe(pem)
  })

  test.each([
    ['SM2', 404, 'RESOURCE_NOT_EXISTS'],
    ['ALL', 200, undefined],
    ['DSA', 400, 'PARAM_ERROR'],
  ])('for the algorithm %s answers %i', async (algorithm, status, code) => {
    const timestamp = String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)
    const target = `/v3/certificates?algorithm_type=${algorithm}`
    const reply = await call(simulator, 'GET', target, { signing: { timestamp } })
    expect(reply.status).toBe(status)
    expect((reply.json as { code?: string }).code).toBe(code)
  })
})

describe('the key that signs an answer', () => {
  const ask = async (simulator: Simulator, serial?: string) => {
    const reply = await call(simulator, 'POST', '/v3/security/echo', {
      json: { echo_message: 'x' },
      ...(serial !== undefined && { headers: { 'Wechatpay-Serial': serial } }),
    })
    expect(isGenuine(simulator, reply)).toBe(true)
    return reply
  }

  test('is the one asked for, else the certificate', async () => {
    await using simulator = await Simulator.start()
    const [serial] = certificateOf(simulator)
    expect((await ask(simulator)).headers['wechatpay-serial']).toBe(serial)
    expect((await ask(simulator, serial)).headers['wechatpay-serial']).toBe(serial)
    expect((await ask(simulator, KEY_ID)).headers['wechatpay-serial']).toBe(KEY_ID)
  })

  test('is the public key where there is no certificate', async () => {
    await using simulator = await Simulator.start({ mode: 'public-key' })
    expect((await ask(simulator)).headers['wechatpay-serial']).toBe(KEY_ID)
    const reply = await call(simulator, 'GET', '/v3/certificates')
    expect(reply.status).toBe(404)
    expect(reply.json).toMatchObject({ code: 'RESOURCE_NOT_EXISTS' })
  })

  test.each<[Mode, string]>([
    ['both', 'PUB_KEY_ID_0'],
    ['public-key', '4F'],
    ['certificate', KEY_ID],
  ])('in mode %s cannot be %s: 400, signed all the same', async (mode, serial) => {
    await using simulator = await Simulator.start({ mode })
    const reply = await ask(simulator, serial)
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: 'Wechatpay-Serial', value: serial, location: 'header' },
    })
  })
})

describe('the echo', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await Simulator.start()
  })
  afterAll(() => simulator.close())

  const encrypt = (pem: string, text: string): string =>
    publicEncrypt({ key: pem, ...OAEP }, Buffer.from(text)).toString('base64')

  const echo = (json: object, headers: Record<string, string> = {}) =>
    call(simulator, 'POST', '/v3/security/echo', { json, headers })

  test('repeats a message, and encrypts a secret one for the merchant', async () => {
    for (const [serial, pem] of Object.entries(simulator.credentials.certs)) {
      const sent = { echo_message: '你好', encrypted_echo_message: encrypt(pem, '秘密') }
      const reply = await echo(sent, { 'Wechatpay-Serial': serial })
      expect(reply.status).toBe(200)
      const answer = reply.json as typeof sent
      expect(answer.echo_message).toBe('你好')
      const ciphertext = Buffer.from(answer.encrypted_echo_message, 'base64')
      const key = { key: simulator.credentials.privateKey, ...OAEP }
      expect(privateDecrypt(key, ciphertext).toString()).toBe('秘密')
    }
    expect((await echo({ echo_message: 'x', encrypted_echo_message: null })).json).toEqual({
      echo_message: 'x',
    })
  })

  test('refuses a secret in plain text, without its key, or under another one', async () => {
    const [serial, pem] = certificateOf(simulator)
    const plain = await echo({ echo_message: 'x', encrypted_echo_message: '秘密' })
    expect(plain.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: '/encrypted_echo_message', issue: 'must be encrypted' },
    })
    const json = { echo_message: 'x', encrypted_echo_message: encrypt(pem, '秘密') }
    expect((await echo(json)).json).toMatchObject({ detail: { field: 'Wechatpay-Serial', value: null } })
    const other = await echo(json, { 'Wechatpay-Serial': KEY_ID })
    expect(other.json).toMatchObject({ detail: { field: '/encrypted_echo_message', location: 'body' } })
    expect((await echo(json, { 'Wechatpay-Serial': serial })).status).toBe(200)
  })
})
