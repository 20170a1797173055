import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { LARGEST } from '../lib/collector'
import { resolveConfig } from '../lib/config'
import { Builder } from '../lib/lite'
import { answered } from './conformance/apiv2'
import { type Answer, config, signed, unsigned } from './conformance/platform'
import { answers, scripted } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

const LIMIT = 4_096
/** JSON of so many bytes. */
const json = (size: number): string => JSON.stringify({ a: 'a'.repeat(size - '{"a":""}'.length) })
const packed = (body: string, answer: Answer): Answer => ({
  ...answer,
  headers: { ...answer.headers, 'Content-Encoding': 'gzip' },
  body: gzipSync(body),
})
const BILL = 'v3/billdownload/file'
const tooLarge = {
  name: 'TransportError',
  code: 'ERR_TOO_LARGE',
  delivery: 'delivered',
  message: expect.stringMatching(/4096 bytes.*raise maxResponseSize/),
}
const limited = (answer: Answer) => scripted([answers(answer)], { maxResponseSize: LIMIT })

describe('the option', () => {
  test('is 128 MiB, unless it says otherwise', () => {
    expect(LARGEST).toBe(128 * 1024 * 1024)
    expect(resolveConfig(config).maxResponseSize).toBe(LARGEST)
    expect(resolveConfig({ ...config, maxResponseSize: null }).maxResponseSize).toBe(LARGEST)
    expect(resolveConfig({ ...config, maxResponseSize: 1 }).maxResponseSize).toBe(1)
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1MB', '100', true, {}, []])(
    '%p is refused',
    (maxResponseSize) => {
      expect(() => Builder.factory({ ...config, maxResponseSize: maxResponseSize as number })).toThrow(
        expect.objectContaining({ name: 'ConfigError', field: 'maxResponseSize', delivery: 'not-sent' }),
      )
    },
  )
})

describe('an answer', () => {
  test.each<[string, (body: string) => Answer, string]>([
    ['signed', (body) => signed(body), 'v3/x'],
    ['signed and packed', (body) => packed(body, signed(body)), 'v3/x'],
    ['of a download', (body) => unsigned(200, {}, body), BILL],
    ['of a download, packed', (body) => packed(body, unsigned(200)), BILL],
  ])('that is as large as it may be is taken, one byte more is not: %s', async (_, answer, path) => {
    const fits = await limited(answer(json(LIMIT)))
    const { body } = await fits.instance.chain(path).get()
    expect(body.length).toBe(LIMIT)
    const { instance, visits } = await limited(answer(json(LIMIT + 1)))
    expect(await rejection(instance.chain(path).get())).toMatchObject(tooLarge)
    // It would be as large the next time.
    expect(visits).toHaveLength(1)
  })

  test('of APIv2 that is text is limited, too', async () => {
    const bill = 'x'.repeat(LIMIT + 1)
    const { instance } = await limited(unsigned(200, { 'Content-Type': 'text/plain' }, bill))
    const sent = instance.v2.pay.downloadbill.post({ xml: { mch_id: MCH_ID } })
    expect(await rejection(sent)).toMatchObject(tooLarge)
  })

  test('of APIv2 that is XML is taken as ever', async () => {
    const { instance } = await limited(answered({ attach: 'x'.repeat(1_000) }))
    await expect(instance.v2.pay.orderquery.post({ xml: { mch_id: MCH_ID } })).resolves.toMatchObject({
      verified: true,
    })
  })

  test('that never ends is cut off, and so is its connection', async () => {
    const closed = new PassThrough()
    const { instance } = await scripted(
      [
        (response, _, request) => {
          request.socket.on('close', () => closed.end())
          const timer = setInterval(() => response.write('x'.repeat(1_000)), 2)
          response.on('close', () => clearInterval(timer))
        },
      ],
      { maxResponseSize: LIMIT },
    )
    expect(await rejection(instance.v3.x.get())).toMatchObject(tooLarge)
    await text(closed)
  })

  test('that claims to hold much more than it shows is not unpacked', async () => {
    const bomb = packed('0'.repeat(20_000_000), unsigned(200))
    expect(bomb.body.length).toBeLessThan(30_000)
    const { instance } = await scripted([answers(bomb)], { maxResponseSize: 100_000 })
    expect(await rejection(instance.chain(BILL).get())).toMatchObject({ code: 'ERR_TOO_LARGE' })
  })

  test('that is handed out while it comes in may have any size', async () => {
    const whole = 'x'.repeat(10 * LIMIT)
    const { instance } = await limited(unsigned(200, {}, whole))
    const { data } = await instance.chain(BILL).get<Readable>({ stream: true })
    expect(await text(data)).toBe(whole)
    const sink = new PassThrough()
    const written = text(sink)
    await instance.chain(BILL).get({ sink })
    expect(await written).toBe(whole)
  })
})

describe('a failure', () => {
  test('that fits says what it says', async () => {
    const { instance } = await limited(unsigned(400, {}, '{"code":"PARAM_ERROR"}'))
    expect(await rejection(instance.v3.x.get())).toMatchObject({ name: 'ApiError', code: 'PARAM_ERROR' })
  })

  test.each([
    ['v3', (root: Awaited<ReturnType<typeof scripted>>['instance']) => root.v3.x.post({ json: {} })],
    [
      'v2',
      (root: Awaited<ReturnType<typeof scripted>>['instance']) =>
        root.v2.pay.unifiedorder.post({ xml: { mch_id: MCH_ID } }),
    ],
  ] as const)('of %s that goes on and on is still a failure, and its beginning is kept', async (_, call) => {
    const { instance } = await limited(unsigned(502, {}, '<html>'.repeat(500_000)))
    const error = (await rejection(call(instance))) as { response: { body: Buffer } }
    expect(error).toMatchObject({ name: 'ApiError', code: 'HTTP_502', delivery: 'unknown' })
    expect(error.response.body.length).toBeGreaterThan(0)
    // Of three million bytes: a piece of a connection, or two.
    expect(error.response.body.length).toBeLessThan(300_000)
  })
})
