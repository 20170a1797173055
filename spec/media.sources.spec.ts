import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs, {
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { Builder, type Instance, type MediaInput, MediaUtil, Rsa } from '../lib'
import { STREAM_LIMIT } from '../lib/media-source'
import { config } from './conformance/platform'
import { thrownBy } from './support/leaks'
import { SlowServer } from './support/slow-server'

const SIZE = 6_000_000
let folder: string
let server: SlowServer
let root: Instance

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'media-'))
  server = await SlowServer.start()
  root = Builder.factory({ ...config, base_uri: server.url })
})
afterAll(async () => {
  await Builder.driver(root).close()
  await server.close()
  rmSync(folder, { recursive: true })
})
afterEach(() => jest.restoreAllMocks())

const digestOf = (...pieces: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(pieces)).digest('hex')

/** Sends it as in the PHP SDK. @returns how the call failed */
const sent = (media: MediaUtil): Promise<unknown> =>
  root.v3.merchant.media.video_upload
    .post({ body: media.getStream(), headers: { 'Content-Type': media.getContentType() } })
    .catch((reason: unknown) => reason)

const refused = (media: MediaInput, timeout = 2_000): Promise<unknown> =>
  root
    .chain('v3/merchant/media/video_upload')
    .post({ media, timeout })
    .catch((reason: unknown) => reason)

/** The form around a file. */
function whole(media: MediaUtil, bytes: Buffer, type: string): Buffer {
  const { boundary } = /boundary=(?<boundary>.*)/.exec(media.getContentType())?.groups ?? {}
  const meta = `{"filename":"a.mp4","sha256":"${digestOf(bytes)}"}`
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n${meta}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: ${type}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

describe('a file system that gives fewer bytes at a time than it was asked for', () => {
  const file = (): string => join(folder, 'a.mp4')
  let prototype: FileHandle

  beforeAll(async () => {
    writeFileSync(file(), '')
    const handle = await open(file())
    prototype = Object.getPrototypeOf(handle) as FileHandle
    await handle.close()
  })

  it.each([1_000, 4_096, 16_384, 65_536, 65_535])('%i at a time', async (most) => {
    const bytes = randomBytes(most < 4_096 ? SIZE / 4 : SIZE)
    writeFileSync(file(), bytes)
    const read = prototype.read as (...args: unknown[]) => unknown
    jest.spyOn(prototype, 'read').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [buffer, offset, length] = args as [Buffer, number, number]
      return read.call(this, buffer, offset, Math.min(length, most))
    } as typeof prototype.read)
    const media = new MediaUtil(file())
    // A server that is slow to read: pieces wait for one another.
    server.delay = 1
    expect(await sent(media)).toMatchObject({ status: 404 })
    const form = whole(media, bytes, 'video/mp4')
    expect(await server.arrivals()).toEqual([{ length: form.length, sha256: digestOf(form), whole: true }])
    server.delay = 0
  })
})

describe('a pipe', () => {
  // To open one would wait for whoever writes into it, with a thread that nobody gets back.
  it('is refused at once', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const message = expect.stringMatching(/^media: is no file/)
    expect(await refused({ file: pipe })).toMatchObject({ name: 'RequestError', message })
    expect(thrownBy(() => new MediaUtil(pipe))).toMatchObject({ name: 'RequestError', message })
  })

  it('also when it takes the place of a file', async () => {
    const path = join(folder, 'replaced')
    writeFileSync(path, 'x')
    const media = new MediaUtil(path)
    rmSync(path)
    execFileSync('mkfifo', [path])
    expect(thrownBy(() => media.getMeta())).toMatchObject({ field: 'media' })
    expect(await refused(media)).toMatchObject({ name: 'RequestError', field: 'media' })
  })
})

describe('a stream of createReadStream', () => {
  const file = (): string => join(folder, 'streamed.mp4')
  const openFiles = (): string[] =>
    (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)].filter((path) => path.startsWith(folder))
      } catch {
        return []
      }
    })
  /** What was sent of a file, without what stands around it. */
  const arrived = async (media: MediaInput): Promise<string> => {
    let sent = ''
    const own = Builder.factory({
      ...config,
      base_uri: server.url,
      privateKey: {
        sign: (message) => {
          sent = /"sha256":"(\w+)"/.exec(message)?.[1] ?? ''
          return Rsa.sign(message, config.privateKey as string)
        },
      },
    })
    const error = await own.v3.merchant.media.video_upload.post({ media }).catch((reason: unknown) => reason)
    await Builder.driver(own).close()
    expect(error).toMatchObject({ status: 404 })
    expect((await server.arrivals()).map(({ whole }) => whole)).toEqual([true])
    return sent
  }

  it('on a whole file is not held, however long that is, and is closed', async () => {
    writeFileSync(file(), 'x')
    truncateSync(file(), STREAM_LIMIT + 1)
    const opened = createReadStream(file())
    await once(opened, 'open')
    const digest = digestOf(Buffer.from('x'), Buffer.alloc(STREAM_LIMIT))
    for (const stream of [createReadStream(file()), opened, opened])
      expect(await arrived(stream)).toBe(digest)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([opened.destroyed, openFiles()]).toEqual([true, []])
  })

  it('on a part of one is that part', async () => {
    writeFileSync(file(), 'abcdef')
    for (const [range, part] of [
      [{ start: 1, end: 3 }, 'bcd'],
      [{ start: 4 }, 'ef'],
      [{ end: 1 }, 'ab'],
    ] as const)
      expect(await arrived(createReadStream(file(), range))).toBe(digestOf(Buffer.from(part)))
    const latin1 = { file: createReadStream(file(), 'base64'), filename: 'a.mp4' }
    expect(await arrived(latin1)).toBe(digestOf(Buffer.from('YWJjZGVm')))
    const begun = createReadStream(file(), { highWaterMark: 2 })
    await once(begun, 'readable')
    expect(String(begun.read(1))).toBe('a')
    expect(await arrived(begun)).toBe(digestOf(Buffer.from('bcdef')))
  })

  it('that has opened another file, or one that is no more, is what it reads', async () => {
    writeFileSync(file(), 'mine')
    const other = join(folder, 'other.mp4')
    writeFileSync(other, 'other')
    const open = ((_: string, ...rest: [string, number, () => void]) =>
      fs.open(other, ...rest)) as typeof fs.open
    const { read, close } = fs
    expect(await arrived(createReadStream(file(), { fs: { open, read, close } }))).toBe(
      digestOf(Buffer.from('other')),
    )
    const replaced = createReadStream(file())
    await once(replaced, 'open')
    renameSync(other, file())
    expect(await arrived(replaced)).toBe(digestOf(Buffer.from('mine')))
    const removed = createReadStream(file())
    await once(removed, 'open')
    rmSync(file())
    expect(await arrived(removed)).toBe(digestOf(Buffer.from('other')))
    writeFileSync(file(), 'by its number')
    const numbered = createReadStream('', { fd: openSync(file(), 'r') })
    expect(await arrived({ file: numbered, filename: 'a.mp4' })).toBe(digestOf(Buffer.from('by its number')))
  })

  it('is closed, too, by a MediaUtil whose body goes elsewhere', async () => {
    writeFileSync(file(), 'whole')
    const stream = createReadStream(file())
    const media = new MediaUtil('a.mp4', stream)
    expect(await buffer(media.getStream())).toEqual(whole(media, Buffer.from('whole'), 'video/mp4'))
    expect(stream.destroyed).toBe(true)
  })

  it('on no file', async () => {
    const none = createReadStream(join(folder, 'none'))
    expect(await refused(none)).toMatchObject({ field: 'media', message: expect.stringContaining('ENOENT') })
    const destroyed = createReadStream(__filename)
    destroyed.destroy()
    expect(await refused(destroyed)).toMatchObject({ field: 'media' })
  })
})

describe('a web stream', () => {
  it('is read once, and sent as often as one likes', async () => {
    const bytes = randomBytes(100_000)
    const file = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 7))
        controller.enqueue(bytes.subarray(7))
        controller.close()
      },
    })
    for (const _ of [1, 2]) expect(await refused({ file, filename: 'a.mp4' })).toMatchObject({ status: 404 })
    const arrivals = await server.arrivals()
    expect(arrivals.map(({ whole }) => whole)).toEqual([true, true])
  })

  it('that never ends is cancelled with its call', async () => {
    const cancel = jest.fn()
    const endless = new ReadableStream({ pull: () => new Promise(() => {}), cancel })
    const error = await refused({ file: endless, filename: 'a.mp4' }, 30)
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', delivery: 'not-sent' })
    await new Promise(setImmediate)
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it.each<[string, (stream: ReadableStream) => unknown, RegExp]>([
    ['someone else reads', (stream) => stream.getReader(), /ERR_INVALID_STATE/],
    ['failed', (stream) => stream, /cannot be read \(TypeError\)/],
  ])('that %s cannot be read', async (_, prepare, message) => {
    const pull = (): never => {
      throw new TypeError('gone')
    }
    const stream = new ReadableStream({ pull }, { highWaterMark: 0 })
    prepare(stream)
    const error = await refused({ file: stream, filename: 'a.mp4' })
    expect(error).toMatchObject({ field: 'media', message: expect.stringMatching(message) })
  })
})

test('what a Blob failed with is told by its name: its code is a number', async () => {
  const blob = new Blob(['x'])
  const stream = new ReadableStream<Uint8Array>({
    pull() {
      throw new DOMException('The blob could not be read', 'NotReadableError')
    },
  })
  jest.spyOn(blob, 'stream').mockImplementation((() => stream) as typeof blob.stream)
  expect(await refused({ file: blob, filename: 'a.mp4' })).toMatchObject({
    message: 'media: cannot be read (NotReadableError); nothing was sent',
  })
})

describe('the name beside a content', () => {
  it('is the path of an address', () => {
    const media = new MediaUtil(pathToFileURL('/x/图 片.png'), Buffer.from('x'))
    expect(JSON.parse(media.getMeta())).toMatchObject({ filename: '图 片.png' })
  })

  it.each([undefined, null, 7, {}, new URL('https://example.com/a.png'), new URL('file:///a%2Fb')])(
    'is not %p',
    (name) => {
      const error = thrownBy(() => new MediaUtil(name as string, Buffer.from('x')))
      expect(error).toMatchObject({ name: 'RequestError', field: 'media.filename' })
    },
  )

  it('is no path on this machine, either', () => {
    const error = thrownBy(() => new MediaUtil(new URL('file:///a%2Fb')))
    expect(error).toMatchObject({ name: 'RequestError', field: 'media' })
  })
})

test('a MediaUtil of a file that has changed says what helps', async () => {
  const file = join(folder, 'b.mp4')
  writeFileSync(file, 'x')
  const media = new MediaUtil(file)
  writeFileSync(file, 'yy')
  const message = expect.stringMatching(/with a new MediaUtil/)
  expect(await sent(media)).toMatchObject({ code: 'ERR_MEDIA_CHANGED', message })
  expect(await sent(new MediaUtil(file))).toMatchObject({ status: 404 })
  await server.arrivals()
})
