import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, openAsBlob, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { Builder, type MediaInput, MediaUtil, RequestError, sensitive } from '../lib'
import { STREAM_LIMIT } from '../lib/media-source'
import { contentTypeOf } from '../lib/mime'
import { SECRET } from './conformance/apiv2'
import { authorizationFaults, config, Loopback } from './conformance/platform'
import { type BusboyPart, readWithBusboy } from './support/busboy'
import { thrownBy } from './support/leaks'

const CONTENT = Buffer.from('%PDF\r\n\r\n--x--\r\n')
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')
let folder: string
let file: string
let loopback: Loopback

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'media-'))
  file = join(folder, 'a.pdf')
  writeFileSync(file, CONTENT)
  loopback = await Loopback.start()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await loopback.close()
})
beforeEach(() => loopback.reset())

const instance = () => Builder.factory({ ...config, secret: SECRET, dispatcher: loopback.dispatcher })
const upload = () => instance().v3.merchant.media.upload

/** What has arrived, by busboy. */
const arrived = (): Promise<BusboyPart[][]> => {
  for (const request of loopback.received) expect(authorizationFaults(request)).toEqual([])
  return Promise.all(
    loopback.received.map(({ headers, body }) => readWithBusboy(headers['content-type'] ?? '', body)),
  )
}

async function* pieces(): AsyncGenerator<string | Uint8Array> {
  yield CONTENT.toString('latin1', 0, 3)
  yield new Uint8Array(CONTENT.subarray(3))
}

describe('a file can be given as', () => {
  const view = new Uint8Array(Buffer.concat([Buffer.from('xx'), CONTENT, Buffer.from('y')])).subarray(2, -1)
  const inputs: Readonly<Record<string, () => MediaInput | Promise<MediaInput>>> = {
    'a path': () => file,
    'a file: URL': () => pathToFileURL(file),
    'an object with a path': () => ({ file }),
    'a Buffer': () => ({ file: CONTENT, filename: 'a.pdf' }),
    'a view into a larger buffer': () => ({ file: view, filename: 'a.pdf' }),
    'a Blob': () => ({ file: new Blob([CONTENT]), filename: 'a.pdf' }),
    'a File': () => new File([CONTENT], 'a.pdf') as Blob,
    'a Blob on disk': async () => ({ file: await openAsBlob(file), filename: 'a.pdf' }),
    'a stream': () => ({ file: Readable.from([CONTENT]), filename: 'a.pdf' }),
    'a stream of a file': () => createReadStream(file),
    'an iterable': () => ({ file: pieces(), filename: 'a.pdf' }),
    'a MediaUtil': () => new MediaUtil(file),
    'a MediaUtil of a stream': () => ({ file: new MediaUtil('folder/a.pdf', Readable.from([CONTENT])) }),
  }

  it.each(Object.entries(inputs))('%s, twice', async (_, input) => {
    const options = { media: await input() }
    await upload().post(options)
    await upload().post(options)
    const meta = Buffer.from(`{"filename":"a.pdf","sha256":"${SHA256}"}`)
    const parts = [
      { name: 'meta', type: 'application/json', content: meta },
      { name: 'file', filename: 'a.pdf', type: 'application/pdf', content: CONTENT },
    ]
    expect(await arrived()).toEqual([parts, parts])
    const [first, second] = loopback.received.map(({ headers }) => headers)
    expect(first?.['content-length']).toBe(second?.['content-length'])
    expect(first?.['transfer-encoding']).toBeUndefined()
  })
})

describe('names', () => {
  const disposed = async (name: string): Promise<BusboyPart[]> => {
    const media = new MediaUtil(name, CONTENT)
    return readWithBusboy(media.getContentType(), await buffer(media.getStream()))
  }

  it.each([
    ['a "b".png', 'a %22b%22.png'],
    ['a\r\nX: y\n.png', 'a%0D%0AX: y%0A.png'],
    ['图 片😀.png', '图 片😀.png'],
    ['a\\', 'a%5C'],
    ["a%22;b='c'.png", "a%22;b='c'.png"],
    ['/etc/x/a.png', 'a.png'],
    ['\0\t\x7f', '%00%09%7F'],
  ])('%j stands in the form as %j', async (name, written) => {
    const [meta, part, ...more] = await disposed(name)
    expect([part?.filename, more]).toEqual([written, []])
    expect(JSON.parse(String(meta?.content))).toMatchObject({ filename: name.replace(/^.*\//, '') })
  })

  it('of whatever kind come out as one name', async () => {
    const names = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((name) => !name.includes('/') && !/^\.*$/.test(name))
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const parts = await disposed(name)
        expect(parts.map((part) => part.name)).toEqual(['meta', 'file'])
        expect(JSON.parse(String(parts[0]?.content))).toEqual({ filename: name, sha256: SHA256 })
        const plain = parts[1]?.filename?.replace(/%(22|5C|[01]\w|7F|C2%[89AB]\w)/g, (all) =>
          decodeURIComponent(all),
        )
        expect(plain).toBe(name.replace(/%(22|5C|[01]\w|7F|C2%[89AB]\w)/g, (all) => decodeURIComponent(all)))
      }),
    )
  })

  it.each([
    ['a.JPG', 'image/jpeg'],
    ['a.b.csv', 'text/csv'],
    ['png', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
  ])('%j is taken for %s', (name, type) => {
    expect(contentTypeOf(name)).toBe(type)
  })

  it('a type that is given beats that of a Blob, and that beats the name', async () => {
    const blob = new Blob([CONTENT], { type: 'image/webp' })
    await upload().post({ media: { file: blob, filename: 'a.pdf' } })
    await upload().post({ media: { file: blob, filename: 'a.pdf', contentType: 'image/x-own' } })
    expect((await arrived()).map(([, part]) => part?.type)).toEqual(['image/webp', 'image/x-own'])
  })
})

describe('MediaUtil', () => {
  it('is used as in the PHP SDK', async () => {
    const media = new MediaUtil(file)
    expect(media.getContentType()).toMatch(/^multipart\/form-data; boundary=[\w-]{30,70}$/)
    expect(media.getMeta()).toBe(`{"filename":"a.pdf","sha256":"${SHA256}"}`)
    const headers = { 'Content-Type': media.getContentType() }
    await upload().post({ body: media.getStream(), headers })
    media.setMeta('{"bank_type":"中"}')
    expect(media.getMeta()).toBe('{"bank_type":"中"}')
    await upload().post({ body: media.getStream(), headers })
    await upload().post({ media: media })
    await instance().chain('v3/ecommerce/account/cancel-applications/media').post({ media: media.setMeta() })
    expect((await arrived()).map(([meta]) => JSON.parse(String(meta?.content)))).toEqual([
      { filename: 'a.pdf', sha256: SHA256 },
      { bank_type: '中' },
      { bank_type: '中' },
      { file_name: 'a.pdf', file_digest: SHA256 },
    ])
    expect(loopback.received[0]?.headers['content-type']).toBe(media.getContentType())
  })

  it('gives a stream that is a whole body elsewhere too', async () => {
    const media = new MediaUtil('a.pdf', new Blob([CONTENT]))
    const parts = await readWithBusboy(media.getContentType(), await buffer(media.getStream()))
    expect(parts.map(({ content }) => String(content))).toEqual([
      `{"filename":"a.pdf","sha256":"${SHA256}"}`,
      String(CONTENT),
    ])
  })

  it('cannot tell what is in a Blob or a stream before that is read', async () => {
    const media = new MediaUtil('a.pdf', new Blob([CONTENT]))
    expect(() => media.getMeta()).toThrow(/^media: what is in a Blob/)
    await upload().post({ media })
    expect(media.getMeta()).toBe(`{"filename":"a.pdf","sha256":"${SHA256}"}`)
  })

  it('shows nothing of what it holds', () => {
    const media = new MediaUtil('a.pdf', Buffer.from('secret')).setMeta('{"id":"440305"}')
    for (const text of [inspect(media, { depth: 9 }), JSON.stringify(media), inspect(media.getStream())])
      expect(text).not.toMatch(/440305|secret/)
  })

  it('refuses what is none', () => {
    for (const make of [
      () => new MediaUtil(''),
      () => new MediaUtil(null as unknown as string),
      () => new MediaUtil('a', 'text' as unknown as Buffer),
      () => new MediaUtil('a', {} as unknown as Buffer),
      () => new MediaUtil(file).setMeta({} as unknown as string),
    ]) {
      expect(thrownBy(make)).toBeInstanceOf(RequestError)
    }
  })
})

describe('the option media', () => {
  const refused = async (options: object): Promise<RequestError> => {
    const error: unknown = await upload()
      .post(options as { media: string })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RequestError)
    expect(loopback.dispatched).toBe(0)
    return error as RequestError
  }
  const hollow = new File([], 'a.pdf')
  const failing = new Readable({ read: () => failing.destroy(new Error('gone')) })
  const long = Readable.from([Buffer.alloc(STREAM_LIMIT), Buffer.alloc(1)])

  it.each<[string, () => object, string]>([
    ['beside json', () => ({ media: file, json: {} }), 'media'],
    ['beside a body', () => ({ media: file, body: '' }), 'media'],
    [
      'with a content type',
      () => ({ media: file, headers: { 'content-type': 'a/b' } }),
      'headers.Content-Type',
    ],
    ['a number', () => ({ media: 1 }), 'media'],
    ['an empty path', () => ({ media: '' }), 'media'],
    ['a path with a null byte', () => ({ media: 'a\0b' }), 'media'],
    ['another URL', () => ({ media: new URL('https://example.com/a.png') }), 'media'],
    ['no such file', () => ({ media: join(folder, 'none') }), 'media'],
    ['a directory', () => ({ media: folder }), 'media'],
    ['an empty file', () => ({ media: hollow }), 'media'],
    ['a Buffer without a name', () => ({ media: CONTENT }), 'media.filename'],
    ['an empty name', () => ({ media: { file, filename: '' } }), 'media.filename'],
    ['half a character', () => ({ media: { file, filename: 'a\ud83d' } }), 'media.filename'],
    ['no name', () => ({ media: { file, filename: 7 } }), 'media.filename'],
    ['a type with a line break', () => ({ media: { file, contentType: 'a\r\nb' } }), 'media.contentType'],
    ['a misspelt member', () => ({ media: { file, fileName: 'a' } }), 'media.fileName'],
    ['meta that is none', () => ({ media: { file, meta: '{}' } }), 'media.meta'],
    ['meta that cannot be written', () => ({ media: { file, meta: { a: NaN } } }), 'media.meta … a'],
    ['a digest of something else', () => ({ media: { file, meta: { sha256: '00' } } }), 'media.meta.sha256'],
    ['a digest that is none', () => ({ media: { file, meta: { sha256: 1 } } }), 'media.meta.sha256'],
    ['no function', () => ({ media: { file, onProgress: 1 } }), 'media.onProgress'],
    ['a stream that fails', () => ({ media: { file: failing, filename: 'a' } }), 'media'],
    ['a stream that is too long', () => ({ media: { file: long, filename: 'a' } }), 'media'],
    [
      'meta twice',
      () => ({ media: { file: new MediaUtil(file).setMeta('{}'), meta: { a: 1 } } }),
      'media.meta',
    ],
    ['two names', () => ({ media: { file: new MediaUtil(file), filename: 'b' } }), 'media'],
  ])('refuses %s', async (_, options, field) => {
    expect(await refused(options())).toMatchObject({ field, delivery: 'not-sent' })
  })

  it('names a sensitive field that cannot be encrypted', async () => {
    const meta = { contact: { phone: sensitive('1'.repeat(500)) } }
    expect(await refused({ media: { file, meta } })).toMatchObject({ field: 'media.meta.contact.phone' })
  })

  it('takes a right digest, in either case, and leaves undefined fields out', async () => {
    const meta = { sha256: SHA256.toUpperCase(), filename: undefined, item_id: 1n }
    await upload().post({ media: { file, meta } })
    const [[part]] = (await arrived()) as [[BusboyPart]]
    expect(String(part.content)).toBe(`{"filename":"a.pdf","sha256":"${SHA256.toUpperCase()}","item_id":1}`)
  })

  it('is no body of APIv2 as a stream', async () => {
    const call = instance().v2.secapi.mch.uploadmedia.post({ body: new MediaUtil(file).getStream() })
    await expect(call).rejects.toMatchObject({ name: 'RequestError', field: 'body' })
    expect(loopback.dispatched).toBe(0)
  })

  it('tells how far it is', async () => {
    const large = join(folder, 'large.bin')
    writeFileSync(large, Buffer.alloc(300_000, 1))
    const seen: [number, number][] = []
    await upload().post({ media: { file: large, onProgress: (sent, total) => seen.push([sent, total]) } })
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.at(-1)).toEqual([300_000, 300_000])
    expect(seen.map(([sent]) => sent)).toEqual([...new Set(seen.map(([sent]) => sent))].sort((a, b) => a - b))
  })

  it('leaves nothing behind in the folder', () => {
    expect(readdirSync(folder).sort()).toEqual(['a.pdf', 'large.bin'])
  })
})
