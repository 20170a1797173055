import { randomUUID } from 'node:crypto'
import {
  type Callback,
  type CallbackHandler,
  type CallbackV2,
  Notifications,
  RequestError,
  VerificationError,
} from '../../lib'
import { config } from './callbacks'
import { type Delivery, forged, signedCallback, signedXml } from './signed-callback'

/** A server with two routes. */
export interface Stage {
  /** Without a slash at the end */
  readonly url: string
  close(): Promise<unknown>
}

export interface Routes {
  readonly notifications: Notifications
  /** For `/notify` */
  readonly v3: CallbackHandler<Callback>
  /** For `/notify-v2` */
  readonly v2: CallbackHandler<CallbackV2>
}

/** Starts a server of the framework, its usual parsers switched on. */
export type Start = (routes: Routes) => Promise<Stage>

interface Answer {
  readonly status: number
  readonly text: string
}

export async function deliver(url: string, { headers, body }: Delivery): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

/** A started server, and what its handlers and its listener for errors were called with. */
export async function onStage(start: Start) {
  const calls = { v3: jest.fn<unknown, [Callback]>(), v2: jest.fn<unknown, [CallbackV2]>() }
  const onError = jest.fn()
  const notifications = new Notifications(config, { onError })
  const stage = await start({
    notifications,
    v3: async (event) => calls.v3(event),
    v2: async (event) => calls.v2(event),
  })
  const errors = (): unknown[] => onError.mock.calls.map(([error]: unknown[]) => error)
  const send = (delivery: Delivery, path = '/notify'): Promise<Answer> => deliver(stage.url + path, delivery)
  return { ...calls, errors, send, close: () => stage.close() }
}

/** What every adapter does, whatever the framework. */
export function describeAdapter(name: string, start: Start): void {
  describe(name, () => {
    let stage: Awaited<ReturnType<typeof onStage>>
    beforeEach(async () => {
      stage = await onStage(start)
    })
    afterEach(() => stage.close())

    test('a callback reaches the handler, decrypted, by the bytes as they were sent', async () => {
      const { status, text } = await stage.send(signedCallback())
      expect(stage.errors()).toEqual([])
      expect([200, 204]).toContain(status)
      expect(text).toBe('')
      expect(stage.v3).toHaveBeenCalledTimes(1)
      expect(stage.v3.mock.calls[0]?.[0]).toMatchObject({
        event_type: 'TRANSACTION.SUCCESS',
        data: { out_trade_no: 'order-1', trade_state_desc: '支付成功' },
      })
    })

    test('one of APIv2 too', async () => {
      const { status, text } = await stage.send(signedXml('4200001'), '/notify-v2')
      expect(stage.errors()).toEqual([])
      expect(status).toBe(200)
      expect(text).toMatch(/<return_code>.*SUCCESS.*<\/return_code>/)
      expect(stage.v2).toHaveBeenCalledTimes(1)
      expect(stage.v2.mock.calls[0]?.[0]).toMatchObject({
        transaction_id: '4200001',
      })
    })

    test('a forged one does not, and is answered 401', async () => {
      const { status, text } = await stage.send(forged(signedCallback()))
      expect(status).toBe(401)
      expect(JSON.parse(text)).toMatchObject({ code: 'FAIL' })
      expect(stage.v3).not.toHaveBeenCalled()
      expect(stage.errors()).toEqual([expect.any(VerificationError)])
    })

    test('a handler that throws is answered 500, without a word of why, and has its next try', async () => {
      const broken = new Error('Duplicate entry 13800138000')
      stage.v3.mockImplementationOnce(() => {
        throw broken
      })
      const id = randomUUID()
      const { status, text } = await stage.send(signedCallback({ id }))
      expect(status).toBe(500)
      expect(JSON.parse(text)).toMatchObject({ code: 'FAIL', message: expect.not.stringContaining('138') })
      expect(stage.errors()).toEqual([broken])
      expect(await stage.send(signedCallback({ id }))).toMatchObject({ text: '' })
      expect(stage.v3).toHaveBeenCalledTimes(2)
    })

    test('a duplicate is answered as the first was, and not handled', async () => {
      const id = randomUUID()
      const first = await stage.send(signedCallback({ id }))
      expect(await stage.send(signedCallback({ id }))).toEqual(first)
      expect(stage.v3).toHaveBeenCalledTimes(1)
    })

    test('an event that needs data is answered with what the handler returned', async () => {
      stage.v3.mockReturnValueOnce({
        code: 'SUCCESS',
        total_amount: 100,
        parking_state: 'PARKING_STATE_ENTERED',
      })
      const { status, text } = await stage.send(
        signedCallback({
          event_type: 'PARKING_FEE.QUERY_TRANS_INFO',
          original_type: 'parking_fee',
          data: { out_serial_number: '1' },
        }),
      )
      expect(stage.errors()).toEqual([])
      expect(status).toBe(200)
      expect(JSON.parse(text)).toMatchObject({ total_amount: 100, parking_state: 'PARKING_STATE_ENTERED' })
    })

    test('what other handlers return is theirs', async () => {
      stage.v3.mockReturnValueOnce({ secret: true })
      expect(await stage.send(signedCallback())).toMatchObject({ text: '' })
    })

    test('what is far too long is not kept', async () => {
      const { headers } = signedCallback()
      const { status } = await stage.send({ headers, body: `"${'x'.repeat(2 ** 21)}"` })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(stage.v3).not.toHaveBeenCalled()
    })
  })
}

/** Where a parser has left nothing to verify. */
export function testEaten(name: string, start: Start, remedy: string): void {
  test(`${name}: it fails, and the developer is told what to change`, async () => {
    const stage = await onStage(start)
    try {
      const { status, text } = await stage.send(signedCallback())
      expect(status).toBe(500)
      expect(JSON.parse(text)).toMatchObject({ code: 'FAIL', message: expect.not.stringContaining(remedy) })
      expect(stage.v3).not.toHaveBeenCalled()
      expect(stage.errors()).toEqual([expect.any(RequestError)])
      expect(stage.errors()[0]).toMatchObject({ field: 'body', message: expect.stringContaining(remedy) })
    } finally {
      await stage.close()
    }
  })
}
