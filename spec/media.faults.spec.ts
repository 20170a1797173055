import { createHash, createSign, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Builder, type Config, type Instance, type MediaInput, MediaUtil, TransportError } from '../lib'
import { config, keys } from './conformance/platform'
import { type Arrival, SlowServer } from './support/slow-server'

const SIZE = 3_000_000
const LARGE = 100 * 1024 * 1024
let folder: string
let file: string
let server: SlowServer
let root: Instance

beforeAll(async () => {
  server = await SlowServer.start()
})
afterAll(() => server.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'media-'))
  file = join(folder, 'a.mp4')
  writeFileSync(file, randomBytes(SIZE))
  server.delay = 0
  root = make()
})
afterEach(async () => {
  await Builder.driver(root).close()
  expect(openFiles()).toEqual([])
  rmSync(folder, { recursive: true })
})

const make = (changes: Partial<Config> = {}): Instance =>
  Builder.factory({ ...config, base_uri: server.url, ...changes })

/** Which files of the folder this process has open. */
function openFiles(): string[] {
  if (!existsSync('/proc/self/fd')) return []
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((link) => link.startsWith(folder))
}

async function failure(media: MediaInput, options: object = {}): Promise<TransportError> {
  const error: unknown = await root.v3.merchant.media.video_upload
    .post({ media, ...options })
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(TransportError)
  return error as TransportError
}

/** Rewrites something while the call is being signed, which is between the two readings. */
const whileSigning = (change: () => void): Instance =>
  make({
    privateKey: {
      sign(message) {
        change()
        return createSign('sha256').update(message).sign(keys.merchantPrivate, 'base64')
      },
    },
  })

const truncated = (arrivals: readonly Arrival[]): void => {
  for (const { whole } of arrivals) expect(whole).toBe(false)
}

describe('a file that changes between its two readings', () => {
  const times = (): [Date, Date] => {
    const { atime, mtime } = statSync(file)
    return [atime, mtime]
  }
  const other = (): void => writeFileSync(file, randomBytes(SIZE))

  it.each<[string, () => void]>([
    ['rewritten', other],
    ['grown', () => appendFileSync(file, 'x')],
    ['cut', () => truncateSync(file, 10)],
    ['emptied', () => truncateSync(file)],
    ['removed', () => rmSync(file)],
    [
      'replaced',
      () => {
        writeFileSync(`${file}.new`, randomBytes(SIZE))
        renameSync(`${file}.new`, file)
      },
    ],
    [
      'rewritten, with the time set back',
      () => {
        const before = times()
        other()
        utimesSync(file, ...before)
      },
    ],
  ])('%s', async (_, change) => {
    root = whileSigning(change)
    const before = new Date(Math.floor(Date.now() / 1000) * 1000)
    utimesSync(file, before, before)
    expect(await failure(file)).toMatchObject({ code: 'ERR_MEDIA_CHANGED', delivery: 'not-sent' })
    truncated(await server.arrivals())
  })

  it('while it is being sent', async () => {
    let changed = false
    const onProgress = (sent: number): void => {
      if (sent < SIZE / 2 || changed) return
      changed = true
      appendFileSync(file, 'x')
    }
    expect(await failure({ file, onProgress })).toMatchObject({ code: 'ERR_MEDIA_CHANGED' })
    const arrivals = await server.arrivals()
    expect(arrivals).toHaveLength(1)
    truncated(arrivals)
  })

  it('or after its MediaUtil was made', async () => {
    const media = new MediaUtil(file)
    appendFileSync(file, 'x')
    expect(await failure(media)).toMatchObject({ code: 'ERR_MEDIA_CHANGED', delivery: 'not-sent' })
    expect(() => media.getMeta()).toThrow(/changed/)
    await expect(buffer(media.getStream())).rejects.toMatchObject({ code: 'ERR_MEDIA_CHANGED' })
    expect(await server.arrivals()).toEqual([])
  })

  it('or a Buffer', async () => {
    const bytes = randomBytes(SIZE)
    root = whileSigning(() => bytes.fill(0))
    expect(await failure({ file: bytes, filename: 'a.mp4' })).toMatchObject({ code: 'ERR_MEDIA_CHANGED' })
    truncated(await server.arrivals())
  })

  it('leaves a client that goes on working', async () => {
    root = whileSigning(() => {})
    const media = new MediaUtil(file)
    const call = root.v3.merchant.media.video_upload.post({ media })
    await expect(call).rejects.toMatchObject({ status: 404 })
    rmSync(file)
    expect(await failure(media)).toMatchObject({ code: 'ERR_MEDIA_CHANGED' })
    await expect(root.v3.certificates.get()).rejects.toMatchObject({ status: 404 })
    expect((await server.arrivals()).map(({ whole }) => whole).filter(Boolean)).toHaveLength(2)
  })
})

describe('a call given up', () => {
  beforeEach(() => truncateSync(file, LARGE))

  it('while the file is hashed has sent nothing', async () => {
    const signal = AbortSignal.timeout(2)
    expect(await failure(file, { signal })).toMatchObject({ code: 'ERR_ABORTED', delivery: 'not-sent' })
    expect(await failure(file, { timeout: 2 })).toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
    await closed()
    expect(await server.arrivals()).toEqual([])
  })

  it.each<[string, (abort: AbortController) => object, string]>([
    ['aborted', ({ signal }) => ({ signal }), 'ERR_ABORTED'],
    ['out of time', () => ({ timeout: 2_500 }), 'ERR_TIMEOUT'],
  ])('while it is sent: %s', async (_, options, code) => {
    server.delay = 20
    const abort = new AbortController()
    const onProgress = (sent: number): void => {
      if (sent > LARGE / 100 && code === 'ERR_ABORTED') abort.abort()
    }
    const error = await failure({ file, onProgress }, options(abort))
    expect(error).toMatchObject({ code, delivery: 'unknown' })
    await closed()
    server.delay = 0
    truncated(await server.arrivals())
  })

  it('lets go of a stream that never ends', async () => {
    const endless = new Readable({ read() {} })
    const media = { file: endless, filename: 'a.mp4' }
    expect(await failure(media, { timeout: 30 })).toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
    expect(endless.destroyed).toBe(true)
  })

  /** Closing a file takes a moment. */
  async function closed(): Promise<void> {
    for (let wait = 0; openFiles().length > 0 && wait < 100; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
})

test('a listener that throws ends the call', async () => {
  const onProgress = (): void => {
    throw new Error('mine')
  }
  const call = root.v3.merchant.media.video_upload.post({ media: { file, onProgress } })
  await expect(call).rejects.toMatchObject({ name: 'RequestError', field: 'media.onProgress' })
  truncated(await server.arrivals())
})

test('a server that is not there', async () => {
  const away = make({ base_uri: 'http://127.0.0.1:1/' })
  const call = away.v3.merchant.media.video_upload.post({ media: file })
  await expect(call).rejects.toMatchObject({ code: 'ECONNREFUSED', delivery: 'not-sent' })
  await Builder.driver(away).close()
})

test('what arrives is what is on disk, however slowly it is read, and many at once', async () => {
  const bytes = randomBytes(5 * SIZE)
  writeFileSync(file, bytes)
  server.delay = 1
  const media = new MediaUtil(file)
  const { boundary } = /boundary=(?<boundary>.*)/.exec(media.getContentType())?.groups ?? {}
  const meta = JSON.stringify({ filename: 'a.mp4', sha256: createHash('sha256').update(bytes).digest('hex') })
  const body = { body: media.getStream(), headers: { 'Content-Type': media.getContentType() } }
  const calls = [1, 2, 3].map(() => root.v3.merchant.media.video_upload.post(body).catch(() => {}))
  await Promise.all(calls)
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n${meta}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: video/mp4\r\n\r\n`
  const whole = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  const arrival = {
    length: whole.length,
    sha256: createHash('sha256').update(whole).digest('hex'),
    whole: true,
  }
  expect(await server.arrivals()).toEqual([arrival, arrival, arrival])
})
