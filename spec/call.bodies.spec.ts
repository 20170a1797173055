import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { MediaUtil } from '../lib/lite'
import { answered } from './conformance/apiv2'
import { authorizationFaults, signed, unsigned } from './conformance/platform'
import { type Act, answers, client, freePort, halves, resets, scripted, type Visit } from './support/scripted'
import { MCH_ID, rejection } from './v2/server'

const good: Act = answers(() => signed('{"a":1}'))
const busy: Act = answers(unsigned(503))
const BILL = 'v3/billdownload/file'
const writes = { retry: { writes: true } }

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'call-'))
  file = join(folder, 'a.png')
  await writeFile(file, Buffer.alloc(200_000, 'picture'))
})
afterAll(() => rm(folder, { recursive: true }))

const alike = (visits: readonly Visit[]): boolean =>
  visits.every(({ body }) => body.equals(visits[0]?.body ?? Buffer.alloc(0)))

describe('an upload', () => {
  test.each<[string, () => unknown]>([
    ['of a file', () => ({ media: file })],
    ['of a Buffer', () => ({ media: { file: Buffer.alloc(100_000, 'b'), filename: 'a.png' } })],
    ['of a Blob', () => ({ media: { file: new Blob(['blob']), filename: 'a.png' } })],
    ['of a stream', () => ({ media: { file: Readable.from(['a', 'stream']), filename: 'a.png' } })],
    ["of PHP's MediaUtil", () => ({ body: new MediaUtil(file).getStream() })],
  ])('%s is read, signed and sent anew', async (_, given) => {
    const { instance, visits } = await scripted([busy, resets, good])
    const sent = instance.v3.merchant.media.upload.post({ ...(given() as object), ...writes })
    await expect(sent).resolves.toMatchObject({ status: 200 })
    expect(visits).toHaveLength(3)
    expect(visits.flatMap((visit) => authorizationFaults(visit))).toEqual([])
    expect(new Set(visits.map(({ headers }) => headers.authorization)).size).toBe(3)
    expect(alike(visits)).toBe(true)
    expect(visits[0]?.body.length).toBeGreaterThan(100)
  })

  test('of APIv2, too', async () => {
    const { instance, visits } = await scripted([busy, answers(() => answered())])
    const media = { file, meta: { mch_id: MCH_ID } }
    await instance.v2.secapi.mch.uploadmedia.post({ media, ...writes, security: false })
    expect(visits).toHaveLength(2)
    expect(alike(visits)).toBe(true)
  })

  test('is sent once, unless the call says so', async () => {
    const { instance, visits } = await scripted([busy, good])
    const sent = instance.v3.merchant.media.upload.post({ media: file })
    await expect(sent).rejects.toMatchObject({ status: 503, delivery: 'unknown' })
    expect(visits).toHaveLength(1)
  })

  test('may take longer than an answer', async () => {
    const slow: Act = (response, visit, request) => setTimeout(() => good(response, visit, request), 1_300)
    const { instance, visits } = await scripted([slow], { timeout: { headers: 100 } })
    await instance.v3.merchant.media.upload.post({ media: file, ...writes })
    expect(visits).toHaveLength(1)
  })

  test('that found no server is made again, without being asked for', async () => {
    const port = await freePort()
    const { instance } = client({ base_uri: `http://127.0.0.1:${port}/` })
    const error = await rejection(instance.v3.merchant.media.upload.post({ media: file }))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', delivery: 'not-sent', attempts: 4 })
  })
})

describe('a stream as a body', () => {
  test.each([
    ['fails', busy, { status: 503, delivery: 'unknown' }],
    ['is cut off', resets, { name: 'TransportError', delivery: 'unknown' }],
  ] as const)('has been read when its call %s, and is not sent again', async (_, act, expected) => {
    const { instance, visits } = await scripted([act, good])
    const error = await rejection(instance.v3.x.post({ body: Readable.from(['{}']), ...writes }))
    expect(error).toMatchObject(expected)
    expect(error).not.toHaveProperty('attempts')
    expect(visits.map(({ body }) => body.toString())).toEqual(['{}'])
  })

  test('nor when there was no connection', async () => {
    const { instance } = client({ base_uri: `http://127.0.0.1:${await freePort()}/` })
    const error = await rejection(instance.v3.x.post({ body: Readable.from(['{}']), ...writes }))
    expect(error).toMatchObject({ code: 'ECONNREFUSED', delivery: 'not-sent' })
    expect(error).not.toHaveProperty('attempts')
  })

  test.each([
    ['text', '{"a":1}'],
    ['a Buffer', Buffer.from('{"a":1}')],
  ])('unlike %s', async (_, body) => {
    const { instance, visits } = await scripted([busy, good])
    await instance.v3.x.post({ body, ...writes })
    expect(visits.map((visit) => visit.body.toString())).toEqual(['{"a":1}', '{"a":1}'])
  })
})

describe('an answer that is handed out', () => {
  const whole: Act = (response) => void response.end('the bill')

  test.each([
    [
      'a stream',
      async (root: Awaited<ReturnType<typeof scripted>>['instance']) =>
        text((await root.chain(BILL).get<Readable>({ stream: true })).data),
    ],
    [
      'a file',
      async (root: Awaited<ReturnType<typeof scripted>>['instance']) => {
        await root.chain(BILL).get({ sink: join(folder, 'bill') })
        return readFile(join(folder, 'bill'), 'utf8')
      },
    ],
    [
      'a Writable',
      async (root: Awaited<ReturnType<typeof scripted>>['instance']) => {
        const sink = new PassThrough()
        const written = text(sink)
        await root.chain(BILL).get({ sink })
        return written
      },
    ],
  ] as const)('is asked for again before it begins, with %s', async (_, read) => {
    const { instance, visits } = await scripted([busy, resets, whole])
    expect(await read(instance)).toBe('the bill')
    expect(visits).toHaveLength(3)
  })

  test('is not once it has begun, with a stream', async () => {
    const { instance, visits } = await scripted([halves, whole])
    const { data } = await instance.chain(BILL).get<Readable>({ stream: true })
    await expect(buffer(data)).rejects.toMatchObject({ name: 'TransportError' })
    expect(visits).toHaveLength(1)
  })

  test.each([
    ['a file', () => join(folder, 'half')],
    ['a Writable', () => new PassThrough().resume()],
  ] as const)('nor with %s', async (_, sink) => {
    const { instance, visits } = await scripted([halves, whole])
    await expect(instance.chain(BILL).get({ sink: sink() })).rejects.toMatchObject({ name: 'TransportError' })
    expect(visits).toHaveLength(1)
    expect(await readdir(folder)).not.toContain('half')
  })

  test('of an address is, too', async () => {
    const { driver, base_uri, visits } = await scripted([busy, whole])
    const { data } = await driver.download(`${base_uri}v3/billdownload/file?token=t`)
    expect(await text(data)).toBe('the bill')
    expect(visits).toHaveLength(2)
    expect(new Set(visits.map(({ headers }) => headers.authorization)).size).toBe(2)
  })
})
