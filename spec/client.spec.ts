import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Readable, Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Agent, Dispatcher, MockAgent, ProxyAgent } from 'undici'
import { Builder, type Config, type Response, TransportError } from '../lib/lite'
import { config, Loopback, PLATFORM_SERIAL, signed } from './conformance/platform'

const servers: { close(): unknown }[] = []
afterAll(() => Promise.all(servers.map((server) => server.close())))

/** A server that answers as it likes, and a client for it. */
async function serve(listener: RequestListener, changes: Partial<Config> = {}) {
  const server = createServer(listener)
  const base_uri = await listen(server)
  const instance = Builder.factory({ ...config, base_uri, ...changes })
  servers.push({ close: () => Builder.driver(instance).close() })
  return { server, base_uri, instance }
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push({
    close: () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Answers with the platform's signature. */
const honest =
  (body = '{"a":1}'): RequestListener =>
  (_, response) => {
    const answer = signed(body)
    response.writeHead(answer.status, answer.headers as Record<string, string>)
    response.end(answer.body)
  }

describe('a call that gets no answer', () => {
  it('refused: nothing was sent', async () => {
    const server = createTcpServer()
    const base_uri = await listen(server)
    server.close()
    const error = await Builder.factory({ ...config, base_uri })
      .v3.x.get()
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      delivery: 'not-sent',
      cause: { code: 'ECONNREFUSED' },
    })
    expect((error as Error).message).toContain('GET v3/x')
    expect((error as Error).message).toContain('nothing was sent')
  })

  it('a host that does not exist: nothing was sent', async () => {
    const sent = Builder.factory({ ...config, base_uri: 'http://nothing.invalid/' }).v3.x.get()
    await expect(sent).rejects.toMatchObject({ name: 'TransportError', delivery: 'not-sent' })
  })

  it.each<[string, RequestListener]>([
    ['cut before the answer', (request) => void request.socket.destroy()],
    [
      'cut in the middle of a body of known length',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 100 })
        response.write('half')
        setTimeout(() => response.destroy(), 20)
      },
    ],
    [
      'cut in the middle of a chunked body',
      (_, response) => {
        response.write('half')
        setTimeout(() => response.destroy(), 20)
      },
    ],
    ['that is no HTTP', (request) => void request.socket.end('nonsense\r\n\r\n')],
  ])('%s: the outcome is unknown', async (_, listener) => {
    const { instance } = await serve(listener)
    const sent = instance.v3.x.post({ json: { secret_field: 'x' } })
    await expect(sent).rejects.toMatchObject({ name: 'TransportError', delivery: 'unknown' })
    await expect(sent).rejects.toThrow(/query/)
  })

  it('in time: the outcome is unknown', async () => {
    const { instance } = await serve(() => {}, { timeout: 60 })
    await expect(instance.v3.x.get()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'unknown' })
    await expect(instance.v3.x.get({ timeout: 20 })).rejects.toThrow('20 ms')
  })

  it('in time, not even a connection: nothing was sent', async () => {
    const instance = Builder.factory({
      ...config,
      privateKey: { sign: () => new Promise<string>(() => {}) },
      timeout: 20,
    })
    await expect(instance.v3.x.get()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
  })

  it('in time, though its body goes on and on', async () => {
    const { instance } = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(timer))
    })
    await expect(instance.v3.x.get({ timeout: 80 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('has no limit with timeout 0', async () => {
    const { instance } = await serve(
      (request, response) => setTimeout(() => honest()(request, response), 60),
      { timeout: 20 },
    )
    await expect(instance.v3.x.get({ timeout: 0 })).resolves.toMatchObject({ status: 200 })
  })
})

describe('an AbortSignal', () => {
  it('that is none is refused', async () => {
    const { instance } = await serve(honest())
    const listen = () => {
      throw new Error('no')
    }
    for (const signal of [
      { addEventListener() {} },
      { aborted: false, addEventListener() {} },
      { aborted: false, addEventListener: listen, removeEventListener() {} },
    ]) {
      const sent = instance.v3.x.get({ signal: signal as unknown as AbortSignal })
      await expect(sent).rejects.toMatchObject({
        name: 'RequestError',
        field: 'signal',
        delivery: 'not-sent',
      })
    }
  })

  it('already aborted sends nothing', async () => {
    const listener = jest.fn(honest())
    const { instance } = await serve(listener)
    const sent = instance.v3.x.get({ signal: AbortSignal.abort(new Error('gone')) })
    await expect(sent).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      delivery: 'not-sent',
      cause: { message: 'gone' },
    })
    expect(listener).not.toHaveBeenCalled()
  })

  it('while the request is being signed sends nothing', async () => {
    const controller = new AbortController()
    const listener = jest.fn(honest())
    const sign = async () => {
      controller.abort()
      await new Promise(setImmediate)
      return 'YWJj'
    }
    const { instance } = await serve(listener, { privateKey: { sign } })
    const sent = instance.v3.x.get({ signal: controller.signal })
    await expect(sent).rejects.toMatchObject({ code: 'ERR_ABORTED', delivery: 'not-sent' })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(listener).not.toHaveBeenCalled()
  })

  it('while waiting closes the connection; the outcome is unknown', async () => {
    const controller = new AbortController()
    const closed = new PassThrough()
    const { instance } = await serve((request) => {
      request.socket.on('close', () => closed.end())
      controller.abort()
    })
    const sent = instance.v3.x.get({ signal: controller.signal })
    await expect(sent).rejects.toMatchObject({ code: 'ERR_ABORTED', delivery: 'unknown' })
    await buffer(closed)
  })

  it('may be shared by many calls without a warning', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { instance } = await serve(honest())
    const { signal } = new AbortController()
    await Promise.all(Array.from({ length: 20 }, () => instance.v3.x.get({ signal })))
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  it('afterwards changes nothing, and is no longer listened to', async () => {
    const { instance } = await serve(honest())
    const controller = new AbortController()
    const remove = jest.spyOn(controller.signal, 'removeEventListener')
    const { status } = await instance.v3.x.get({ signal: controller.signal })
    controller.abort()
    expect(status).toBe(200)
    expect(remove).toHaveBeenCalledTimes(1)
  })
})

describe('stream', () => {
  const path = 'v3/billdownload/file'

  it('gives a download out while it comes in', async () => {
    let finish: (() => void) | undefined
    const { instance } = await serve((_, response) => {
      response.write('first ')
      finish = () => response.end('second')
    })
    const { data, body, status, verified } = await instance.chain(path).get<Readable>({ stream: true })
    expect({ body, status, verified }).toEqual({ body: Buffer.alloc(0), status: 200, verified: false })
    const [first] = (await once(data, 'data')) as [Buffer]
    expect(first.toString()).toBe('first ')
    finish?.()
    expect(await text(data)).toBe('second')
  })

  it('of a signed answer begins when it is verified', async () => {
    const { instance } = await serve(honest('{"a":"中"}'))
    const { data, verified } = await instance.v3.x.get<Readable>({ stream: true })
    expect(verified).toBe(true)
    expect(await text(data)).toBe('{"a":"中"}')
  })

  it('of a forged answer never begins', async () => {
    const { instance } = await serve((_, response) => {
      const answer = signed('{}')
      response.writeHead(200, answer.headers as Record<string, string>).end('{"a":1}')
    })
    await expect(instance.v3.x.get({ stream: true })).rejects.toMatchObject({ reason: 'signature' })
  })

  it('of a failure is the failure', async () => {
    const { instance } = await serve((_, response) =>
      response.writeHead(404).end('{"code":"NO_STATEMENT_EXIST"}'),
    )
    await expect(instance.chain(path).get({ stream: true })).rejects.toMatchObject({
      code: 'NO_STATEMENT_EXIST',
    })
  })

  it('is unpacked on the way', async () => {
    const plain = randomBytes(300_000).toString('hex')
    const { instance } = await serve((_, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(plain)),
    )
    const { data } = await instance.chain(path).get<Readable>({ stream: true })
    expect((await text(data)) === plain).toBe(true)
    const whole = await instance.chain(path).get<Buffer>()
    expect(whole.data.toString() === plain).toBe(true)
  })

  it.each(['zip', 'gzip'])('that cannot be unpacked fails (%s)', async (encoding) => {
    const { instance } = await serve((_, response) =>
      response.writeHead(200, { 'Content-Encoding': encoding }).end('plain'),
    )
    const read = async () => buffer((await instance.chain(path).get<Readable>({ stream: true })).data)
    await expect(read()).rejects.toMatchObject({ name: 'TransportError', code: 'ERR_DECODE' })
    await expect(instance.chain(path).get()).rejects.toMatchObject({
      name: 'TransportError',
      code: 'ERR_DECODE',
    })
  })

  it('cut off before its reader begins fails when it does', async () => {
    const { instance } = await serve((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).write(gzipSync('x').subarray(0, 5))
      setTimeout(() => response.destroy(), 20)
    })
    const { data } = await instance.chain(path).get<Readable>({ stream: true })
    await new Promise((resolve) => setTimeout(resolve, 60))
    await expect(buffer(data)).rejects.toMatchObject({ name: 'TransportError', code: 'UND_ERR_SOCKET' })
  })

  it('cut off before it is read is no uncaught error', async () => {
    const { instance } = await serve((_, response) => {
      response.write('x')
      setTimeout(() => response.destroy(), 20)
    })
    const { data } = await instance.chain(path).get<Readable>({ stream: true })
    await new Promise((resolve) => setTimeout(resolve, 80))
    await expect(buffer(data)).rejects.toMatchObject({ name: 'TransportError', code: 'UND_ERR_SOCKET' })
  })

  it('does not run ahead of its reader', async () => {
    let written = 0
    const chunk = Buffer.alloc(64 * 1024)
    const { instance } = await serve((_, response) => {
      const write = () => {
        while (written < 64 * 1024 * 1024) {
          written += chunk.length
          if (!response.write(chunk)) return response.once('drain', write)
        }
        return response.end()
      }
      write()
    })
    const { data } = await instance.chain(path).get<Readable>({ stream: true })
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(written).toBeLessThan(32 * 1024 * 1024)
    let read = 0
    for await (const part of data) read += (part as Buffer).length
    expect(read).toBe(64 * 1024 * 1024)
  })

  it('given up by its reader closes the connection', async () => {
    const closed = new PassThrough()
    const { instance } = await serve((request, response) => {
      request.socket.on('close', () => closed.end())
      response.write('x')
    })
    const { data } = await instance.chain(path).get<Readable>({ stream: true })
    data.destroy()
    await buffer(closed)
    expect(data.destroyed).toBe(true)
  })

  it('cut off fails as unknown, aborted as aborted, silent as too late', async () => {
    const controller = new AbortController()
    const { instance } = await serve((request, response) => {
      response.write('x')
      if (request.url?.endsWith('cut')) setTimeout(() => response.destroy(), 20)
    })
    const open = async (how: string, options: object) =>
      (await instance.chain(`${path}?${how}`).get<Readable>({ stream: true, ...options })).data
    await expect(buffer(await open('cut', {}))).rejects.toMatchObject({
      name: 'TransportError',
      delivery: 'unknown',
    })
    const data = await open('hang', { signal: controller.signal, timeout: 50 })
    const read = buffer(data)
    controller.abort()
    await expect(read).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('sink', () => {
  const path = 'v3/billdownload/file'
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sink-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    for (const name of await readdir(folder)) await rm(join(folder, name))
  })

  it('a path is written whole', async () => {
    const { instance } = await serve((_, response) => response.end('bill'))
    const sink = join(folder, 'bill.csv')
    await writeFile(sink, 'what was there')
    const { data, body, status } = await instance.chain(path).get({ sink })
    expect({ data, body, status }).toEqual({ data: undefined, body: Buffer.alloc(0), status: 200 })
    expect(await readFile(sink, 'utf8')).toBe('bill')
    expect(await readdir(folder)).toEqual(['bill.csv'])
  })

  it('or not at all', async () => {
    const { instance } = await serve((_, response) => {
      response.write('half a bill')
      setTimeout(() => response.destroy(), 30)
    })
    const sink = join(folder, 'bill.csv')
    await writeFile(sink, 'what was there')
    await expect(instance.chain(path).get({ sink })).rejects.toMatchObject({
      name: 'TransportError',
      delivery: 'unknown',
    })
    expect(await readFile(sink, 'utf8')).toBe('what was there')
    expect(await readdir(folder)).toEqual(['bill.csv'])
  })

  it('aborted leaves nothing', async () => {
    const controller = new AbortController()
    const { instance } = await serve((_, response) => {
      response.write('half a bill')
      setTimeout(() => controller.abort(), 30)
    })
    const sent = instance.chain(path).get({ sink: join(folder, 'b'), signal: controller.signal })
    await expect(sent).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(await readdir(folder)).toEqual([])
  })

  it('a call given up while its answer is verified writes nothing', async () => {
    const verify = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 80))
    const { instance } = await serve(honest(), { certs: { [PLATFORM_SERIAL]: { verify } } })
    const sent = instance.v3.x.get({ sink: join(folder, 'b'), timeout: 40 })
    await expect(sent).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await readdir(folder)).toEqual([])
  })

  it('a path that no file can have is refused before anything is sent', async () => {
    const listener = jest.fn(honest())
    const { instance } = await serve(listener)
    await expect(instance.v3.x.get({ sink: 'a\0b' })).rejects.toMatchObject({
      name: 'RequestError',
      field: 'sink',
    })
    expect(listener).not.toHaveBeenCalled()
  })

  it('a forged answer is not written', async () => {
    const { instance } = await serve((_, response) => {
      response.writeHead(200, signed('{}').headers as Record<string, string>).end('{"a":1}')
    })
    await expect(instance.v3.x.get({ sink: join(folder, 'b') })).rejects.toMatchObject({
      reason: 'signature',
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('a failure is not written', async () => {
    const { instance } = await serve((_, response) => response.writeHead(400).end('{"code":"X"}'))
    await expect(instance.v3.x.get({ sink: join(folder, 'b') })).rejects.toMatchObject({ code: 'X' })
    expect(await readdir(folder)).toEqual([])
  })

  it('a folder that does not exist, or is in the way', async () => {
    const { instance } = await serve((_, response) => response.end('bill'))
    for (const [sink, code] of [
      [join(folder, 'no', 'bill.csv'), 'ENOENT'],
      [folder, 'EISDIR'],
    ]) {
      const sent = instance.chain(path).get({ sink })
      await expect(sent).rejects.toMatchObject({ code: 'ERR_SINK', delivery: 'delivered', cause: { code } })
    }
    expect((await readdir(join(folder, '..'))).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('a Writable', async () => {
    const { instance } = await serve((_, response) => response.end('bill'))
    const sink = new PassThrough()
    const written = text(sink)
    await instance.chain(path).get({ sink })
    expect(await written).toBe('bill')
  })

  it('a Writable that fails', async () => {
    const { instance } = await serve((_, response) => response.end('bill'))
    const sink = new Writable({
      write: (_, __, done) => done(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    })
    await expect(instance.chain(path).get({ sink })).rejects.toMatchObject({
      code: 'ERR_SINK',
      cause: { code: 'ENOSPC' },
    })
  })
})

describe('what is in data', () => {
  const answered = async (body: string, type: string | null): Promise<Response> => {
    const loopback = await Loopback.start()
    loopback.reset(() => signed(body, { 'Content-Type': type }))
    const sent = Builder.factory({ ...config, dispatcher: loopback.dispatcher }).v3.x.get()
    return sent.finally(() => loopback.close())
  }

  it.each<[string, string, string | null, unknown]>([
    ['JSON', '{"a":[1]}', 'application/json; charset=utf-8', { a: [1] }],
    ['JSON of any kind', 'null', 'application/problem+json', null],
    ['JSON that does not say so', '{"a":1}', null, { a: 1 }],
    ['JSON as text', '[1]', 'text/plain; charset=utf-8', [1]],
    ['what only begins like JSON', '{a', 'text/plain', Buffer.from('{a')],
    ['text', '12', 'text/plain', Buffer.from('12')],
    ['CSV', '{1}', 'text/csv', Buffer.from('{1}')],
    ['nothing', '', 'application/json', undefined],
  ])('%s', async (_, body, type, data) => {
    const response = await answered(body, type)
    expect(response.data).toEqual(data)
    expect(response.body.toString()).toBe(body)
  })

  it('JSON that cannot be read is a failure after delivery', async () => {
    const sent = answered('{"name":"张三"', 'application/json')
    await expect(sent).rejects.toMatchObject({
      name: 'ApiError',
      code: 'INVALID_RESPONSE',
      delivery: 'delivered',
      verified: true,
    })
    await expect(sent).rejects.not.toThrow(/张三/)
  })
})

describe('failures', () => {
  const failing = async (status: number, body: string, headers: Record<string, string> = {}) => {
    const { instance } = await serve((_, response) => response.writeHead(status, headers).end(body))
    return instance
      .chain('v3/users/{id}?token=t')
      .get({ id: 'o-openid' })
      .catch((reason: unknown) => reason) as Promise<Error>
  }

  it('carry code, detail and Request-ID, and none of the values', async () => {
    const detail = { field: '/amount', value: 'o-openid', issue: 'too small', location: 'body' }
    const body = JSON.stringify({ code: 'PARAM_ERROR', message: '参数错误', detail })
    const error = await failing(400, body, { 'Request-ID': '08F7-1' })
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'PARAM_ERROR',
      status: 400,
      requestId: '08F7-1',
      detail,
      delivery: 'delivered',
    })
    expect(error.message).toBe(
      'GET v3/users/{id}: PARAM_ERROR (HTTP 400): 参数错误 [field /amount, location body, issue too small] (Request-ID 08F7-1)',
    )
    expect(JSON.stringify(error)).not.toContain('o-openid')
  })

  it.each([
    [500, '<html>', 'HTTP_500'],
    [502, '', 'HTTP_502'],
    [400, '{"code":1}', 'HTTP_400'],
    [400, '{"code":""}', 'HTTP_400'],
    [400, '{"code":"X","detail":"y","message":5}', 'X'],
    [400, 'null', 'HTTP_400'],
    [400, '"x"', 'HTTP_400'],
    [304, '', 'HTTP_304'],
  ])('%d %s', async (status, body, code) => {
    const error = await failing(status, body)
    expect(error).toMatchObject({ name: 'ApiError', code, status })
    expect(error.message).toContain(`GET v3/users/{id}: ${code}`)
    if (code.startsWith('HTTP')) expect(error.message).toContain('no reason')
  })

  it('a redirect is not followed', async () => {
    const listener = jest.fn<void, Parameters<RequestListener>>(
      (_, response) => void response.writeHead(302, { Location: '/v3/y' }).end(),
    )
    const { instance } = await serve(listener)
    const error = (await instance.v3.x.get().catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ code: 'HTTP_302' })
    expect(error.message).toContain('redirect')
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('informational answers are passed over', async () => {
    const { instance } = await serve((request, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' })
      honest()(request, response)
    })
    await expect(instance.v3.x.get()).resolves.toMatchObject({ status: 200, data: { a: 1 } })
  })
})

describe('dispatchers', () => {
  it('a MockAgent', async () => {
    const dispatcher = new MockAgent()
    dispatcher.disableNetConnect()
    const { headers, body } = signed('{"mock":true}')
    dispatcher
      .get('https://api.mch.weixin.qq.com')
      .intercept({ path: '/v3/x', method: 'POST', headers: { authorization: /^WECHATPAY2-SHA256-RSA2048 / } })
      .reply(200, body, { headers: headers as Record<string, string> })
    const { v3 } = Builder.factory({ ...config, dispatcher })
    await expect(v3.x.post({ json: {} })).resolves.toMatchObject({ data: { mock: true }, verified: true })
    const missed = (await v3.y.post({ json: {} }).catch((reason: unknown) => reason)) as Error
    expect(missed).toMatchObject({ name: 'TransportError', delivery: 'not-sent' })
    await dispatcher.close()
  })

  it('a ProxyAgent', async () => {
    const { base_uri } = await serve(honest())
    const tunnels: string[] = []
    const proxy = createServer().on('connect', (request, socket: Socket) => {
      tunnels.push(String(request.url))
      const upstream = connect(Number(new URL(base_uri).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => end.destroy())
    })
    const dispatcher = new ProxyAgent({ uri: await listen(proxy), proxyTunnel: true })
    const instance = Builder.factory({ ...config, base_uri, dispatcher })
    await expect(instance.v3.x.get()).resolves.toMatchObject({ verified: true })
    expect(tunnels).toEqual([new URL(base_uri).host])
    await dispatcher.close()
  })

  it('one that tells nothing leaves the outcome unknown', async () => {
    class Silent extends Dispatcher {
      override dispatch(): boolean {
        return true
      }
    }
    Object.defineProperty(Silent.prototype.dispatch, 'length', { value: 2 })
    const { v3 } = Builder.factory({ ...config, dispatcher: new Silent() })
    await expect(v3.x.post({ timeout: 20 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      delivery: 'unknown',
    })
  })

  it('one of the user that found no connection has sent nothing', async () => {
    const server = createTcpServer()
    const base_uri = await listen(server)
    server.close()
    const dispatcher = new Agent()
    const { v3 } = Builder.factory({ ...config, base_uri, dispatcher })
    await expect(v3.x.get()).rejects.toMatchObject({ code: 'ECONNREFUSED', delivery: 'not-sent' })
    await dispatcher.close()
  })

  it('one of the user stays open', async () => {
    const loopback = await Loopback.start()
    const close = jest.spyOn(loopback.dispatcher, 'close')
    const instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    await instance.v3.x.get()
    await Builder.driver(instance).close()
    expect(close).not.toHaveBeenCalled()
    await loopback.close()
  })

  it('one of the user is asked for security calls too', async () => {
    const loopback = await Loopback.start()
    const instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    await expect(instance.v3.x.get({ security: true })).resolves.toMatchObject({ status: 200 })
    await loopback.close()
  })
})

describe('closing', () => {
  it('waits for what is in flight and refuses what comes later', async () => {
    const { instance } = await serve((request, response) => setTimeout(() => honest()(request, response), 50))
    const driver = Builder.driver(instance)
    const sent = instance.v3.x.get()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const closed = Promise.all([driver.close(), driver.close()])
    await expect(instance.v3.x.get()).rejects.toMatchObject({ name: 'RequestError', delivery: 'not-sent' })
    await expect(sent).resolves.toMatchObject({ status: 200 })
    await closed
  })

  it('at the end of a block', async () => {
    const { base_uri } = await serve(honest())
    const root = Builder.factory({ ...config, base_uri })
    const driver = Builder.driver(root)
    {
      await using instance = root
      await instance.v3.x.get()
    }
    await expect(root.v3.x.get()).rejects.toThrow('closed')
    {
      await using other = Builder.driver(Builder.factory({ ...config, base_uri }))
      await other.request('GET', 'v3/x')
    }
    await driver.close()
  })

  it('waits for calls that still wait for their signature', async () => {
    const { instance } = await serve(honest())
    const sent = Array.from({ length: 20 }, () => instance.v3.x.get())
    const closed = Builder.driver(instance).close()
    expect(await Promise.all(sent)).toHaveLength(20)
    await closed
  })

  it('waits with a dispatcher of the user, too', async () => {
    const loopback = await Loopback.start()
    const instance = Builder.factory({ ...config, dispatcher: loopback.dispatcher })
    const sent = instance.v3.x.get()
    await Builder.driver(instance).close()
    expect(loopback.received).toHaveLength(1)
    await expect(sent).resolves.toMatchObject({ status: 200 })
    await loopback.close()
  })

  it('opens nothing new', async () => {
    const driver = Builder.driver(Builder.factory(config))
    await driver.close()
    expect(() => driver.select()).toThrow(expect.objectContaining({ name: 'RequestError' }))
  })

  it('of a client that was never used', async () => {
    await expect(Builder.driver(Builder.factory(config)).close()).resolves.toBeUndefined()
  })
})

describe('the driver', () => {
  it('is found by the root and by any node', () => {
    const instance = Builder.factory(config)
    expect(Builder.driver(instance.v3.pay)).toBe(Builder.driver(instance))
    expect(Builder.driver(Builder.factory(config))).not.toBe(Builder.driver(instance))
    for (const other of [undefined, null, {}, () => {}, 'x']) {
      expect(() => Builder.driver(other)).toThrow(expect.objectContaining({ name: 'ConfigError' }))
    }
  })

  it('sends by verb and template', async () => {
    const loopback = await Loopback.start()
    const driver = Builder.driver(Builder.factory({ ...config, dispatcher: loopback.dispatcher }))
    await driver.request('GET', 'v3/x/{id}', { id: 1 })
    await driver.requestAsync('post', 'v3/y', { json: {} }).wait()
    expect(loopback.received.map(({ method, target }) => [method, target])).toEqual([
      ['GET', '/v3/x/1'],
      ['POST', '/v3/y'],
    ])
    await loopback.close()
  })

  it('selects a dispatcher', () => {
    const driver = Builder.driver(Builder.factory(config))
    expect(driver.select()).toBe(driver.select('v3'))
    expect(driver.select('anything')).toBe(driver.select('V3'))
    expect(driver.select('V2')).toBe(driver.select('v2'))
    expect(driver.select('V2')).not.toBe(driver.select('v3'))
  })
})

it('an answer can be printed and serialised', async () => {
  const { instance } = await serve(honest())
  const response = await instance.v3.x.get()
  expect(JSON.parse(JSON.stringify(response))).toMatchObject({ status: 200, verified: true, data: { a: 1 } })
  expect(inspect(response)).toContain('verified: true')
  expect(response.headers).toBe(response.headers)
})
