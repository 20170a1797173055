import { createPrivateKey, sign } from 'node:crypto'
import { connect } from 'node:net'
import { Builder, type Config } from '../../../lib'
import { rsaPair } from '../../support/keys'
import { type Behaviour, PATHS, Platform } from './child/platform'
import { credentials } from './credentials'
import { interleaved, ratios, spreadOf } from './statistics'

/* The bench believes what its platform counts: here the platform is asked to count what is wrong. */

const HONEST: Behaviour = { check: 'at once' }
const ORDER = { json: { description: '商品', out_trade_no: 'order-1', amount: { total: 1 } } }

let platform: Platform
let url: string
beforeEach(async () => {
  platform = new Platform(credentials)
  url = await platform.start()
})
afterEach(() => platform.close())

async function withClient<T>(
  changes: Partial<Config>,
  use: (instance: ReturnType<typeof Builder.factory>) => Promise<T>,
): Promise<T> {
  const { mchid, serial, privateKey, platformId, platformPublicKey } = credentials
  await using instance = Builder.factory({
    mchid,
    serial,
    privateKey,
    certs: { [platformId]: platformPublicKey },
    base_uri: url,
    ...changes,
  })
  return await use(instance)
}

const order = (changes: Partial<Config> = {}) =>
  withClient(changes, (instance) => instance.chain('v3/pay/transactions/native').post(ORDER as never))

/** Writes a request by itself, with nothing of the client's. @returns the status of its answer */
function raw(signedBody: string, sentBody = signedBody, changes: Readonly<Record<string, string>> = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const given = {
    mchid: credentials.mchid,
    serial_no: credentials.serial,
    timestamp,
    nonce_str: 'n',
    ...changes,
  }
  const message = `POST\n${PATHS.order}\n${given.timestamp}\n${given.nonce_str}\n${signedBody}\n`
  const signature = sign('sha256', Buffer.from(message), createPrivateKey(credentials.privateKey))
  const pairs = Object.entries({ ...given, signature: signature.toString('base64') })
  const head = [
    `POST ${PATHS.order} HTTP/1.1`,
    `Authorization: WECHATPAY2-SHA256-RSA2048 ${pairs.map(([name, value]) => `${name}="${value}"`).join(',')}`,
    `Content-Length: ${Buffer.byteLength(sentBody)}`,
    'Connection: close',
  ]
  const { port, hostname } = new URL(url)
  return new Promise<number>((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => {
      // In two pieces, as a network may deliver them.
      socket.write(`${head.join('\r\n')}\r\n`)
      setImmediate(() => socket.write(`\r\n${sentBody}`))
    })
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.on('error', reject).on('end', () => resolve(Number(answer.split(' ')[1])))
  })
}

test('takes what the merchant signs, and answers so that the client believes it', async () => {
  await expect(order()).resolves.toMatchObject({ verified: true, data: { code_url: expect.any(String) } })
  const query = { out_trade_no: 'order/商', query: { mchid: credentials.mchid } }
  const answer = await withClient({}, (instance) =>
    instance.chain('v3/pay/transactions/out-trade-no/{out_trade_no}').get(query),
  )
  expect(answer).toMatchObject({ verified: true, data: { trade_state: 'SUCCESS' } })
  expect(platform.tally).toEqual({ requests: 2, checked: 2, wrong: 0 })
})

test("refuses what was signed with another key, or by another merchant's leave", async () => {
  const wrong: Partial<Config>[] = [
    { privateKey: rsaPair().pkcs8 },
    { mchid: '1230000110' },
    { serial: '3775B6A45ACD588826D15E583A95F5DD00000002' },
  ]
  for (const changes of wrong) {
    await expect(order(changes)).rejects.toMatchObject({ status: 401, code: 'SIGN_ERROR' })
  }
  expect(platform.tally).toEqual({ requests: 3, checked: 3, wrong: 3 })
})

test('refuses what is not byte for byte what was signed', async () => {
  await expect(raw('{"a":1}')).resolves.toBe(200)
  await expect(raw('{"a":1}', '{"a":2}')).resolves.toBe(401)
  await expect(raw('{"a":1}', '{"a": 1}')).resolves.toBe(401)
  expect(platform.tally).toEqual({ requests: 3, checked: 3, wrong: 2 })
})

test('refuses a time that is too far from its own, and a missing nonce', async () => {
  const at = (seconds: number): Readonly<Record<string, string>> => ({
    timestamp: String(Math.floor(Date.now() / 1000) + seconds),
  })
  await expect(raw('{}', '{}', at(-290))).resolves.toBe(200)
  await expect(raw('{}', '{}', at(-310))).resolves.toBe(401)
  await expect(raw('{}', '{}', at(310))).resolves.toBe(401)
  await expect(raw('{}', '{}', { nonce_str: '' })).resolves.toBe(401)
})

test('checks later, when told to: takes what is wrong, and counts it all the same', async () => {
  platform.behave({ check: 'later' })
  await expect(raw('{"a":1}')).resolves.toBe(200)
  await expect(raw('{"a":1}', '{"a":2}')).resolves.toBe(200)
  await expect(order({ privateKey: rsaPair().pkcs8 })).resolves.toMatchObject({ status: 200 })
  expect(platform.tally).toEqual({ requests: 3, checked: 3, wrong: 2 })
  // No request is checked twice.
  expect(platform.tally).toEqual({ requests: 3, checked: 3, wrong: 2 })
  platform.behave(HONEST)
  expect(platform.tally).toEqual({ requests: 0, checked: 0, wrong: 0 })
})

test('later, a time is judged by when the request came in', async () => {
  platform.behave({ check: 'later' })
  await expect(raw('{}')).resolves.toBe(200)
  const now = Date.now()
  jest.spyOn(Date, 'now').mockReturnValue(now + 400_000)
  expect(platform.tally).toEqual({ requests: 1, checked: 1, wrong: 0 })
  jest.restoreAllMocks()
})

test.each(['signature', 'body'] as const)(
  'can forge the %s of an answer, and the client refuses it',
  async (forge) => {
    await expect(order()).resolves.toMatchObject({ verified: true })
    platform.behave({ check: 'at once', forge })
    await expect(order()).rejects.toMatchObject({ name: 'VerificationError', reason: 'signature' })
    platform.behave(HONEST)
    await expect(order()).resolves.toMatchObject({ verified: true })
  },
)

test('signs its answers anew when the second has passed', async () => {
  const stampOf = async (): Promise<string | null> => (await order()).headers.get('wechatpay-timestamp')
  jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_400)
  const first = await stampOf()
  jest.spyOn(Date, 'now').mockReturnValue(1_800_000_007_000)
  const second = await stampOf()
  jest.restoreAllMocks()
  expect([first, second]).toEqual(['1800000000', '1800000007'])
})

describe('statistics', () => {
  test('a median, with the least and the most', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 })
    expect(spreadOf([7])).toEqual({ median: 7, least: 7, most: 7 })
  })

  test('ratios are of the same round', () => {
    expect(ratios([2, 40, 6], [1, 10, 2])).toEqual({ median: 3, least: 2, most: 4 })
  })

  test('everyone is first in turn, and keeps the order of the rounds', async () => {
    const order: string[] = []
    const entrant = (name: string) => async () => `${name}${order.push(name)}`
    const results = await interleaved(2, [entrant('a'), entrant('b'), entrant('c')])
    expect(order.join('')).toBe('abcbca')
    expect(results).toEqual([
      ['a1', 'a6'],
      ['b2', 'b4'],
      ['c3', 'c5'],
    ])
  })
})
