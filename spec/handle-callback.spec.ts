import { randomUUID } from 'node:crypto'
import {
  type Callback,
  Claims,
  ConfigError,
  type HandlingOptions,
  MemoryStore,
  Notifications,
  RequestError,
  type Store,
  VerificationError,
} from '../lib'
import { config } from './support/callbacks'
import { forged, signedCallback, signedXml } from './support/signed-callback'

/** Notifications, and what their handler and their listener for errors heard. */
function setUp(options: HandlingOptions<unknown> = {}) {
  const handler = jest.fn<unknown, [Callback]>()
  const onError = jest.fn<void, [error: unknown, event: unknown]>()
  const notifications = new Notifications(config, { onError, ...options } as HandlingOptions<unknown>)
  const deliver = async (id: string = randomUUID(), event: { event_type?: string } = {}) => {
    const { body, headers } = signedCallback({ id, ...event })
    return notifications.handle(Buffer.from(body), headers, handler)
  }
  return { notifications, handler, onError, deliver }
}

const PARKING = { event_type: 'PARKING_FEE.QUERY_TRANS_INFO', original_type: 'parking_fee' }

describe('handle', () => {
  test('answers 204, and says nothing of it', async () => {
    const { deliver, handler, onError } = setUp()
    expect(await deliver('EV-1')).toEqual({ status: 204, headers: {}, body: '' })
    expect(handler).toHaveBeenCalledWith(
      expect.objectContaining({ id: 'EV-1', event_type: 'TRANSACTION.SUCCESS' }),
    )
    expect(onError).not.toHaveBeenCalled()
  })

  test('answers 401 to what is not proven, without calling the handler', async () => {
    const { notifications, handler, onError } = setUp()
    const { body, headers } = forged(signedCallback())
    expect(await notifications.handle(body, headers, handler)).toEqual({
      status: 401,
      headers: { 'Content-Type': 'application/json' },
      body: '{"code":"FAIL","message":"not verified"}',
    })
    expect(handler).not.toHaveBeenCalled()
    expect(onError.mock.calls).toEqual([[expect.any(VerificationError), undefined]])
  })

  test('answers 500 when there are no raw bytes, however it comes to know', async () => {
    const { notifications, handler, onError } = setUp()
    const { body, headers } = signedCallback()
    const parsed = JSON.parse(body) as string
    expect(await notifications.handle(parsed, headers, handler)).toMatchObject({ status: 500 })
    const pending = Promise.reject(new RequestError('body', 'gone'))
    expect(await notifications.handle(pending, headers, handler)).toMatchObject({ status: 500 })
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ field: 'body' }), undefined],
      [expect.objectContaining({ field: 'body' }), undefined],
    ])
  })

  test('answers 500 when the handler throws, a VerificationError of its own calls too', async () => {
    const { deliver, handler, onError } = setUp()
    const broken = new VerificationError('signature', 'of another answer')
    handler.mockRejectedValueOnce(broken as never)
    expect(await deliver('EV-1')).toMatchObject({ status: 500, body: '{"code":"FAIL","message":"failed"}' })
    expect(onError.mock.calls).toEqual([[broken, expect.objectContaining({ id: 'EV-1' })]])
    expect(await deliver('EV-1')).toMatchObject({ status: 204 })
  })

  test('answers 503 to a duplicate while the first is being handled', async () => {
    const { deliver, handler, onError } = setUp()
    let finish = (_?: unknown): void => {}
    handler.mockReturnValueOnce(
      new Promise((resolve) => {
        finish = resolve
      }),
    )
    const first = deliver('EV-1')
    while (handler.mock.calls.length === 0) await new Promise(setImmediate)
    expect(await deliver('EV-1')).toMatchObject({ status: 503 })
    finish()
    expect(await first).toMatchObject({ status: 204 })
    expect(await deliver('EV-1')).toMatchObject({ status: 204 })
    expect(handler).toHaveBeenCalledTimes(1)
    expect(onError).not.toHaveBeenCalled()
  })

  test('gives a duplicate the same answer, data and headers', async () => {
    const { deliver, handler, notifications } = setUp()
    handler.mockImplementationOnce((event) =>
      notifications.reply(event as never, { total_amount: 100 } as never, {
        headers: { Authorization: 'as told' },
      }),
    )
    const first = await deliver('EV-1', PARKING)
    expect(first).toMatchObject({ status: 200, headers: { Authorization: 'as told' } })
    expect(JSON.parse(first.body)).toEqual({ code: 'SUCCESS', message: '成功', total_amount: 100 })
    expect(await deliver('EV-1', PARKING)).toEqual(first)
    expect(handler).toHaveBeenCalledTimes(1)
  })

  test('knows those of APIv2 by their order', async () => {
    const { notifications } = setUp()
    const handler = jest.fn()
    for (const id of ['4200001', '4200002', '4200001']) {
      const { body, headers } = signedXml(id)
      const answer = await notifications.v2.handle(body, headers, handler)
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('SUCCESS') })
    }
    expect(handler.mock.calls.map(([{ transaction_id }]) => transaction_id)).toEqual(['4200001', '4200002'])
    const { body, headers } = signedXml()
    const changed = await notifications.v2.handle(body.replace('[1]', '[2]'), headers, handler)
    expect(changed).toMatchObject({ status: 401, body: expect.stringContaining('FAIL') })
  })
})

describe('seen', () => {
  test('false: every delivery is handled', async () => {
    const { deliver, handler } = setUp({ seen: false })
    await deliver('EV-1')
    await deliver('EV-1')
    expect(handler).toHaveBeenCalledTimes(2)
  })

  test.each<[string, () => HandlingOptions<unknown>['seen']]>([
    ['a store', () => new MemoryStore()],
    ['claims', () => new Claims(new MemoryStore(), { processing: 5 })],
  ])('%s, shared by two', async (_, make) => {
    const seen = make()
    const [one, another] = [setUp({ seen }), setUp({ seen })]
    await one.deliver('EV-1')
    expect(await another.deliver('EV-1')).toMatchObject({ status: 204 })
    expect(another.handler).not.toHaveBeenCalled()
  })

  test("the caller's own: what is claimed is done, unless it is given back", async () => {
    const claimed = new Set<string>()
    const claim = jest.fn(
      async (id: string, _ttl: number) => !claimed.has(id) && claimed.add(id) !== undefined,
    )
    const release = async (id: string): Promise<void> => void claimed.delete(id)
    const { deliver, handler } = setUp({ seen: { claim, release } })
    handler.mockRejectedValueOnce(new Error('broken') as never)
    expect(await deliver('EV-1')).toMatchObject({ status: 500 })
    expect(await deliver('EV-1')).toMatchObject({ status: 204 })
    expect(await deliver('EV-1')).toMatchObject({ status: 204 })
    expect(handler).toHaveBeenCalledTimes(2)
    expect(claim.mock.calls[0]).toEqual(['EV-1', 172_800])

    const forgetful = setUp({ seen: { claim } })
    forgetful.handler.mockRejectedValueOnce(new Error('broken') as never)
    expect(await forgetful.deliver('EV-2')).toMatchObject({ status: 500 })
    expect(await forgetful.deliver('EV-2')).toMatchObject({ status: 204 })
    expect(forgetful.handler).toHaveBeenCalledTimes(1)
  })

  test.each<unknown>([null, true, {}, { get() {} }])('%p is refused', (seen) => {
    expect(() => new Notifications(config, { seen } as HandlingOptions<unknown>)).toThrow(ConfigError)
  })
})

describe('a store that fails', () => {
  const failing = (changes: Partial<Store>): Store => Object.assign(new MemoryStore(), changes)
  const down = async (): Promise<never> => {
    throw new Error('connect ECONNREFUSED')
  }

  test('before: 500, and the handler is not called', async () => {
    const { deliver, handler, onError } = setUp({ seen: failing({ set: down }) })
    expect(await deliver('EV-1')).toMatchObject({ status: 500 })
    expect(handler).not.toHaveBeenCalled()
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: 'ERR_STORE' }), expect.objectContaining({ id: 'EV-1' })],
    ])
  })

  test('after: it is handled, and answered so, and told that it may come twice', async () => {
    const store = failing({})
    const { deliver, handler, onError } = setUp({ seen: store })
    handler.mockImplementationOnce(() => Object.assign(store, { set: down }))
    expect(await deliver('EV-1')).toMatchObject({ status: 204 })
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: 'ERR_STORE' }), expect.objectContaining({ id: 'EV-1' })],
    ])
  })

  test('when the handler has thrown: both errors are told', async () => {
    const store = failing({})
    const { deliver, handler, onError } = setUp({ seen: store })
    const broken = new Error('broken')
    handler.mockImplementationOnce(() => {
      Object.assign(store, { get: down })
      throw broken
    })
    expect(await deliver('EV-1')).toMatchObject({ status: 500 })
    expect(onError.mock.calls.map(([error]) => error)).toEqual([
      expect.objectContaining({ code: 'ERR_STORE' }),
      broken,
    ])
  })
})

describe('errors', () => {
  let warned: jest.SpyInstance
  beforeEach(() => {
    warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  })
  afterEach(() => warned.mockRestore())

  test('are warnings of the process when nobody listens, with their causes', async () => {
    const { deliver, handler } = setUp({ onError: undefined })
    handler.mockRejectedValueOnce(new Error('no row', { cause: new Error('connection lost') }) as never)
    await deliver('EV-1')
    expect(warned.mock.calls).toEqual([
      [
        'Error in a callback of WeChat Pay (EV-1): no row',
        {
          type: 'WechatpayWarning',
          code: 'WECHATPAY_CALLBACK',
          detail: expect.stringMatching(/no row\n[\s\S]*Caused by: Error: connection lost\n/),
        },
      ],
    ])
    handler.mockRejectedValueOnce('no reason' as never)
    await deliver('EV-2')
    expect(warned).toHaveBeenCalledTimes(2)
  })

  test('of what anyone can send are such a warning once a minute', async () => {
    const { notifications, handler } = setUp({ onError: undefined })
    for (let i = 0; i < 5; i++) {
      const { body, headers } = forged(signedCallback())
      await notifications.handle(body, headers, handler)
      await notifications.handle('', headers, handler)
    }
    const pending = Promise.reject(new TypeError('terminated'))
    await notifications.handle(pending, {}, handler)
    expect(warned.mock.calls.map(([text]) => String(text).slice(0, 34))).toEqual(
      Array(3).fill('Error in a callback of WeChat Pay:'),
    )
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no log')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('no log'))],
  ])('reach it too when the listener %s', async (_, onError) => {
    const { deliver, handler } = setUp({ onError: onError as () => void })
    handler.mockRejectedValueOnce(new Error('no row') as never)
    expect(await deliver('EV-1')).toMatchObject({ status: 500 })
    await new Promise(setImmediate)
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      'Error in a callback of WeChat Pay (EV-1): no row',
      'Error in a callback of WeChat Pay (EV-1): no log',
    ])
  })

  test('of the options are told at once, and where they belong', () => {
    expect(() => new Notifications(config, { onError: 'log' as never })).toThrow(
      'onError: expected a function',
    )
    expect(() => new Notifications(config, { senn: false } as never)).toThrow(/senn: no such option.*seen/)
    expect(() => new Notifications({ ...config, seen: false } as never)).toThrow(/seen: .*second argument/)
  })
})
