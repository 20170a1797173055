import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { connect } from '../lib/connections'
import { Builder } from '../lib/lite'
import { config, keys, signed } from './conformance/platform'
import { answers, client, closing, listenOn, scriptedServer } from './support/scripted'
import { rejection } from './v2/server'

const merchant = { cert: keys.merchantCertificate, key: keys.merchantPrivate }
const direct = { proxy: false, timeout: 5_000 } as const

describe('a pool', () => {
  test('is shared by all that want the same, and closed with the last of them', async () => {
    const one = connect(undefined, direct)
    const other = connect(undefined, { ...direct })
    expect(other.dispatcher).toBe(one.dispatcher)
    const close = jest.spyOn(one.dispatcher, 'close')
    await one.release()
    // Once is enough.
    await one.release()
    expect(close).not.toHaveBeenCalled()
    await other.release()
    expect(close).toHaveBeenCalled()
    const next = connect(undefined, direct)
    expect(next.dispatcher).not.toBe(one.dispatcher)
    await next.release()
  })

  test.each([
    ['another limit', { ...direct, timeout: 1_000 }],
    ['another proxy', { ...direct, proxy: 'http://127.0.0.1:1/' }],
    ['the environment', { ...direct, proxy: undefined }],
  ])('is not shared with who wants %s', async (_, options) => {
    const one = connect(undefined, direct)
    const other = connect(undefined, options)
    expect(other.dispatcher).not.toBe(one.dispatcher)
    await Promise.all([one.release(), other.release()])
  })

  test('with a client certificate belongs to one merchant', async () => {
    const all = [connect(merchant, direct), connect(merchant, direct), connect(undefined, direct)]
    expect(new Set(all.map(({ dispatcher }) => dispatcher)).size).toBe(3)
    await Promise.all(all.map(({ release }) => release()))
    for (const { dispatcher } of all) {
      await expect(
        dispatcher.request({ origin: 'http://127.0.0.1:1', path: '/', method: 'GET' }),
      ).rejects.toThrow()
    }
  })

  test('of clients that are closed one by one goes on for the others', async () => {
    const { server, visits } = scriptedServer([answers(() => signed())])
    const base_uri = `http://127.0.0.1:${await listenOn(server)}/`
    const [one, other] = [client({ base_uri }), client({ base_uri })]
    await Promise.all([one.instance.v3.x.get(), other.instance.v3.x.get()])
    await one.driver.close()
    await other.instance.v3.x.get()
    expect(visits).toHaveLength(3)
  })
})

/** The address of a server that takes connections, with which TLS never begins. */
async function mute(): Promise<string> {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => void sockets.push(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a connection', () => {
  /** A server that tells how long connections lived without being used. */
  async function watched(keepAlive: string | undefined) {
    const idle: Promise<number>[] = []
    const { server } = scriptedServer([
      (response) => {
        const { headers, body } = signed()
        if (keepAlive !== undefined) response.setHeader('Keep-Alive', keepAlive)
        response
          .writeHead(200, { ...headers, 'Content-Length': String(body.length) } as Record<string, string>)
          .end(body)
      },
    ])
    server.keepAliveTimeout = keepAlive === undefined ? 0 : 60_000
    server.on('request', (request) => {
      const began = performance.now()
      idle.push(once(request.socket, 'close').then(() => performance.now() - began))
    })
    const { instance } = client({ base_uri: `http://127.0.0.1:${await listenOn(server)}/` })
    return { instance, idle }
  }

  test('that is idle is given up before the platform does so, after about 8 s, whatever it announces', async () => {
    const all = await Promise.all([undefined, 'timeout=8', 'timeout=60'].map(watched))
    await Promise.all(all.map(({ instance }) => instance.v3.x.get()))
    const [silent = 0, honest = 0, generous = 0] = await Promise.all(all.flatMap(({ idle }) => idle))
    for (const time of [silent, honest, generous]) expect(time).toBeLessThan(7_500)
    // Long enough to be of use.
    for (const time of [silent, honest, generous]) expect(time).toBeGreaterThan(3_000)
  })

  test('serves one call at a time', async () => {
    const sockets = new Set<unknown>()
    const { server } = scriptedServer([
      (response, visit, request) => {
        sockets.add(request.socket)
        setTimeout(() => answers(() => signed())(response, visit, request), 50)
      },
    ])
    const { instance } = client({ base_uri: `http://127.0.0.1:${await listenOn(server)}/` })
    await Promise.all(Array.from({ length: 70 }, () => instance.v3.x.get()))
    expect(sockets.size).toBe(64)
  })

  test('that does not come about is waited for as long as is said', async () => {
    const base_uri = await mute()
    const { instance } = client({ base_uri, timeout: { connect: 100 }, retry: { attempts: 2, delay: 1 } })
    const began = performance.now()
    const error = await rejection(instance.v3.x.post({ json: {} }))
    // undici tells it to within a second.
    expect(performance.now() - began).toBeLessThan(2_500)
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', delivery: 'not-sent', attempts: 2 })
  })

  test('has no limit with 0', async () => {
    const base_uri = await mute()
    const instance = Builder.factory({ ...config, base_uri, timeout: { connect: 0, total: 1_300 } })
    await expect(instance.v3.x.get()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
  })
})
