import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, sensitive } from '../lib/lite'
import { answered, SECRET, signFaults } from './conformance/apiv2'
import {
  authorizationFaults,
  keys,
  MERCHANT_SERIAL,
  PUBLIC_KEY_ID,
  signed,
  unsigned,
} from './conformance/platform'
import { type Act, answers, scripted } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

const NEW_SERIAL = '5157F09EFDC096DE15EBE81A47057A7232F1B8E2'
const NEW_ID = 'PUB_KEY_ID_0119000001092026010100000000000009'
const NEW_SECRET = 'another_key_that_comes_after_it_'
const newKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

const retry = { writes: true } as const

/** Every key, another one. */
const changes = {
  serial: NEW_SERIAL,
  privateKey: newKey,
  certs: { [NEW_ID]: keys.strangerPublic },
  secret: NEW_SECRET,
} as const

/** A platform that says "later" to the first attempt, while all keys are changed, and knows the former ones alone. */
async function stage(answer: Act, given: Partial<Config> = {}) {
  const sockets = new Set<Socket>()
  const rotating: Act = (response, visit, request) => {
    stand.driver.rotate(changes)
    answers(unsigned(503))(response, visit, request)
  }
  const stand = await scripted([rotating, answer], {
    certs: { [PUBLIC_KEY_ID]: keys.platformPublic },
    retry: { delay: 20 },
    ...given,
  })
  stand.server.on('connection', (socket) => sockets.add(socket))
  return { ...stand, sockets }
}

const asFormerly = answers(() => signed('{"a":1}', { 'Wechatpay-Serial': PUBLIC_KEY_ID }))

describe('a call that is tried again after its keys were changed ends with the old ones', () => {
  test('APIv3: signed by the key whose serial it names, verified by the key that it asks for', async () => {
    const { instance, visits } = await stage(asFormerly)
    await expect(instance.v3.x.post({ json: { a: 1 }, retry })).resolves.toMatchObject({
      verified: true,
      data: { a: 1 },
    })
    expect(visits).toHaveLength(2)
    for (const visit of visits) {
      expect(visit.headers.authorization).toContain(`serial_no="${MERCHANT_SERIAL}"`)
      expect(authorizationFaults(visit)).toEqual([])
      expect(visit.headers['wechatpay-serial']).toBe(PUBLIC_KEY_ID)
    }
    // The next one has the new keys, and believes them alone.
    expect(await rejection(instance.v3.x.get())).toMatchObject({
      name: 'VerificationError',
      reason: 'serial',
    })
    expect(visits[2]?.headers.authorization).toContain(`serial_no="${NEW_SERIAL}"`)
    expect(visits[2]?.headers['wechatpay-serial']).toBe(NEW_ID)
  })

  test('APIv3: what is encrypted says with which key', async () => {
    const { instance, visits } = await stage(asFormerly)
    const json = { name: sensitive('张三') }
    await expect(instance.v3.x.post({ json, retry })).resolves.toMatchObject({ verified: true })
    expect(visits.map(({ headers }) => headers['wechatpay-serial'])).toEqual([PUBLIC_KEY_ID, PUBLIC_KEY_ID])
    expect(visits[1]?.body.equals(visits[0]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  test('APIv2', async () => {
    const { instance, visits } = await stage(answers(() => answered({ a: '1' })))
    const xml = { mch_id: MCH_ID }
    const { verified, data } = await instance.v2.pay.orderquery.post({ xml })
    expect([verified, data]).toEqual([true, expect.objectContaining({ a: '1' })])
    expect(visits.map((visit) => signFaults(visit, SECRET))).toEqual([[], []])
    expect(await rejection(instance.v2.pay.orderquery.post({ xml }))).toMatchObject({ reason: 'signature' })
    expect(signFaults(visits[2] as (typeof visits)[number], NEW_SECRET)).toEqual([])
  })

  test('with a client certificate: its connections are closed afterwards', async () => {
    const merchant = { cert: keys.merchantCertificate, key: keys.merchantPrivate }
    const { instance, driver, sockets } = await stage(asFormerly, { merchant })
    const call = (security: boolean) => instance.v3.x.post({ json: {}, security, retry })
    await expect(call(true)).resolves.toMatchObject({ status: 200 })
    const [former] = sockets
    // Idle connections last four seconds.
    if (former && !former.closed) await once(former, 'close', { signal: AbortSignal.timeout(2_000) })
    expect(sockets.size).toBe(1)
    await driver.close()
  })
})

test('a client that is closed meanwhile waits for them', async () => {
  const merchant = { cert: keys.merchantCertificate, key: keys.merchantPrivate }
  const { instance, driver, visits } = await stage(asFormerly, { merchant })
  const call = instance.v3.x.post({ json: {}, security: true, retry })
  while (visits.length === 0) await sleep(1)
  const order: string[] = []
  await Promise.all([
    driver.close().then(() => order.push('closed')),
    call.then(({ status }) => order.push(String(status))),
  ])
  expect(order).toEqual(['200', 'closed'])
})

test('a client that is closed has its keys for ever', async () => {
  const merchant = { cert: keys.merchantCertificate, key: keys.merchantPrivate }
  const { instance, driver } = await scripted([answers(() => signed('{}'))], { merchant })
  await instance.v3.x.get({ security: true })
  await driver.close()
  expect(() => driver.rotate({ serial: NEW_SERIAL })).toThrow('the client is closed')
})

test('without a call in flight, what is no longer used is closed at once', async () => {
  const merchant = { cert: keys.merchantCertificate, key: keys.merchantPrivate }
  const sockets = new Set<Socket>()
  const { server, instance, driver } = await scripted([answers(() => signed('{}'))], { merchant })
  server.on('connection', (socket) => sockets.add(socket))
  await instance.v3.x.get({ security: true })
  driver.rotate({ serial: NEW_SERIAL })
  const [former] = sockets
  if (former && !former.closed) await once(former, 'close', { signal: AbortSignal.timeout(2_000) })
  await instance.v3.x.get({ security: true })
  expect(sockets.size).toBe(2)
})
