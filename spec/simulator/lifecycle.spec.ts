import { spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, get, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Credentials, Simulator } from '../../lib/simulator'
import { Nonces } from '../../lib/simulator/nonces'
import { authorization, call, order, send } from './client'

const ROOT = join(__dirname, '../..')

const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()

const TSX = ['--import', 'tsx']

describe('closing', () => {
  test('drops connections that idle, hang or wait, and refuses new ones', async () => {
    const simulator = await Simulator.start({ mode: 'public-key' })
    const { hostname, port } = new URL(simulator.url)
    const agent = new Agent({ keepAlive: true })
    await new Promise((resolve, reject) => {
      get({ hostname, port, agent }, (response) => response.resume().on('end', resolve)).on('error', reject)
    })
    simulator.fault({ kind: 'hang', times: 1 })
    const hanging = call(simulator, 'GET', '/').catch((error: unknown) => error)
    while (simulator.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    simulator.fault({ kind: 'delay', ms: 60_000, times: 1 })
    const waiting = call(simulator, 'GET', '/').catch((error: unknown) => error)
    const silent = connect(Number(port), hostname)
    const dropped = new Promise((resolve) => silent.on('close', resolve).on('error', () => {}))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await simulator.close()
    expect(await hanging).toMatchObject({ code: 'ECONNRESET' })
    expect(await waiting).toMatchObject({ code: 'ECONNRESET' })
    await dropped
    agent.destroy()
    await expect(call(simulator, 'GET', '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await simulator.close()
  })

  test('leaves nothing that keeps the process alive', () => {
    const script = `
      const { Simulator } = require('./lib/simulator/index.ts')
      Simulator.start().then(async (simulator) => {
        simulator.fault({ kind: 'foreign' })
        const response = await fetch(simulator.url)
        console.log(response.status)
        await simulator.close()
      })`
    const { status, stdout, stderr } = spawnSync(process.execPath, [...TSX, '-e', script], {
      cwd: ROOT,
      timeout: 15_000,
    })
    expect([status, stdout.toString().trim(), stderr.toString()]).toEqual([0, '401', ''])
  })

  test('is done by leaving the scope', async () => {
    let url = ''
    {
      await using simulator = await Simulator.start({ mode: 'public-key' })
      url = simulator.url
      expect((await fetch(url)).status).toBe(401)
    }
    await expect(fetch(url)).rejects.toThrow()
  })
})

describe('the memory', () => {
  test('of requests is bounded by number and by size', async () => {
    await using simulator = await Simulator.start({ mode: 'public-key', capacity: 5 })
    for (let count = 1; count <= 7; count++)
      await send(simulator, 'GET', `/${count}`, { 'User-Agent': 'spec' })
    expect(simulator.requests.map(({ target }) => target)).toEqual(['/3', '/4', '/5', '/6', '/7'])
    const body = Buffer.alloc(6 * 1024 * 1024)
    for (let count = 1; count <= 3; count++)
      await send(simulator, 'POST', `/big/${count}`, { 'User-Agent': 'spec' }, body)
    expect(simulator.requests.map(({ target }) => target)).toEqual(['/big/2', '/big/3'])
  })

  test('of nonces holds many, and lets go after the period', () => {
    const nonces = new Nonces(1000)
    const all = Array.from({ length: 20_000 }, (_, index) => `nonce-${index}`)
    expect(all.every((nonce) => nonces.use(nonce, 0))).toBe(true)
    const forgotten = all.filter((nonce) => nonces.use(nonce, 1000))
    expect(forgotten.length).toBeLessThan(20)
    expect(nonces.use('nonce-0', 2001)).toBe(true)
  })

  test('stays flat under load', async () => {
    await using simulator = await Simulator.start({ capacity: 100 })
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const { hostname: host, port } = new URL(simulator.url)
    const one = (id: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const [method, path] = ['POST', '/v3/pay/transactions/native']
        const body = JSON.stringify(order(simulator, `LOAD-${id}`))
        const headers = {
          'User-Agent': 'spec',
          'Content-Type': 'application/json',
          Authorization: authorization(simulator, method, path, body),
        }
        request({ host, port, agent, method, path, headers }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
          response.resume().on('end', resolve)
        })
          .on('error', reject)
          .end(body)
      })
    let count = 0
    const heapAfter = async (total: number): Promise<number> => {
      for (; count < total; count += 50)
        await Promise.all(Array.from({ length: 50 }, (_, index) => one(count + index)))
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    const before = await heapAfter(1000)
    // A request or an order weighs more than 1 kB: 2,500 of them, if kept, would be seen.
    expect((await heapAfter(3500)) - before).toBeLessThan(1024 * 1024)
    expect(simulator.requests).toHaveLength(100)
    agent.destroy()
  })
})

test('listens on IPv6 loopback too', async () => {
  const simulator = await Simulator.start({ mode: 'public-key', host: '::1' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return undefined
      throw error
    },
  )
  if (!simulator) return
  expect(simulator.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/)
  expect((await fetch(simulator.url)).status).toBe(401)
  await simulator.close()
})

test('a port that is taken is an error', async () => {
  await using simulator = await Simulator.start({ mode: 'public-key' })
  const port = Number(new URL(simulator.url).port)
  await expect(Simulator.start({ mode: 'public-key', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

describe('the command', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const command = [...TSX, join(ROOT, 'lib/simulator/cli.ts')]

  test('runs until it is told to stop, and keeps its secrets out of sight', async () => {
    const file = join(folder, 'credentials.json')
    const ca = join(folder, 'ca.pem')
    writeFileSync(file, 'old', { mode: 0o644 })
    const options = ['--credentials', file, '--mode', 'both', '--tls', ca]
    const child = spawn(process.execPath, [...command, ...options], { cwd: ROOT })
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk
    })
    await new Promise((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk
        if (output.includes('keys:')) resolve(undefined)
      })
      child.on('exit', resolve)
    })
    const credentials = JSON.parse(readFileSync(file, 'utf8')) as Credentials
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'credentials.json'])
    const certificate = new X509Certificate(readFileSync(ca))
    expect(new X509Certificate(credentials.merchant?.cert ?? '').checkIssued(certificate)).toBe(true)
    expect(output).toMatch(/^over TLS https:\/\/127\.0\.0\.1:\d+\/$/m)
    expect(output.split('\n')[0]).toBe(credentials.base_uri)
    expect((await fetch(credentials.base_uri)).status).toBe(401)
    for (const secret of ['PRIVATE KEY', credentials.secret, credentials.apiv3Key])
      expect(output).not.toContain(secret)
    const exit = new Promise((resolve) => child.on('exit', (...result) => resolve(result)))
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })

  const run = (...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...options], { cwd: ROOT })
    return { status, stdout: stdout.toString(), stderr: stderr.toString() }
  }

  test('explains itself', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    for (const option of ['--port', '--mode', '--tls', '--credentials', '--help'])
      expect(stdout).toContain(option)
  })

  test.each([
    [['--port', '65536'], '--port'],
    [['--mode', 'none'], '--mode'],
    [['--ports', '1'], '--ports'],
  ])('refuses %j', (options, named) => {
    const { status, stderr } = run(...options)
    expect(status).toBe(2)
    expect(stderr).toContain(named)
    expect(stderr).toContain('Usage:')
  })

  test('stops when the file cannot be written', () => {
    const { status, stderr } = run('--credentials', join(folder, 'none', 'credentials.json'))
    expect(status).toBe(1)
    expect(stderr).toContain('ENOENT')
  })
})
