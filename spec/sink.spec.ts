import { execFile, execFileSync } from 'node:child_process'
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { TransportError } from '../lib'
import { writeTo } from '../lib/sink'
import { temporaryFolder } from './support/keys'

const HOUR = 3_600_000
const root = temporaryFolder()
const body = (text = 'a bill') => Readable.from([Buffer.from(text)])
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )
const aged = (path: string, hours: number): void => {
  const then = new Date(Date.now() - hours * HOUR)
  utimesSync(path, then, then)
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'sink-'))
})
afterEach(() => {
  jest.restoreAllMocks()
})

/** The names that are there while a file is written. */
async function partials(): Promise<string[]> {
  for (let tries = 0; tries < 200; tries++) {
    const found = readdirSync(folder).filter((name) => name.endsWith('.part'))
    if (found.length > 0) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('nothing is written')
}

describe('what a process left that was killed while it wrote', () => {
  const UUID = '0b6f3c5e-8d2a-4c1f-9e7b-3a5d1c2e4f60'
  const of = (name: string): string => `${name}.${UUID}.wechatpay.part`
  const put = (name: string, hours: number): string => {
    const path = join(folder, name)
    writeFileSync(path, 'half a bill')
    aged(path, hours)
    return name
  }

  test('has the name that is looked for', async () => {
    const slow = new PassThrough()
    const written = writeTo(join(folder, 'bill.csv'), slow)
    const [name = ''] = await partials()
    slow.end('a bill')
    await written
    expect(name.replace(/[\da-f]{8}-.*?(?=\.)/, UUID)).toBe(of('bill.csv'))
  })

  test('is removed after a day, when another file is written there', async () => {
    put(of('bill-1.csv'), 24.1)
    put(of('bill-2.csv'), 1000)
    await writeTo(join(folder, 'bill-3.csv'), body())
    expect(readdirSync(folder)).toEqual(['bill-3.csv'])
  })

  test('or is not written there', async () => {
    put(of('bill.csv'), 25)
    const gone = new Error('gone')
    const broken = new Readable({ read: () => broken.destroy(gone) })
    expect(await failure(writeTo(join(folder, 'bill.csv'), broken))).toBe(gone)
    expect(readdirSync(folder)).toEqual([])
  })

  test('nothing else is: what is younger, what is no file, and what is not ours', async () => {
    const kept = [
      put(of('bill.csv'), 23.9),
      put('bill.csv.part', 1000),
      put(`bill.csv.${UUID}.part`, 1000),
      put(`${of('bill.csv')}.gz`, 1000),
      put('bill.csv.0b6f.wechatpay.part', 1000),
      put('old.csv', 1000),
    ]
    const [directory, link] = [of('directory'), of('link')]
    mkdirSync(join(folder, directory))
    aged(join(folder, directory), 1000)
    symlinkSync(join(folder, 'old.csv'), join(folder, link))
    fs.lutimesSync(join(folder, link), 0, 0)
    await writeTo(join(folder, 'bill.csv'), body())
    expect(readdirSync(folder).sort()).toEqual([...kept, directory, link, 'bill.csv'].sort())
    expect(lstatSync(join(folder, link)).isSymbolicLink()).toBe(true)
  })

  test('not that of one who lives, however long nothing has come', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval')
    const slow = new PassThrough()
    const written = writeTo(join(folder, 'bill.csv'), slow)
    slow.write('a bill ')
    const [name = ''] = await partials()
    const [signOfLife, every] = timers.mock.calls.find(([, period]) => period === HOUR) ?? []
    expect(every).toBe(HOUR)
    aged(join(folder, name), 48)
    await signOfLife?.()
    for (let at = 0; at < 5; at++) await writeTo(join(folder, `other-${at}.csv`), body())
    expect(existsSync(join(folder, name))).toBe(true)
    slow.end('that came late')
    await written
    expect(readFileSync(join(folder, 'bill.csv'), 'utf8')).toBe('a bill that came late')
  })

  test('many at once, of the same name: each is whole', async () => {
    const texts = Array.from({ length: 20 }, (_, at) => `${at} `.repeat(50_000))
    await Promise.all(texts.map((text) => writeTo(join(folder, 'bill.csv'), body(text))))
    expect(texts).toContain(readFileSync(join(folder, 'bill.csv'), 'utf8'))
    expect(readdirSync(folder)).toEqual(['bill.csv'])
  })
})

describe('a power failure', () => {
  test('finds the file on the disk before it has its name, and then the name', async () => {
    const events: string[] = []
    const state = (): string => (existsSync(join(folder, 'bill.csv')) ? 'named' : 'not named')
    const { fsync } = fs
    jest.spyOn(fs, 'fsync').mockImplementation((fd, done) => {
      events.push(`file, ${fs.fstatSync(fd).size} bytes, ${state()}`)
      fsync(fd, done)
    })
    const handle = await open(folder)
    const prototype = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    const { sync } = prototype
    jest.spyOn(prototype, 'sync').mockImplementation(function (this: typeof handle) {
      events.push(`folder, ${state()}`)
      return sync.call(this)
    })
    await writeTo(join(folder, 'bill.csv'), body())
    expect(events).toEqual(['file, 6 bytes, not named', 'folder, named'])
  })

  test('a disk that fails when it is asked to write at last', async () => {
    const broken = Object.assign(new Error('broken'), { code: 'EIO' })
    jest.spyOn(fs, 'fsync').mockImplementation((_, done) => done(broken))
    const error = await failure(writeTo(join(folder, 'bill.csv'), body()))
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ code: 'ERR_SINK', message: expect.stringContaining('EIO') })
    expect(readdirSync(folder)).toEqual([])
  })
})

test('a name that is as long as it may be', async () => {
  for (const name of ['x'.repeat(255), `${'账'.repeat(84)}🧋`.slice(0, 84)]) {
    await writeTo(join(folder, name), body())
    expect(readFileSync(join(folder, name), 'utf8')).toBe('a bill')
  }
  expect(readdirSync(folder)).toHaveLength(2)
})

describe('what is there already', () => {
  const path = (): string => join(folder, 'bill.csv')
  const [LINK, TARGET] = ['bill.csv', 'target.csv'] as const

  test('a link stays a link, and the file behind it is the new one', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    const target = join('elsewhere', TARGET)
    writeFileSync(join(folder, target), 'old')
    symlinkSync(target, join(folder, LINK))
    await writeTo(path(), body())
    expect(readlinkSync(path())).toBe(target)
    expect(readFileSync(join(folder, target), 'utf8')).toBe('a bill')
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual([TARGET])
  })

  test('a file that others may not read', async () => {
    writeFileSync(path(), 'old', { mode: 0o600 })
    await writeTo(path(), body())
    expect([statSync(path()).mode & 0o777, readFileSync(path(), 'utf8')]).toEqual([0o600, 'a bill'])
  })

  test('a pipe is written, and stays one', async () => {
    execFileSync('mkfifo', [path()])
    const reader = promisify(execFile)('cat', [path()], { timeout: 5_000 })
    const [{ stdout }] = await Promise.all([reader, writeTo(path(), body())])
    expect([stdout, statSync(path()).isFIFO(), readdirSync(folder)]).toEqual(['a bill', true, ['bill.csv']])
  })

  test('a directory: nothing is read for it', async () => {
    mkdirSync(path())
    const read = jest.fn()
    const unread = new Readable({ read, highWaterMark: 0 })
    const error = await failure(writeTo(path(), unread))
    expect(error).toMatchObject({ code: 'ERR_SINK', message: expect.stringContaining('EISDIR') })
    expect([unread.destroyed, readdirSync(path()), readdirSync(folder)]).toEqual([true, [], ['bill.csv']])
  })
})

describe('a writable stream', () => {
  test('that fails, and a body that does: whose failure it was', async () => {
    const failing = new PassThrough()
    const sink = writeTo(failing, body('x'.repeat(100_000)))
    failing.destroy(new Error('mine'))
    const error = await failure(sink)
    expect(error).toBeInstanceOf(TransportError)
    expect((error as TransportError).cause).toMatchObject({ message: 'mine' })
    const gone = new Error('gone')
    const broken = new Readable({ read: () => broken.destroy(gone) })
    expect(await failure(writeTo(new PassThrough(), broken))).toBe(gone)
  })

  test.each<[string, (sink: PassThrough) => unknown]>([
    ['has ended', (sink) => sink.resume().end()],
    ['was destroyed', (sink) => sink.destroy()],
  ])('that %s takes nothing any more', async (_, prepare) => {
    const sink = new PassThrough()
    prepare(sink)
    await new Promise(setImmediate)
    const lost = body()
    const error = await failure(writeTo(sink, lost))
    expect(error).toBeInstanceOf(TransportError)
    expect([error, lost.destroyed]).toEqual([expect.objectContaining({ code: 'ERR_SINK' }), true])
  })
})
