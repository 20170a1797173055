import { Builder, Notifications, sensitive, VerificationError } from 'wechatpay-chain'
import { wechatpay } from 'wechatpay-chain/express'
import { shangmi, sm2Verifier } from 'wechatpay-chain/shangmi'
import { type Credentials, Simulator, signCallback } from 'wechatpay-chain/simulator'
import { shangmiSuite } from 'wechatpay-chain/simulator/shangmi'
import { listening } from '../support/listening'
import { sm2Pair } from '../support/shangmi'

let simulator: Simulator
let credentials: Credentials
beforeAll(async () => {
  simulator = await Simulator.start({ suite: shangmiSuite })
  credentials = simulator.credentials
})
afterAll(() => simulator.close())

const latest = () => simulator.requests.at(-1)

test('a request and its answer are signed with SM2', async () => {
  await using instance = Builder.factory(shangmi(credentials))
  const { status, verified, headers } = await instance.v3.offlineface.faceCollections.get({
    query: { organization_id: 'Ofewewfwefweewf' },
  })
  expect([status, verified]).toEqual([200, true])
  expect(headers.get('wechatpay-signature-type')).toBe('WECHATPAY2-SM2-WITH-SM3')
  expect(headers.get('wechatpay-signature')).toMatch(/^M/)
  expect(latest()?.headers.authorization).toMatch(/^WECHATPAY2-SM2-WITH-SM3 mchid="1900000109",serial_no="/)
})

test('so are bodies with Chinese, and failures', async () => {
  await using instance = Builder.factory(shangmi(credentials))
  const { data } = await instance.v3.security.echo.post({ json: { echo_message: '国密😀' } })
  expect(data).toMatchObject({ echo_message: '国密😀' })
  const failed = instance.chain('v3/no/such/thing').get()
  await expect(failed).rejects.toMatchObject({ name: 'ApiError', status: 404, verified: true })
})

test('fields are encrypted with SM2, there and back', async () => {
  await using instance = Builder.factory(shangmi(credentials))
  const name = '张三'
  const { data } = await instance.v3.security.echo.post({
    json: { echo_message: 'x', encrypted_echo_message: sensitive(name) },
  })
  expect(String(latest()?.body)).not.toContain(name)
  const { encrypted_echo_message } = data as { encrypted_echo_message: string }
  expect(await Builder.driver(instance).decrypt(encrypted_echo_message)).toBe(name)
})

test('signed with another key: refused on both sides', async () => {
  const stranger = sm2Pair()
  await using unknown = Builder.factory(shangmi({ ...credentials, privateKey: stranger.privateKey }))
  await expect(unknown.v3.security.echo.post({ json: { echo_message: 'x' } })).rejects.toMatchObject({
    status: 401,
    code: 'SIGN_ERROR',
  })
  const certs = Object.fromEntries(Object.keys(credentials.certs).map((id) => [id, stranger.publicKey]))
  await using suspicious = Builder.factory(shangmi({ ...credentials, certs }))
  await expect(suspicious.v3.security.echo.post({ json: { echo_message: 'x' } })).rejects.toMatchObject({
    name: 'VerificationError',
    reason: 'signature',
  })
})

test.each<Parameters<Simulator['fault']>[0]>([
  { kind: 'tamper' },
  { kind: 'foreign' },
  { kind: 'probe' },
  { kind: 'stale', seconds: -400 },
])('an answer with the fault %j is refused', async (fault) => {
  await using instance = Builder.factory(shangmi(credentials))
  simulator.fault({ ...fault, times: 1 })
  const call = instance.v3.security.echo.post({ json: { echo_message: 'x' } })
  await expect(call).rejects.toThrow(VerificationError)
})

test('a client of RSA is a stranger', async () => {
  await using rsa = await Simulator.start()
  await using instance = Builder.factory({ ...rsa.credentials, base_uri: credentials.base_uri })
  await expect(instance.v3.security.echo.post({ json: { echo_message: 'x' } })).rejects.toMatchObject({
    status: 401,
    verified: false,
  })
})

test('certificates: the one in use is found, and encrypted with SM4', async () => {
  await using only = await Simulator.start({ suite: shangmiSuite, mode: 'certificate' })
  const [serial, pem] = Object.entries(only.credentials.certs)[0] as [string, string]
  const verifier = sm2Verifier({ publicKey: pem })
  expect(verifier.effective).toBeLessThan(Date.now())
  expect(verifier.expires).toBeGreaterThan(Date.now())
  await using instance = Builder.factory(shangmi(only.credentials))
  const { verified, data } = await instance.v3.certificates.get({ query: { algorithm_type: 'SM2' } })
  expect(verified).toBe(true)
  expect(data).toMatchObject({
    data: [{ serial_no: serial, encrypt_certificate: { algorithm: 'AEAD_SM4_128_GCM' } }],
  })
  await expect(instance.v3.certificates.get()).rejects.toMatchObject({ status: 404 })
  await instance.v3.security.echo.post({
    json: { echo_message: 'x', encrypted_echo_message: sensitive('张三') },
  })
  expect(only.requests.at(-1)?.headers['wechatpay-serial']).toBe(serial)
})

test('the platform changes its certificate for another of 国密', async () => {
  await using only = await Simulator.start({ suite: shangmiSuite, mode: 'certificate' })
  const serial = await only.rotate()
  await using former = Builder.factory(shangmi(only.credentials))
  await expect(former.v3.security.echo.post({ json: { echo_message: 'x' } })).rejects.toMatchObject({
    reason: 'serial',
    message: expect.stringContaining(serial),
  })
})

describe('callbacks', () => {
  const event = {
    event_type: 'TRANSACTION.SUCCESS',
    original_type: 'transaction',
    data: { out_trade_no: '国密' },
  }

  test('are told, verified and decrypted', async () => {
    const notifications = new Notifications(shangmi(credentials))
    const received: unknown[] = []
    const server = await listening(
      wechatpay(notifications, (each) => {
        received.push(each.data)
      }),
    )
    const delivery = await simulator.notify(server.url, event)
    await server.close()
    expect(delivery).toMatchObject({ accepted: true })
    expect(received).toEqual([event.data])
  })

  test('of tests of one’s own', async () => {
    const [merchant, platform] = [sm2Pair(), sm2Pair()]
    const apiv3Key = '0123456789abcdef0123456789abcdef'
    const privateKey = String(platform.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const signed = await signCallback(event, { serial: 'A', privateKey, apiv3Key, suite: shangmiSuite })
    const config = { mchid: '1', serial: 'B', privateKey: merchant.privateKey, apiv3Key }
    const notifications = new Notifications(shangmi({ ...config, certs: { A: platform.publicKey } }))
    expect((await notifications.parse(signed.body, signed.headers)).data).toEqual(event.data)
    const another = new Notifications(
      shangmi({ ...config, apiv3Key: apiv3Key.replace('0', '1'), certs: { A: platform.publicKey } }),
    )
    await expect(another.parse(signed.body, signed.headers)).rejects.toMatchObject({ reason: 'decrypt' })
    const withoutSm4 = new Notifications({
      apiv3Key,
      certs: { A: sm2Verifier({ publicKey: platform.publicKey }) },
    })
    await expect(withoutSm4.parse(signed.body, signed.headers)).rejects.toThrow(
      /"AEAD_SM4_128_GCM": only AEAD_AES_256_GCM is known here/,
    )
  })
})
