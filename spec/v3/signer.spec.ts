import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { Dispatcher, interceptors } from 'undici'
import { Builder, type Config, RequestError, Rsa, TransportError } from '../../lib/lite'
import { signQueue } from '../../lib/v3/sign-queue'
import {
  authorizationFaults,
  config,
  keys,
  Loopback,
  PUBLIC_KEY_ID,
  signed,
  unsigned,
} from '../conformance/platform'

const ORIGIN = 'https://api.mch.weixin.qq.com'

let loopback: Loopback
beforeAll(async () => {
  loopback = await Loopback.start()
})
afterAll(() => loopback.close())
beforeEach(() => loopback.reset())

const dispatcher = (changes: Partial<Config> = {}) =>
  Builder.driver(Builder.factory({ ...config, dispatcher: loopback.dispatcher, ...changes })).select()

const only = () => {
  expect(loopback.received).toHaveLength(1)
  return loopback.received[0] as (typeof loopback.received)[number]
}

describe('what is signed is what is sent', () => {
  const bodies = {
    'no body': undefined,
    'an empty string': '',
    text: '{"a":"中文😀"}',
    'a Buffer': Buffer.from('{"a":"中文"}'),
    'bytes that are no text': Buffer.from([0xff, 0x00, 0xfe]),
    'a view into a larger buffer': new Uint8Array(Buffer.from('xx{"a":1}xx')).subarray(2, 9),
  }
  it.each(Object.entries(bodies))('%s', async (_, body) => {
    await dispatcher().request({ origin: ORIGIN, method: 'POST', path: '/v3/x', body: body ?? null })
    expect(authorizationFaults(only())).toEqual([])
    expect(only().body).toEqual(Buffer.from(body ?? ''))
  })

  it('a stream, read to its end first', async () => {
    const body = Readable.from([Buffer.from('{"a":'), '"b', Buffer.from('"}')])
    await dispatcher().request({ origin: ORIGIN, method: 'POST', path: '/v3/x', body })
    expect(authorizationFaults(only())).toEqual([])
    expect(only()).toMatchObject({ body: Buffer.from('{"a":"b"}'), headers: { 'content-length': '9' } })
  })

  it('a stream that never ends is let go when the call is given up', async () => {
    const body = new Readable({ read() {} })
    const instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    await expect(instance.v3.x.post({ body, timeout: 30 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(body.destroyed).toBe(true)
    // It no longer counts as in flight: the next one signs inline.
    signQueue.enter()
    const done = jest.fn()
    signQueue.sign({ message: Buffer.from('x'), done }, createPrivateKey(keys.merchantPrivate))
    signQueue.leave()
    expect(done).toHaveBeenCalled()
    await instance.v3.x.get()
    expect(loopback.received).toHaveLength(1)
  })

  it('a stream that fails sends nothing', async () => {
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('{"a":')
        throw new Error('disk')
      })(),
    )
    const sent = dispatcher().request({ origin: ORIGIN, method: 'POST', path: '/v3/x', body })
    await expect(sent).rejects.toMatchObject({ name: 'RequestError', field: 'body', delivery: 'not-sent' })
    expect(loopback.dispatched).toBe(0)
  })

  it('the query, folded into the path', async () => {
    await dispatcher().request({
      origin: ORIGIN,
      method: 'GET',
      path: '/v3/x?z=0',
      query: { a: '1 2', b: ['x', '中'] },
    })
    expect(only().target).toBe('/v3/x?z=0&a=1%202&b%5B0%5D=x&b%5B1%5D=%E4%B8%AD')
    expect(authorizationFaults(only())).toEqual([])
  })

  it('a query on a path that has none', async () => {
    await dispatcher().request({ origin: ORIGIN, method: 'GET', path: '/v3/x', query: { a: '1' } })
    expect(only().target).toBe('/v3/x?a=1')
  })

  it('an empty query', async () => {
    await dispatcher().request({ origin: ORIGIN, method: 'GET', path: '/v3/x', query: {} })
    expect(only().target).toBe('/v3/x')
  })
})

describe('headers', () => {
  const forms = {
    object: { 'X-A': 'b', 'X-L': ['1', '2'] },
    'flat list': ['X-A', 'b', 'X-L', '1', 'X-L', '2'],
    'list of pairs': new Map<string, string | string[]>([
      ['X-A', 'b'],
      ['X-L', ['1', '2']],
    ]),
  }
  it.each(Object.entries(forms))('as undici takes them: %s', async (_, headers) => {
    await dispatcher().request({ origin: ORIGIN, method: 'GET', path: '/v3/x', headers })
    expect(only().headers).toMatchObject({ 'x-a': 'b', 'x-l': '1, 2' })
    expect(authorizationFaults(only())).toEqual([])
  })

  it('an Authorization given is replaced, never sent beside ours', async () => {
    const headers = {
      authorization: 'Bearer x',
      'user-agent': 'mine/1',
      'wechatpay-serial': 'ABC',
      'x-u': undefined,
    }
    await dispatcher().request({ origin: ORIGIN, method: 'GET', path: '/v3/x', headers })
    expect(authorizationFaults(only())).toEqual([])
    expect(only().headers).toMatchObject({ 'user-agent': 'mine/1', 'wechatpay-serial': 'ABC' })
    expect(only().headers).not.toHaveProperty('x-u')
  })

  it('a User-Agent of the documented form, and no Wechatpay-Serial in certificate mode', async () => {
    await dispatcher().request({ origin: ORIGIN, method: 'GET', path: '/v3/x' })
    expect(only().headers['user-agent']).toMatch(
      /^wechatpay-chain\/\d+\.\d+\.\d+\S* undici\/7\.\d+\.\d+ node\/\d+\.\d+\.\d+ \([a-z\d]+\/\S+\)$/,
    )
    expect(only().headers).not.toHaveProperty('wechatpay-serial')
  })

  it('the id of the first public key, when one is configured', async () => {
    const certs = {
      ...config.certs,
      [PUBLIC_KEY_ID]: keys.strangerPublic,
      PUB_KEY_ID_2: keys.strangerPublic,
    }
    await dispatcher({ certs }).request({ origin: ORIGIN, method: 'GET', path: '/v3/x' })
    expect(only().headers['wechatpay-serial']).toBe(PUBLIC_KEY_ID)
  })
})

describe('where a signature may go', () => {
  it.each([
    'https://example.com',
    'http://api.mch.weixin.qq.com',
    'https://api.mch.weixin.qq.com:8443',
    'https://api.mch.weixin.qq.com.example.com',
    'nonsense',
  ])('not to %s', async (origin) => {
    const sent = dispatcher().request({ origin, method: 'GET', path: '/v3/x' })
    await expect(sent).rejects.toBeInstanceOf(RequestError)
    expect(loopback.dispatched).toBe(0)
  })

  it.each([
    'https://api2.mch.weixin.qq.com',
    'https://API.wechatpay.cn',
    new URL('https://apihk.mch.weixin.qq.com/x'),
  ])('to %s', async (origin) => {
    await dispatcher().request({ origin, method: 'GET', path: '/v3/x' })
    expect(only().origin).toBe(new URL(origin).origin)
  })

  it('by default to the configured origin', async () => {
    await dispatcher({ base_uri: 'https://gateway.example:444/x/' }).dispatch(
      { method: 'GET', path: '/v3/x' },
      { onRequestStart() {}, onResponseEnd() {}, onResponseError() {} },
    )
    while (loopback.received.length === 0) await new Promise(setImmediate)
    expect(only().origin).toBe('https://gateway.example:444')
  })

  it('never as the path of a proxy request', async () => {
    const sent = dispatcher().request({ origin: ORIGIN, method: 'GET', path: 'http://example.com/x' })
    await expect(sent).rejects.toMatchObject({ name: 'RequestError', field: 'path' })
    expect(loopback.dispatched).toBe(0)
  })
})

describe('a remote signer', () => {
  const { privateKey } = config
  const local = async (message: string) => Rsa.sign(message, privateKey)

  it.each([
    ['at once', (message: string) => Rsa.sign(message, privateKey)],
    ['later', local],
  ])('that answers %s', async (_, sign) => {
    const json = { a: '中' }
    await Builder.factory({ ...config, privateKey: { sign }, dispatcher: loopback.dispatcher }).v3.x.post({
      json,
    })
    expect(authorizationFaults(only())).toEqual([])
  })

  it('signs the empty line of a request without body', async () => {
    await Builder.factory({
      ...config,
      privateKey: { sign: local },
      dispatcher: loopback.dispatcher,
    }).v3.x.get()
    expect(authorizationFaults(only())).toEqual([])
  })

  it('is given text that a Buffer holds', async () => {
    const instance = Builder.factory({
      ...config,
      privateKey: { sign: local },
      dispatcher: loopback.dispatcher,
    })
    await instance.v3.x.post({ body: Buffer.from('{"a":"中"}') })
    expect(authorizationFaults(only())).toEqual([])
    await expect(instance.v3.x.post({ body: Buffer.from([0xff]) })).rejects.toMatchObject({ field: 'body' })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no quorum')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no quorum'))],
  ])('that %s', async (_, sign) => {
    const sent = Builder.factory({
      ...config,
      privateKey: { sign },
      dispatcher: loopback.dispatcher,
    }).v3.x.get()
    await expect(sent).rejects.toMatchObject({
      code: 'ERR_SIGNER',
      delivery: 'not-sent',
      cause: { message: 'no quorum' },
    })
    await expect(sent).rejects.toBeInstanceOf(TransportError)
    expect(loopback.dispatched).toBe(0)
  })

  it.each(['aborted', 'out of time'])(
    'that is too late, when the call is %s: nothing is sent',
    async (how) => {
      let sign = (): void => {}
      const signature = new Promise<string>((resolve) => {
        sign = () => resolve('YWJj')
      })
      const instance = Builder.factory({
        ...config,
        privateKey: { sign: () => signature },
        dispatcher: loopback.dispatcher,
      })
      const ends = how === 'aborted' ? { signal: AbortSignal.timeout(30) } : { timeout: 30 }
      await expect(instance.v3.x.post({ json: {}, ...ends })).rejects.toBeInstanceOf(TransportError)
      sign()
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(loopback.dispatched).toBe(0)
    },
  )

  it.each([
    [''],
    ['a"b'],
    ['a\r\nX-B: c'],
    ['YWJj\n'],
    ['=YWJj'],
    ['YWJj==='],
    [undefined],
    [Buffer.from('YWJj')],
  ])('cannot write into the header: %p', async (value) => {
    const sign = () => value as string
    const sent = Builder.factory({
      ...config,
      privateKey: { sign },
      dispatcher: loopback.dispatcher,
    }).v3.x.get()
    await expect(sent).rejects.toMatchObject({ code: 'ERR_SIGNER', delivery: 'not-sent' })
    expect(loopback.dispatched).toBe(0)
  })
})

it('signs each attempt anew', async () => {
  loopback.reset((n) => (n < 2 ? unsigned(503) : signed()))
  const retrying = dispatcher().compose(
    interceptors.retry({ maxRetries: 3, minTimeout: 1, throwOnError: false }),
  )
  const { statusCode } = await retrying.request({ origin: ORIGIN, method: 'GET', path: '/v3/x' })
  expect(statusCode).toBe(200)
  const authorizations = loopback.received.map(({ headers }) => headers.authorization)
  expect(new Set(authorizations).size).toBe(3)
  for (const request of loopback.received) expect(authorizationFaults(request)).toEqual([])
})

it('signs side by side, in whatever order the signatures are done', async () => {
  const { v3 } = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
  await Promise.all(Array.from({ length: 50 }, (_, n) => v3._n_.post({ n, json: { n } })))
  expect(new Set(loopback.received.map(({ target }) => target)).size).toBe(50)
  for (const request of loopback.received) expect(authorizationFaults(request)).toEqual([])
})

class Broken extends Dispatcher {
  override dispatch(_options: unknown, _handler: unknown): boolean {
    throw new Error('broken')
  }
}

it('a dispatcher that throws is a failure of the call, and may have sent it', async () => {
  const sent = Builder.factory({ ...config, dispatcher: new Broken() }).v3.x.get()
  await expect(sent).rejects.toMatchObject({
    name: 'TransportError',
    delivery: 'unknown',
    cause: { message: 'broken' },
  })
})

it('a dispatcher that cannot be composed is a mistake in the configuration', async () => {
  const dispatch = () => true
  const dispatcher = Object.assign(new Broken(), {
    compose: () => {
      throw new TypeError('frozen')
    },
    dispatch,
  })
  const sent = Builder.factory({ ...config, dispatcher: dispatcher as never }).v3.x.get()
  await expect(sent).rejects.toMatchObject({ name: 'ConfigError', field: 'dispatcher' })
})

it('an upgrade is passed on', async () => {
  const server = createServer()
  server.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const driver = Builder.driver(Builder.factory({ ...config, base_uri: origin }))
  const { socket } = await driver.select().upgrade({ path: '/v3/x', protocol: 'x', origin } as never)
  socket.destroy()
  await driver.close()
  server.close()
})
