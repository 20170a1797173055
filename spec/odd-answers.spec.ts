import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { answered, xmlAnswer } from './conformance/apiv2'
import { type Answer, signed, unsigned } from './conformance/platform'
import { printed } from './support/leaks'
import { type Act, answers, scripted } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

type Root = Awaited<ReturnType<typeof scripted>>['instance']
const xml = { mch_id: MCH_ID, out_trade_no: 'A1' }
const post = (root: Root) => root.v3.x.post({ json: {} })
const order = (root: Root) => root.v2.pay.unifiedorder.post({ xml })

describe('what comes before an answer is none', () => {
  const hinted =
    (status: number, answer: Answer): Act =>
    (response, visit, request) => {
      response.socket?.write(`HTTP/1.1 ${status} Wait\r\nLink: </a>\r\n\r\n`)
      answers(answer)(response, visit, request)
    }

  test.each([102, 103])('%d, and then a good one', async (status) => {
    const v3 = await scripted([hinted(status, signed('{"a":1}'))])
    await expect(post(v3.instance)).resolves.toMatchObject({ status: 200, verified: true, data: { a: 1 } })
    const v2 = await scripted([hinted(status, answered({ prepay_id: 'wx1' }))])
    await expect(order(v2.instance)).resolves.toMatchObject({
      status: 200,
      verified: true,
      data: { prepay_id: 'wx1' },
    })
  })

  test('103, and then one that nobody has signed', async () => {
    const v3 = await scripted([hinted(103, unsigned(200, {}, '{}'))])
    await expect(post(v3.instance)).rejects.toMatchObject({ name: 'VerificationError', reason: 'headers' })
    const forged = '<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code></xml>'
    const v2 = await scripted([hinted(103, xmlAnswer(forged))])
    await expect(order(v2.instance)).rejects.toMatchObject({
      name: 'VerificationError',
      reason: 'signature',
    })
  })

  test('103, and then a failure', async () => {
    const { instance } = await scripted([hinted(103, unsigned(502))])
    await expect(order(instance)).rejects.toMatchObject({ status: 502, delivery: 'unknown' })
  })
})

describe('a failure stays one, though its body cannot be unpacked', () => {
  const said = gzipSync(`{"code":"PARAM_ERROR","message":"${'x'.repeat(5_000)}"}`)
  const BODIES: readonly (readonly [string, string, Buffer])[] = [
    ['it is not packed at all', 'gzip', Buffer.from('<html>Bad Gateway')],
    ['it is cut short', 'gzip', said.subarray(0, 30)],
    ['it is packed in an unknown way', 'zip', Buffer.from('x')],
    ['it claims to hold much more than it shows', 'gzip', gzipSync(Buffer.alloc(5_000_000))],
  ]

  test.each(BODIES)('%s', async (_, encoding, body) => {
    const failed = (status: number) =>
      scripted([answers(unsigned(status, { 'Content-Encoding': encoding }, body))], { retry: false })
    for (const write of [post, order]) {
      const gateway = await failed(502)
      const error = await rejection(write(gateway.instance))
      expect(error).toMatchObject({ name: 'ApiError', code: 'HTTP_502', status: 502, delivery: 'unknown' })
      const platform = await failed(400)
      expect(await rejection(write(platform.instance))).toMatchObject({ status: 400, delivery: 'delivered' })
    }
    const { instance } = await failed(502)
    const download = instance.chain('v3/billdownload/file').get({ stream: true })
    expect(await rejection(download)).toMatchObject({ status: 502, delivery: 'delivered' })
  })

  test('and says why, where it can', async () => {
    const { instance } = await scripted([answers(unsigned(400, { 'Content-Encoding': 'gzip' }, said))])
    for (const write of [post, order]) await expect(write(instance)).rejects.toMatchObject({ status: 400 })
    await expect(post(instance)).rejects.toMatchObject({ code: 'PARAM_ERROR' })
  })
})

test('what is no HTTP is not quoted: it may be someone’s data', async () => {
  const { instance } = await scripted(
    [
      (response) =>
        response.socket?.end(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"pay\r\nZZ{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}\r\n',
        ),
    ],
    { retry: false },
  )
  const error = await rejection(post(instance))
  expect(error).toMatchObject({ delivery: 'unknown', cause: { name: 'HTTPParserError' } })
  for (const text of [...printed(error), inspect((error as Error).cause, { showHidden: true })]) {
    expect(text).not.toContain('oUpF8uMuAJO')
  }
})

describe('an answer of APIv2', () => {
  test('that never ends is cut off, and so is its connection', async () => {
    let closed = (): void => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    const { instance } = await scripted(
      [
        (response) => {
          response.write('<xml>')
          const timer = setInterval(() => response.write(' '.repeat(100_000)), 1)
          response.on('close', () => {
            clearInterval(timer)
            closed()
          })
        },
      ],
      { timeout: 5_000, retry: false },
    )
    await expect(order(instance)).rejects.toMatchObject({
      name: 'VerificationError',
      reason: 'signature',
      delivery: 'delivered',
    })
    await gone
  })

  test('that is a packed bill may be larger than any XML', async () => {
    const bill = Buffer.from(randomBytes(700_000).toString('hex'))
    const packed = gzipSync(bill)
    expect(packed.length).toBeGreaterThan(600_000)
    const { instance } = await scripted([answers(unsigned(200, { 'Content-Encoding': 'gzip' }, packed))])
    const { body } = await instance.v2.pay.downloadbill.post({ xml: { mch_id: MCH_ID } })
    expect(body.equals(bill)).toBe(true)
  })
})
