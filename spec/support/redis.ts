import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createClient } from 'redis'

const installed = spawnSync('redis-server', ['--version']).status === 0
const { REDIS_URL } = process.env

export interface RedisServer {
  readonly url: string
  stop(): Promise<unknown>
}

/**
 * Tests that need a Redis: the one at `REDIS_URL`, else a `redis-server` of their own on a free loopback port. With neither
 * they say so.
 */
export function describeWithRedis(name: string, tests: (url: () => string) => void): void {
  if (REDIS_URL === undefined && !installed) {
    test(name, () => console.warn(`not run, for there is no redis-server: ${name}`))
    return
  }
  describe(name, () => {
    let server: RedisServer
    beforeAll(async () => {
      server = REDIS_URL === undefined ? await startRedis() : { url: REDIS_URL, stop: async () => {} }
    })
    afterAll(() => server.stop())
    tests(() => server.url)
  })
}

/** A test that starts servers of its own; they are stopped at its end. */
export function testWithRedisServer(name: string, run: (start: typeof startRedis) => Promise<void>): void {
  if (!installed) {
    test(name, () => console.warn(`not run, for there is no redis-server: ${name}`))
    return
  }
  test(name, async () => {
    const started: RedisServer[] = []
    try {
      await run(async (port) => {
        const server = await startRedis(port)
        started.push(server)
        return server
      })
    } finally {
      await Promise.all(started.map((server) => server.stop()))
    }
  })
}

/** Starts a server that keeps nothing, and waits until it answers. */
async function startRedis(port?: number): Promise<RedisServer & { readonly port: number }> {
  const own = port ?? (await freePort())
  const options = ['--port', String(own), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const stop = () => {
    child.kill()
    return exited
  }
  const url = `redis://127.0.0.1:${own}`
  const client = createClient({ url, socket: { reconnectStrategy: (tries) => tries < 200 && 50 } })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.close()
  } catch (error) {
    await stop()
    throw error
  }
  return { url, port: own, stop }
}

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
