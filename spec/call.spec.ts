import { Dispatcher } from 'undici'
import { ApiError, type CallOptions, TransportError, type WechatpayError } from '../lib/lite'
import { answered, fieldsOf, signFaults } from './conformance/apiv2'
import { type Answer, authorizationFaults, signed, unsigned } from './conformance/platform'
import { printed } from './support/leaks'
import {
  type Act,
  answers,
  client,
  damages,
  freePort,
  halves,
  halvesInChunks,
  hangs,
  listenOn,
  resets,
  scripted,
  scriptedServer,
  speaksNonsense,
  type Visit,
} from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

const fails = (status: number, body = '', headers: Record<string, string> = {}): Act =>
  answers(unsigned(status, headers, body))
const good: Act = answers(() => signed('{"a":1}'))
const goodXml: Act = answers(() => answered())
const accepted: Act = answers(() => signed('', {}, 202))
const acceptedXml: Act = answers(() => ({ ...answered(), status: 202 }))
const systemError = answers(() => answered({ result_code: 'FAIL', err_code: 'SYSTEMERROR' }))

const NETWORK: readonly (readonly [string, Act])[] = [
  ['reset', resets],
  ['half a body of known length', halves],
  ['half a body in chunks', halvesInChunks],
  ['no HTTP', speaksNonsense],
]
const STATUSES = [429, 500, 502, 503] as const
const FAULTS: readonly (readonly [string, Act])[] = [
  ...NETWORK,
  ...STATUSES.map((status) => [`a ${status}`, fails(status, '<html>')] as const),
]

type Calls = Awaited<ReturnType<typeof scripted>>['instance']

/** Reads and writes of both protocols. */
const v2 = { xml: { mch_id: MCH_ID, out_trade_no: 'A1' } }
const v3 = { json: { out_trade_no: 'A1', name: '张三' } }
const READS: readonly (readonly [string, Act, (root: Calls, options?: CallOptions) => Promise<unknown>])[] = [
  ['a GET', good, (root, options) => root.v3.x.get({ query: { b: 1 }, ...options })],
  ['a query of APIv2', goodXml, (root, options) => root.v2.pay.orderquery.post({ ...v2, ...options })],
]
const WRITES: readonly (readonly [string, Act, (root: Calls, options?: CallOptions) => Promise<unknown>])[] =
  [
    ['a POST', good, (root, options) => root.v3.x.post({ ...v3, ...options })],
    ['a PUT', good, (root, options) => root.v3.x.put({ ...v3, ...options })],
    ['a PATCH', good, (root, options) => root.v3.x.patch({ ...v3, ...options })],
    ['a DELETE', good, (root, options) => root.v3.x.delete(options)],
    ['an order of APIv2', goodXml, (root, options) => root.v2.pay.unifiedorder.post({ ...v2, ...options })],
  ]

/** What the platform finds wrong with requests, and whether any two of them are signed alike. */
function faultsOf(visits: readonly Visit[]): string[] {
  const isV3 = (visit: Visit): boolean => visit.target.startsWith('/v3/')
  const stampOf = (visit: Visit): string =>
    isV3(visit)
      ? String(/nonce_str="[^"]+"/.exec(String(visit.headers.authorization)))
      : String(fieldsOf(visit).nonce_str)
  const found = visits.flatMap((visit) => (isV3(visit) ? authorizationFaults(visit) : signFaults(visit)))
  if (new Set(visits.map(stampOf)).size < visits.length) found.push('a nonce comes twice')
  return found
}

/** What is the same in every attempt. */
const contentOf = (visit: Visit): unknown => {
  if (visit.target.startsWith('/v3/')) return [visit.method, visit.target, visit.body.toString()]
  const { nonce_str: _, sign: __, ...fields } = fieldsOf(visit)
  return [visit.method, visit.target, fields]
}

describe.each(READS)('%s', (_, fine, read) => {
  test.each([...FAULTS, ['a damaged body', damages] as const])('is repeated after %s', async (__, fault) => {
    const { instance, visits } = await scripted([fault, fault, fine])
    await expect(read(instance)).resolves.toMatchObject({ status: 200 })
    expect(visits).toHaveLength(3)
    expect(faultsOf(visits)).toEqual([])
    expect(contentOf(visits[2] as Visit)).toEqual(contentOf(visits[0] as Visit))
  })

  test('is tried four times in all', async () => {
    const { instance, visits } = await scripted([fails(503)])
    const error = await rejection(read(instance))
    expect(error).toMatchObject({ name: 'ApiError', status: 503, attempts: 4, delivery: 'delivered' })
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ attempts: 4 })
    expect(visits).toHaveLength(4)
  })

  test.each([400, 401, 403, 404, 409, 504])('is not repeated after a %d', async (status) => {
    const { instance, visits } = await scripted([fails(status), fine])
    const error = await rejection(read(instance))
    expect(error).toMatchObject({ name: 'ApiError', status })
    expect(error).not.toHaveProperty('attempts')
    expect(visits).toHaveLength(1)
  })

  test.each([
    ['of the client', { retry: false }, {}],
    ['of the client, in numbers', { retry: { attempts: 1 } }, {}],
    ['of the call', {}, { retry: false }],
  ] as const)('is not repeated with retry: false %s', async (__, changes, options) => {
    const { instance, visits } = await scripted([resets, fine], changes)
    await expect(read(instance, options)).rejects.toBeInstanceOf(TransportError)
    expect(visits).toHaveLength(1)
  })

  test('is repeated where the call says so, though the client does not', async () => {
    const { instance, visits } = await scripted([resets, fails(500), fine], { retry: false })
    await read(instance, { retry: { attempts: 3, delay: 1 } })
    expect(visits).toHaveLength(3)
  })

  test('is repeated after what the policy says, and after nothing else', async () => {
    const { instance, visits } = await scripted([fails(404), fails(500), fine], {
      retry: { delay: 1, statuses: [404] },
    })
    await expect(read(instance)).rejects.toMatchObject({ status: 500, attempts: 2 })
    expect(visits).toHaveLength(2)
  })
})

/** Each protocol has its own 202. */
const faultFor = (fine: Act, fault: Act): Act =>
  fine === goodXml && fault === accepted ? acceptedXml : fault

describe.each(WRITES)('%s', (_, fine, write) => {
  test.each([...FAULTS, ['a 202', accepted] as const])(
    'is sent once, whatever becomes of it: %s',
    async (__, fault) => {
      const { instance, visits } = await scripted([faultFor(fine, fault), fine])
      const outcome = await write(instance).catch((error: unknown) => error)
      if (fault !== accepted) expect(outcome).toMatchObject({ delivery: 'unknown' })
      expect(outcome).not.toHaveProperty('attempts')
      // Whoever repeats it does so within a few milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(visits).toHaveLength(1)
    },
  )

  test.each([...FAULTS, ['a 202', accepted] as const])(
    'is repeated after %s, where the call says so',
    async (__, fault) => {
      const early = faultFor(fine, fault)
      const { instance, visits } = await scripted([early, early, fine])
      await expect(write(instance, { retry: { writes: true } })).resolves.toMatchObject({ status: 200 })
      expect(visits).toHaveLength(3)
      expect(faultsOf(visits)).toEqual([])
      for (const visit of visits) expect(contentOf(visit)).toEqual(contentOf(visits[0] as Visit))
    },
  )

  test('is repeated when nothing of it was sent', async () => {
    const port = await freePort()
    const base_uri = `http://127.0.0.1:${port}/`
    const { instance } = client({ base_uri, retry: { delay: 150 } })
    const sent = write(instance)
    await new Promise((resolve) => setTimeout(resolve, 30))
    const { server, visits } = scriptedServer([fine])
    await listenOn(server, port)
    await expect(sent).resolves.toMatchObject({ status: 200 })
    expect(visits).toHaveLength(1)
    expect(faultsOf(visits)).toEqual([])
  })

  test('that finds no server is told how often it was tried', async () => {
    const base_uri = `http://127.0.0.1:${await freePort()}/`
    const { instance } = client({ base_uri })
    await expect(write(instance)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      delivery: 'not-sent',
      attempts: 4,
    })
    await expect(write(instance, { retry: false })).rejects.not.toHaveProperty('attempts')
  })

  test('is tried again when its host is not found', async () => {
    const { instance } = client({ base_uri: 'http://nothing.invalid/', retry: { delay: 1, attempts: 2 } })
    await expect(write(instance)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/),
      delivery: 'not-sent',
      attempts: 2,
    })
  })
})

describe('202', () => {
  const early = (body: string): Act => answers(() => signed(body, {}, 202))

  test('asks to try again', async () => {
    const { instance, visits } = await scripted([accepted, early('{}'), good])
    await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 200, data: { a: 1 } })
    expect(visits).toHaveLength(3)
  })

  test('asks for the same without a signature', async () => {
    const { instance, visits } = await scripted([fails(202), fails(202, '{}'), good])
    await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 200 })
    await expect(instance.v3.x.post(v3)).resolves.toMatchObject({ status: 200 })
    expect(visits).toHaveLength(4)
    const unsure = await scripted([fails(202), fails(400)])
    const sent = unsure.instance.v3.x.post({ ...v3, retry: { writes: true } })
    await expect(sent).rejects.toMatchObject({ status: 400, delivery: 'unknown' })
  })

  test('is the answer when it stays so', async () => {
    const { instance, visits } = await scripted([early('{"state":"ACCEPTED"}')])
    await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 202, data: { state: 'ACCEPTED' } })
    expect(visits).toHaveLength(4)
  })

  test.each([
    'v3/new-tax-control-fapiao/fapiao-applications',
    'v3/new-tax-control-fapiao/fapiao-applications/{id}/reverse',
  ])('is the documented answer of %s', async (uri) => {
    const { instance, visits } = await scripted([accepted, good])
    const sent = instance
      .chain(uri)
      .post({ ...(uri.includes('{') && { id: 'F1' }), ...v3, retry: { writes: true } })
    await expect(sent).resolves.toMatchObject({ status: 202 })
    expect(visits).toHaveLength(1)
  })

  test('is not repeated where the policy does not name it', async () => {
    const { instance, visits } = await scripted([accepted, good])
    await expect(instance.v3.x.get({ retry: { statuses: [500] } })).resolves.toMatchObject({ status: 202 })
    expect(visits).toHaveLength(1)
  })
})

describe("APIv2's SYSTEMERROR, a 500 by another name", () => {
  test('is worth another attempt of a query', async () => {
    const { instance, visits } = await scripted([systemError, goodXml])
    await expect(instance.v2.pay.orderquery.post(v2)).resolves.toMatchObject({ status: 200 })
    expect(visits).toHaveLength(2)
    expect(faultsOf(visits)).toEqual([])
  })

  test('but not where 500 is none', async () => {
    const { instance, visits } = await scripted([systemError, goodXml])
    const sent = instance.v2.pay.orderquery.post({ ...v2, retry: { statuses: [503] } })
    await expect(sent).rejects.toMatchObject({ code: 'SYSTEMERROR' })
    expect(visits).toHaveLength(1)
  })

  test.each(['SYSTEMERROR', 'USERPAYING', 'BANKERROR', 'ORDERPAID'])(
    'is no reason to write twice: %s',
    async (code) => {
      const failed = answers(() => answered({ result_code: 'FAIL', err_code: code }))
      const { instance, visits } = await scripted([failed, goodXml])
      await expect(instance.v2.pay.micropay.post(v2)).rejects.toMatchObject({ code })
      expect(visits).toHaveLength(1)
    },
  )

  test.each(['USERPAYING', 'BANKERROR', 'ORDERPAID'])(
    'unlike %s, which a repetition does not help',
    async (code) => {
      const failed = answers(() => answered({ result_code: 'FAIL', err_code: code }))
      const { instance, visits } = await scripted([failed, goodXml])
      const sent = instance.v2.pay.micropay.post({ ...v2, retry: { writes: true } })
      await expect(sent).rejects.toMatchObject({ code })
      expect(visits).toHaveLength(1)
    },
  )
})

describe('what is not believed is not asked for again', () => {
  const forged: Answer = { ...signed('{"a":1}'), body: Buffer.from('{"a":2}') }
  test.each<[string, Act]>([
    ['forged', answers(forged)],
    ['unsigned', fails(200, '{}')],
    ['unreadable', answers(() => signed('{"a":'))],
  ])('%s', async (_, act) => {
    const { instance, visits } = await scripted([act, good])
    await expect(instance.v3.x.get()).rejects.toMatchObject({ delivery: 'delivered' })
    await expect(instance.v3.x.post({ ...v3, retry: { writes: true } })).resolves.toMatchObject({
      status: 200,
    })
    expect(visits).toHaveLength(2)
  })
})

describe('what an earlier attempt leaves open stays open', () => {
  const repeated = { ...v3, retry: { writes: true } }
  const refused = fails(400, '{"code":"PARAM_ERROR","message":"参数错误"}')

  test.each<[string, Act]>([
    ['cut off', resets],
    ['throttled', fails(429)],
    ['accepted', accepted],
    ['accepted, in words that cannot be read', answers(() => signed('{"a":', {}, 202))],
    ['damaged, which may have been a success', damages],
  ])('%s, then refused', async (_, first) => {
    const { instance, visits } = await scripted([first, refused])
    const error = (await rejection(instance.v3.x.post(repeated))) as WechatpayError
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'PARAM_ERROR', delivery: 'unknown', attempts: 2 })
    // However it is printed.
    for (const text of printed(error).slice(0, 3)) expect(text).toContain('an earlier attempt was sent')
    expect(visits).toHaveLength(2)
  })

  test.each<[string, Act]>([
    ['cut off', resets],
    ['accepted', accepted],
    ['damaged', damages],
  ])('%s, then without a connection', async (_, first) => {
    const { server, visits } = scriptedServer([
      (response, visit, request) => {
        server.close()
        response.setHeader('Connection', 'close')
        first(response, visit, request)
      },
    ])
    const { instance } = client({
      base_uri: `http://127.0.0.1:${await listenOn(server)}/`,
      retry: { delay: 20 },
    })
    const error = await rejection(instance.v3.x.post(repeated))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', delivery: 'unknown', attempts: 4 })
    expect(visits).toHaveLength(1)
  })

  test('but not of what only reads', async () => {
    const { instance } = await scripted([resets, refused])
    const error = await rejection(instance.v3.x.get())
    expect(error).toMatchObject({ code: 'PARAM_ERROR', delivery: 'delivered', attempts: 2 })
    expect((error as Error).message).not.toContain('an earlier attempt')
  })

  test('nor after an attempt of which nothing was sent', async () => {
    const port = await freePort()
    const { instance } = client({ base_uri: `http://127.0.0.1:${port}/`, retry: { delay: 150 } })
    const sent = rejection(instance.v3.x.post(v3))
    await new Promise((resolve) => setTimeout(resolve, 30))
    await listenOn(scriptedServer([refused]).server, port)
    expect(await sent).toMatchObject({ code: 'PARAM_ERROR', delivery: 'delivered' })
  })
})

test('a read that is silent is asked for again, a write is waited for', async () => {
  const late: Act = (response, visit, request) => setTimeout(() => good(response, visit, request), 400)
  const { instance, visits } = await scripted([hangs, good], { timeout: { headers: 100 } })
  await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 200 })
  expect(visits).toHaveLength(2)
  const slow = await scripted([late], { timeout: { headers: 100 } })
  await expect(slow.instance.v3.x.post(v3)).resolves.toMatchObject({ status: 200 })
  expect(slow.visits).toHaveLength(1)
})

test('the last attempt of a read may take the time that is left', async () => {
  const late: Act = (response, visit, request) => setTimeout(() => good(response, visit, request), 400)
  const { instance, visits } = await scripted([hangs, late], {
    timeout: { headers: 100 },
    retry: { delay: 1, attempts: 2 },
  })
  await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 200 })
  expect(visits).toHaveLength(2)
})

describe('a dispatcher that throws', () => {
  class Broken extends Dispatcher {
    override dispatch(): boolean {
      throw new Error('broken')
    }
  }
  Object.defineProperty(Broken.prototype.dispatch, 'length', { value: 2 })

  test.each<[string, (driver: ReturnType<typeof client>['driver']) => Promise<unknown>]>([
    ['at a signed request', (driver) => driver.request('POST', 'v3/x', v3)],
    ['at a plain one', (driver) => driver.download('https://example.com/bill')],
  ])('%s fails the call, and leaves nothing that waits for it', async (_, call) => {
    const { driver } = client({ dispatcher: new Broken(), timeout: 50, retry: { attempts: 1 } })
    await expect(call(driver)).rejects.toMatchObject({ code: 'ERR_NETWORK', delivery: 'unknown' })
    await driver.close()
    // A clock that was left behind would reject what nobody listens to any more.
    await new Promise((resolve) => setTimeout(resolve, 80))
  })
})
