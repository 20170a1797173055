import { createDecipheriv, createHash, createVerify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Builder } from '../../lib/lite'
import { Simulator } from '../../lib/simulator'

/** A merchant's server: what arrived, and what the next ones are answered. */
class Shop {
  readonly arrived: { readonly headers: IncomingMessage['headers']; readonly body: Buffer }[] = []
  answers: ((response: ServerResponse) => void)[] = []
  url = ''
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/notify`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.arrived.push({ headers: request.headers, body: await buffer(request) })
    const answer = this.answers.shift()
    if (answer) answer(response)
    else response.writeHead(204).end()
  }
}

const shop = new Shop()
let simulator: Simulator
let instance: ReturnType<typeof Builder.factory>

beforeAll(async () => {
  await shop.open()
  simulator = await Simulator.start({ callbackSpeed: 10_000 })
  instance = Builder.factory(simulator.credentials)
})

afterAll(async () => {
  await Builder.driver(instance).close()
  await simulator.close()
  await shop.close()
})

beforeEach(() => {
  shop.arrived.length = 0
  shop.answers = []
})

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !done(); i++) await sleep(10)
  expect(done()).toBe(true)
}

const order = (out_trade_no: string) =>
  instance.v3.pay.transactions.native.post({
    json: {
      appid: 'wxd678efh567hg6787',
      mchid: simulator.credentials.mchid,
      description: 'tea',
      out_trade_no,
      notify_url: shop.url,
      amount: { total: 100, currency: 'CNY' },
    },
  })

/** Reads a callback with nothing but node:crypto. */
function opened({ headers, body }: (typeof shop.arrived)[number]) {
  const { certs, apiv3Key } = simulator.credentials
  const [timestamp, nonce, serial, signature] = ['timestamp', 'nonce', 'serial', 'signature'].map((name) =>
    String(headers[`wechatpay-${name}`]),
  ) as [string, string, string, string]
  const verified = createVerify('sha256')
    .update(`${timestamp}\n${nonce}\n${body}\n`)
    .verify(certs[serial] as string, signature, 'base64')
  const event = JSON.parse(String(body))
  const { ciphertext, nonce: iv, associated_data } = event.resource
  const bytes = Buffer.from(ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', apiv3Key, iv)
  decipher.setAAD(Buffer.from(associated_data))
  decipher.setAuthTag(bytes.subarray(-16))
  const data = JSON.parse(
    Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString(),
  )
  return { verified, event, data, nonce, timestamp }
}

it('tells of a payment, then of a refund', async () => {
  await order('tea-0001')
  simulator.pay('tea-0001')
  await until(() => shop.arrived.length === 1)
  const payment = opened(shop.arrived[0] as never)
  expect(payment.verified).toBe(true)
  expect(payment.event).toMatchObject({
    event_type: 'TRANSACTION.SUCCESS',
    resource_type: 'encrypt-resource',
    resource: { original_type: 'transaction', algorithm: 'AEAD_AES_256_GCM' },
  })
  expect(payment.data).toMatchObject({
    out_trade_no: 'tea-0001',
    trade_state: 'SUCCESS',
    amount: { total: 100 },
  })
  await instance.v3.refund.domestic.refunds.post({
    json: {
      out_trade_no: 'tea-0001',
      out_refund_no: 'r-0001',
      amount: { refund: 30, total: 100, currency: 'CNY' },
    },
  })
  await until(() => shop.arrived.length === 2)
  expect(opened(shop.arrived[1] as never)).toMatchObject({
    verified: true,
    event: { event_type: 'REFUND.SUCCESS', resource: { original_type: 'refund' } },
    data: { out_refund_no: 'r-0001', refund_status: 'SUCCESS', amount: { refund: 30, total: 100 } },
  })
})

it('tells again until it is heard: the same event, signed anew', async () => {
  shop.answers = [
    (response) => response.writeHead(500).end('{"code":"FAIL","message":"busy"}'),
    (response) => response.destroy(),
  ]
  const delivery = await simulator.notify(shop.url, {
    event_type: 'COUPON.USE',
    original_type: 'coupon',
    data: { a: '一' },
  })
  expect(delivery).toMatchObject({ attempt: 3, accepted: true, status: 204 })
  const events = shop.arrived.map((arrived) => opened(arrived as never))
  expect(events.map(({ verified }) => verified)).toEqual([true, true, true])
  expect(new Set(events.map(({ event }) => event.id)).size).toBe(1)
  expect(new Set(events.map(({ nonce }) => nonce)).size).toBe(3)
  expect(events[2]?.data).toEqual({ a: '一' })
  const told = simulator.deliveries.slice(-3)
  expect(told.map(({ status, accepted }) => [status, accepted])).toEqual([
    [500, false],
    [0, false],
    [204, true],
  ])
  expect(told[0]?.answer).toContain('busy')
  expect(told[1]?.problem).toBeTruthy()
})

it('gives up after fifteen deliveries', async () => {
  const fast = await Simulator.start({ callbackSpeed: 1e9 })
  shop.answers = Array.from({ length: 15 }, () => (response: ServerResponse) => response.writeHead(503).end())
  const last = await fast.notify(shop.url, { event_type: 'COUPON.USE', data: {} })
  expect(last).toMatchObject({ attempt: 15, accepted: false, status: 503 })
  await fast.close()
})

it.each([
  'https://www.example.com/notify',
  'http://10.0.0.1/',
  'http://127.0.0.1.example.com/',
  'ftp://127.0.0.1/',
  'x',
])('never speaks to the world: %s', async (url) => {
  const delivery = await simulator.notify(url, { event_type: 'COUPON.USE', data: {} })
  expect(delivery).toMatchObject({
    status: 0,
    accepted: false,
    problem: expect.stringMatching('this machine'),
  })
})

it('tells APIv2 merchants in XML: signed for payments, encrypted for refunds', async () => {
  const { mchid, secret } = simulator.credentials
  const base = { appid: 'wx2421b1c4370ec43b', mch_id: mchid }
  const answer =
    '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
  shop.answers = [
    (response) => response.writeHead(200).end('<xml><return_code>FAIL</return_code></xml>'),
    (response) => response.writeHead(200).end(answer),
  ]
  const xml = { ...base, body: 'tea', out_trade_no: 'tea-v2', total_fee: 100, spbill_create_ip: '127.0.0.1' }
  await instance.v2.pay.unifiedorder.post({ xml: { ...xml, notify_url: shop.url, trade_type: 'NATIVE' } })
  simulator.pay('tea-v2')
  await until(() => shop.arrived.length === 2)
  const text = String(shop.arrived[1]?.body)
  const fields = Object.fromEntries(
    [...text.matchAll(/<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/\1>/g)].map(([, name, a, b]) => [
      name,
      a ?? b ?? '',
    ]),
  )
  const message = Object.keys(fields)
    .filter((name) => name !== 'sign' && fields[name] !== '')
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&')
  expect(fields.sign).toBe(createHash('md5').update(`${message}&key=${secret}`).digest('hex').toUpperCase())
  expect(fields).toMatchObject({ out_trade_no: 'tea-v2', result_code: 'SUCCESS', total_fee: '100' })
})

it('signs with the new certificate after a rotation, and hands out both', async () => {
  const before = Object.keys(simulator.credentials.certs)
  const serial = await simulator.rotate()
  expect(before).not.toContain(serial)
  await simulator.notify(shop.url, { event_type: 'COUPON.USE', data: {} })
  expect(shop.arrived[0]?.headers['wechatpay-serial']).toBe(serial)
  const { certs: _, ...rest } = simulator.credentials
  const auto = Builder.factory({ ...rest, certs: { auto: true } })
  expect((await auto.v3.certificates.get<{ data: unknown[] }>()).data.data).toHaveLength(2)
  await Builder.driver(auto).close()
})
