import { Agent } from 'undici'
import { Builder, Download, RequestError } from '../lib'
import { billServer } from './support/bill-server'
import { failing, folder, instanceOf, PACKED, placeFor } from './support/bill-stage'
import { certificateOf, credentials, merchant } from './support/keys'

describe('any returned address', () => {
  const tls = { key: merchant.pkcs8, cert: certificateOf(merchant.pkcs8, folder) }
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  afterAll(() => dispatcher.close())

  test('another host is asked over https without anything that says who asks', async () => {
    const foreign = await billServer((_, response) => response.end('%PDF-1.4'), tls)
    const instance = Builder.factory({ ...credentials, dispatcher, headers: { 'X-Mine': 'secret' } })
    const address = `${foreign.url}a%2Fb/..;x=1?token=%E4%B9%A6+%20"&b#here`
    expect(String(await Download.from(instance, address).buffer())).toBe('%PDF-1.4')
    const [request] = foreign.requests
    expect(request?.url).toBe('/a%2Fb/..;x=1?token=%E4%B9%A6+%20"&b')
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(['accept', 'connection', 'host', 'user-agent'])
    await Builder.driver(instance).close()
  })

  test("the configured origin gets the signature, and the caller's own headers", async () => {
    const server = await billServer((_, response) => response.end('x'))
    const instance = instanceOf(server, { headers: { 'X-Mine': 'mine' } })
    const { data, headers, verified } = await Builder.driver(instance).download(`${server.url}v3/a?b=1`)
    const chunks = []
    for await (const chunk of data) chunks.push(chunk)
    expect([String(Buffer.concat(chunks)), headers.get('content-length'), verified]).toEqual([
      'x',
      '1',
      false,
    ])
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: expect.stringMatching(/^WECHATPAY2-SHA256-RSA2048 /),
      'x-mine': 'mine',
    })
  })

  test.each([
    'http://example.com/file',
    'https://user:password@example.com/file',
    'https://example.com\\@api.mch.weixin.qq.com/',
    'ftp://example.com/file',
    '/v3/billdownload/file',
    'https://example.com/a b',
    'https://',
    '',
    7,
  ])('%j is not fetched', async (address) => {
    const instance = instanceOf(await billServer((_, response) => response.end()))
    const error = await failing(Download.from(instance, address as string).buffer())
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ delivery: 'not-sent' })
  })

  test('its token is in no error', async () => {
    const server = await billServer((_, response) => response.socket?.destroy())
    const error = await failing(Download.from(instanceOf(server), `${server.url}v3/file?token=hush`).buffer())
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('hush')
  })

  test('the ending of a file is not guessed: images, receipts and invoices are saved as they are', async () => {
    const server = await billServer((_, response) => response.end(PACKED))
    const { path, left } = placeFor('receipt')
    const saved = await Download.from(instanceOf(server), { url: `${server.url}a.pdf` }).save(path)
    expect(left()).toEqual(['receipt'])
    expect((await saved.buffer()).equals(PACKED)).toBe(true)
  })
})
