import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import {
  type AddressInfo,
  connect as connectTo,
  createServer as createTcpServer,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from 'undici'
import { Builder, type Config, type WechatpayError } from '../lib/lite'
import { environmentProxy, resolveProxy } from '../lib/proxy'
import { Simulator } from '../lib/simulator'
import { config, signed } from './conformance/platform'
import type { CertificateCalls, CertificateOutcome } from './support/certificate-calls'
import { leaks, thrownBy } from './support/leaks'
import { runProcess } from './support/process'
import { answers, client, closing, freePort, listenOn, scriptedServer } from './support/scripted'
import { rejection } from './v2/server'

const PASSWORD = 'correct-horse-battery-staple'

describe('the option', () => {
  test.each<[unknown, unknown]>([
    [undefined, undefined],
    [null, undefined],
    [false, false],
    ['http://proxy.example.com:3128', 'http://proxy.example.com:3128/'],
    [new URL('https://proxy.example.com'), 'https://proxy.example.com/'],
    ['http://user:p%40ss@10.0.0.1:80', 'http://user:p%40ss@10.0.0.1/'],
    ['socks5://127.0.0.1:1080', 'socks5://127.0.0.1:1080'],
    ['SOCKS5H://127.0.0.1:1080', 'socks5://127.0.0.1:1080'],
    ['socks://127.0.0.1:1080', 'socks5://127.0.0.1:1080'],
    ['proxy.example.com:3128', 'http://proxy.example.com:3128/'],
    ['localhost:3128', 'http://localhost:3128/'],
    [' 10.0.0.1:3128 ', 'http://10.0.0.1:3128/'],
    ['[::1]:3128', 'http://[::1]:3128/'],
    ['proxy', 'http://proxy/'],
    ['user:p%40ss@proxy:3128', 'http://user:p%40ss@proxy:3128/'],
    // What stands before the colon is no scheme, though it could be one.
    ['http:3128', 'http://http:3128/'],
  ])('%j: %j', (value, expected) => {
    expect(resolveProxy(value, undefined)).toBe(expected)
    if (typeof value !== 'string') return
    // The environment reads an address in the same way.
    expect(environmentProxy({ HTTPS_PROXY: value })?.httpsProxy).toBe(expected)
  })

  test.each([
    '',
    ' ',
    'two words',
    'proxy.example.com:port',
    'http:proxy:3128',
    '3128',
    'undefined',
    'null',
    'proxy.example.com:0',
    'socks5:127.0.0.1:1080',
    `user:${PASSWORD}@`,
    `user:${PASSWORD}%zz@proxy.example.com:3128`,
    '//proxy.example.com',
    'ftp://proxy.example.com',
    'socks4://proxy.example.com',
    'socks5://',
    'http://',
    `http://user:${PASSWORD}%zz@proxy.example.com`,
    `http://user:${PASSWORD}@proxy.example.com:port`,
    true,
    3128,
    {},
    [],
  ])('%j is refused, without what is in it', (value) => {
    const error = thrownBy(() => Builder.factory({ ...config, proxy: value as string }))
    expect(error).toMatchObject({ name: 'ConfigError', field: 'proxy', delivery: 'not-sent' })
    expect((error as Error).message).toContain('http://proxy.example.com:3128')
    expect(leaks(error, PASSWORD)).toBe(false)
  })

  test.each(['http://proxy.example.com', false])('%j has no place beside a dispatcher', (proxy) => {
    const make = () => Builder.factory({ ...config, proxy: proxy as string, dispatcher: new Agent() })
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError', field: 'proxy' }))
    expect(make).toThrow(/ProxyAgent/)
  })
})

describe('the environment', () => {
  const HERE = 'localhost,.localhost,127.0.0.1,[::1]'
  const proxies = (httpProxy: string, httpsProxy: string, noProxy = HERE) => ({
    httpProxy,
    httpsProxy,
    noProxy,
  })

  test.each<[Record<string, string>, unknown]>([
    [{}, undefined],
    [{ HTTPS_PROXY: '', HTTP_PROXY: '' }, undefined],
    [{ NO_PROXY: 'example.com' }, undefined],
    [{ HTTPS_PROXY: 'http://a:1' }, proxies('', 'http://a:1/')],
    [{ https_proxy: 'http://a:1' }, proxies('', 'http://a:1/')],
    [{ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, proxies('', 'http://a:1/')],
    [{ https_proxy: '', HTTPS_PROXY: 'http://b:1' }, proxies('', 'http://b:1/')],
    [{ HTTP_PROXY: 'http://a:1' }, proxies('http://a:1/', '')],
    [{ HTTP_PROXY: 'a:3128', HTTPS_PROXY: 'b' }, proxies('http://a:3128/', 'http://b/')],
    [{ HTTPS_PROXY: '  http://a:1 ' }, proxies('', 'http://a:1/')],
    [{ ALL_PROXY: 'socks5h://a:1' }, proxies('socks5://a:1', 'socks5://a:1')],
    [{ all_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, proxies('http://a:1/', 'http://b:1/')],
    [
      { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'b.com .c.com' },
      proxies('', 'http://a:1/', `b.com .c.com,${HERE}`),
    ],
    [{ HTTPS_PROXY: 'http://a:1', no_proxy: 'd', NO_PROXY: 'e' }, proxies('', 'http://a:1/', `d,${HERE}`)],
    [{ HTTPS_PROXY: 'http://a:1', NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://a:1', NO_PROXY: 'b.com, *' }, undefined],
    [{ HTTPS_PROXY: 'http://a:1', NO_PROXY: '*.b.com' }, proxies('', 'http://a:1/', `*.b.com,${HERE}`)],
  ])('%j', (env, expected) => {
    expect(environmentProxy(env)).toEqual(expected)
  })

  test.each(['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'])(
    '%s that is none is named, without what is in it',
    (name) => {
      for (const value of [`ftp://user:${PASSWORD}@a`, `user:${PASSWORD}@a:port`]) {
        const error = thrownBy(() => environmentProxy({ [name]: value }))
        expect(error).toMatchObject({ name: 'ConfigError', field: name })
        expect(leaks(error, PASSWORD)).toBe(false)
      }
    },
  )
})

/** A proxy that makes tunnels, to where it is told or, of names, to where `hosts` says. */
class ProxyServer {
  readonly server: Server
  /** Where to, and by whom. */
  readonly tunnels: (readonly [string, string | undefined])[] = []
  /** What it answers in place of making one; 0: nothing at all. */
  refuses: number | undefined

  constructor(hosts: (name: string) => number) {
    this.server = createServer((_, response) => response.writeHead(405).end())
    this.server.on('connect', (request, socket: Socket) => {
      socket.on('error', () => socket.destroy())
      const where = String(request.url)
      this.tunnels.push([where, request.headers['proxy-authorization']])
      if (this.refuses === 0) return
      if (this.refuses !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuses} No\r\n\r\n`)
        return
      }
      const upstream = connectTo(hosts(where), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
    })
  }

  static async start(hosts: (name: string) => number): Promise<readonly [ProxyServer, string]> {
    const proxy = new ProxyServer(hosts)
    const port = await listenOn(proxy.server)
    return [proxy, `http://merchant:${PASSWORD}@127.0.0.1:${port}`]
  }
}

const BASIC = `Basic ${Buffer.from(`merchant:${PASSWORD}`).toString('base64')}`

/** A platform that knows no TLS, and a proxy that leads every name there. */
async function stage(changes: Partial<Config> = {}) {
  const { server, visits } = scriptedServer([answers(() => signed('{"a":1}'))])
  const platform = await listenOn(server)
  const [proxy, address] = await ProxyServer.start(() => platform)
  const base_uri = 'http://gateway.example/'
  return { proxy, address, visits, platform, ...client({ base_uri, proxy: address, ...changes }) }
}

const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'ALL_PROXY', 'NODE_EXTRA_CA_CERTS'] as const

/** As long as something runs, the environment says this. */
async function within<T>(env: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const names = NAMES.flatMap((name) => [name, name.toLowerCase()])
  const before = names.map((name) => [name, process.env[name]] as const)
  for (const name of names) delete process.env[name]
  Object.assign(process.env, env)
  try {
    return await run()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

describe('a proxy', () => {
  test('makes a tunnel, and is told who we are; the platform is not', async () => {
    const { instance, proxy, visits } = await stage()
    await expect(instance.v3.x.get()).resolves.toMatchObject({ verified: true, data: { a: 1 } })
    await instance.v3.x.post({ json: {} })
    expect(new Set(proxy.tunnels.map(String))).toEqual(new Set([`gateway.example:80,${BASIC}`]))
    expect(visits).toHaveLength(2)
    for (const { headers } of visits) {
      expect(headers).not.toHaveProperty('proxy-authorization')
      expect(JSON.stringify(headers)).not.toContain(PASSWORD)
    }
  })

  test('of the option is used for this machine, too; of the environment it is not', async () => {
    const { proxy, address, platform, visits } = await stage()
    const base_uri = `http://127.0.0.1:${platform}/`
    await client({ base_uri, proxy: address.replace('http://', '') }).instance.v3.x.get()
    expect(proxy.tunnels).toHaveLength(1)
    await within({ HTTP_PROXY: address }, () => client({ base_uri }).instance.v3.x.get())
    expect([proxy.tunnels.length, visits.length]).toEqual([1, 2])
  })

  test.each<[string, (address: string) => Record<string, string>, number]>([
    ['HTTP_PROXY', (address) => ({ HTTP_PROXY: address }), 1],
    ['http_proxy', (address) => ({ http_proxy: address }), 1],
    ['ALL_PROXY', (address) => ({ ALL_PROXY: address }), 1],
    ['no scheme', (address) => ({ http_proxy: address.replace('http://', '') }), 1],
    ['another host in NO_PROXY', (address) => ({ HTTP_PROXY: address, NO_PROXY: 'other.invalid' }), 1],
    ['this host in NO_PROXY', (address) => ({ HTTP_PROXY: address, NO_PROXY: 'gateway.invalid' }), 0],
    ['its domain in NO_PROXY', (address) => ({ HTTP_PROXY: address, no_proxy: 'a,.invalid' }), 0],
    ['every host in NO_PROXY', (address) => ({ HTTP_PROXY: address, NO_PROXY: '*' }), 0],
  ])('is found in the environment: %s', async (_, env, tunnels) => {
    const { proxy, address } = await stage()
    await within(env(address), async () => {
      const { instance } = client({ base_uri: 'http://gateway.invalid/', retry: false })
      // Without a proxy, there is no such host.
      const outcome = await instance.v3.x.get().catch((error: unknown) => error)
      expect(outcome).toMatchObject(tunnels ? { status: 200 } : { delivery: 'not-sent' })
    })
    expect(proxy.tunnels).toHaveLength(tunnels)
  })

  test('of the environment is not asked with proxy: false', async () => {
    const { proxy, address } = await stage()
    await within({ HTTP_PROXY: address }, async () => {
      const { instance } = client({ base_uri: 'http://gateway.invalid/', retry: false, proxy: false })
      await expect(instance.v3.x.get()).rejects.toMatchObject({ delivery: 'not-sent' })
    })
    expect(proxy.tunnels).toEqual([])
  })

  test('that is none in the environment is told by the first call, and the client can be closed', async () => {
    await within({ HTTPS_PROXY: `ftp://user:${PASSWORD}@a` }, async () => {
      const { instance, driver } = client({})
      const error = await rejection(instance.v3.x.get())
      expect(error).toMatchObject({ name: 'ConfigError', field: 'HTTPS_PROXY' })
      expect(leaks(error, PASSWORD)).toBe(false)
      await driver.close()
    })
  })

  test.each<[string, number, object]>([
    ['wants another password', 407, { code: 'UND_ERR_ABORTED' }],
    ['does not let us through', 403, { code: 'UND_ERR_ABORTED' }],
  ])('that %s (%d) is asked once', async (_, status, expected) => {
    const { instance, proxy } = await stage()
    proxy.refuses = status
    const error = await rejection(instance.v3.x.post({ json: {} }))
    expect(error).toMatchObject({ name: 'TransportError', delivery: 'not-sent', ...expected })
    expect((error as Error).message).toContain(`the proxy answered ${status} instead`)
    expect(proxy.tunnels).toHaveLength(1)
  })

  test.each([502, 503, 504])(
    'that finds nobody (%d) is asked again, for nothing was sent',
    async (status) => {
      const { instance, proxy, visits } = await stage({ retry: { delay: 50 } })
      proxy.refuses = status
      const sent = instance.v3.x.post({ json: {} })
      await once(proxy.server, 'connect')
      proxy.refuses = undefined
      await expect(sent).resolves.toMatchObject({ status: 200 })
      expect([proxy.tunnels.length, visits.length]).toEqual([2, 1])
    },
  )

  test('that says nothing is waited for no longer than for any connection', async () => {
    const { instance, proxy } = await stage({ timeout: { connect: 200 }, retry: false })
    proxy.refuses = 0
    const began = performance.now()
    const error = await rejection(instance.v3.x.post({ json: {} }))
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(error).toMatchObject({ name: 'TransportError', delivery: 'not-sent' })
  })

  test('never shows its password, whatever goes wrong', async () => {
    const secrets = [PASSWORD, BASIC, 'merchant:']
    const { instance, driver, proxy, address, platform } = await stage({
      timeout: { connect: 200 },
      retry: false,
    })
    const errors: unknown[] = []
    for (const refuses of [407, 502, 0]) {
      proxy.refuses = refuses
      errors.push(await rejection(instance.v3.x.get()))
    }
    const nobody = address.replace(/\d+$/, String(await freePort()))
    errors.push(await rejection(client({ base_uri: 'http://a.example/', proxy: nobody }).instance.v3.x.get()))
    proxy.refuses = undefined
    const secure = client({ base_uri: `https://127.0.0.1:${platform}/`, proxy: address, retry: false })
    errors.push(await rejection(secure.instance.v3.x.get()))
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'TransportError', delivery: 'not-sent' })
      expect((error as WechatpayError).cause).toBeDefined()
      expect(leaks(error, ...secrets)).toBe(false)
    }
    expect(leaks(driver, ...secrets)).toBe(false)
    expect(leaks(instance, ...secrets)).toBe(false)
  })
})

describe('a SOCKS5 proxy', () => {
  test('is told the name, and makes the connection', async () => {
    const { server, visits } = scriptedServer([answers(() => signed('{"a":1}'))])
    const platform = await listenOn(server)
    const asked: string[] = []
    const socks = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy())
      const steps: ((data: Buffer) => void)[] = [
        (data) => socket.write(Buffer.from([5, data.includes(2) ? 2 : 0])),
        (data) => {
          asked.push(
            data
              .subarray(2)
              .toString('latin1')
              .replace(/[^\w-]/g, ':'),
          )
          socket.write(Buffer.from([1, 0]))
        },
        (data) => {
          asked.push(`${data.subarray(5, 5 + Number(data[4]))}:${data.readUInt16BE(data.length - 2)}`)
          const upstream = connectTo(platform, '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            upstream.pipe(socket).pipe(upstream)
          })
          socket.on('close', () => upstream.destroy())
        },
      ]
      socket.on('data', (data) => steps.shift()?.(data))
    })
    socks.listen(0, '127.0.0.1')
    await once(socks, 'listening')
    closing(async () => void socks.close())
    const { port } = socks.address() as AddressInfo
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const proxy = `socks5://merchant:${PASSWORD}@127.0.0.1:${port}`
    const { instance } = client({ base_uri: 'http://gateway.example/', proxy })
    await expect(instance.v3.x.get()).resolves.toMatchObject({ data: { a: 1 } })
    warned.mockRestore()
    expect(asked).toEqual([`merchant:${PASSWORD}`, 'gateway.example:80'])
    expect(visits).toHaveLength(1)
  })
})

describe('TLS, through a tunnel', () => {
  let simulator: Simulator
  let folder: string
  beforeAll(async () => {
    simulator = await Simulator.start({ tls: true })
    folder = mkdtempSync(join(tmpdir(), 'proxy-'))
    writeFileSync(join(folder, 'ca.crt'), String(simulator.ca))
  })
  afterAll(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true })
  })

  /** In a process of its own, which trusts the authority or does not. */
  async function refunds(trust: Record<string, string>): Promise<CertificateOutcome[]> {
    const port = Number(new URL(String(simulator.secureUrl)).port)
    const [proxy, address] = await ProxyServer.start(() => port)
    const input: CertificateCalls = {
      config: { ...simulator.credentials, base_uri: simulator.secureUrl, proxy: address, retry: false },
      calls: [
        { path: 'v2/secapi/pay/refund', security: true },
        { path: 'v2/secapi/pay/refund', security: false },
      ],
    }
    const script = require.resolve('./support/certificate-calls')
    const ended = await within(trust, () =>
      runProcess(script, { input: JSON.stringify(input), limit: 15_000 }),
    )
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
    expect(new Set(proxy.tunnels.map(String))).toEqual(new Set([`127.0.0.1:${port},${BASIC}`]))
    return JSON.parse(ended.stdout) as CertificateOutcome[]
  }

  test('shows the client certificate to the host', async () => {
    const outcomes = await refunds({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt') })
    expect(outcomes).toMatchObject([{ delivery: 'delivered' }, { code: 'HTTP_400', delivery: 'delivered' }])
    expect(outcomes[0]).not.toMatchObject({ code: 'HTTP_400' })
    expect(simulator.requests.map(({ code }) => code === 'CERT_ERROR')).toEqual([false, true])
  })

  test('is with the host, whose certificate is verified', async () => {
    const refused = { code: expect.stringMatching(/CERT|SIGNATURE/), delivery: 'not-sent' }
    expect(await refunds({})).toEqual([refused, refused])
  })
})
