import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Builder, type Instance, TransportError } from '../lib'
import { LARGEST } from '../lib/collector'
import { decodeBody, decodeStream } from '../lib/decode'
import { config } from './conformance/platform'
import { thrownBy } from './support/leaks'

const PLAIN = Buffer.from('交易时间,'.repeat(100_000))
const PACKED = {
  gzip: gzipSync(PLAIN),
  'X-GZip ': gzipSync(PLAIN),
  deflate: deflateSync(PLAIN),
  br: brotliCompressSync(PLAIN),
  identity: PLAIN,
} as const

describe('a whole body', () => {
  it.each(Object.entries(PACKED))('%s', (encoding, packed) => {
    expect(decodeBody(encoding, packed, LARGEST, 'do this').equals(PLAIN)).toBe(true)
    expect(decodeBody(encoding, Buffer.alloc(0), LARGEST, 'do this')).toHaveLength(0)
  })

  it('that was damaged, is unknown, or too large', () => {
    const half = PACKED.gzip.subarray(0, PACKED.gzip.length / 2)
    expect(thrownBy(() => decodeBody('gzip', half, LARGEST, 'do this'))).toMatchObject({ code: 'ERR_DECODE' })
    expect(thrownBy(() => decodeBody('zstd', half, LARGEST, 'do this'))).toMatchObject({ code: 'ERR_DECODE' })
    expect(thrownBy(() => decodeBody('constructor', half, LARGEST, 'do this'))).toBeInstanceOf(TransportError)
    expect(thrownBy(() => decodeBody('gzip', PACKED.gzip, 1_000, 'do this'))).toMatchObject({
      code: 'ERR_TOO_LARGE',
    })
  })
})

describe('a body while it comes in', () => {
  let server: Server
  let address: string
  let root: Instance
  let packed: Buffer
  /** Answers that are still under way. */
  let open = 0

  beforeAll(async () => {
    server = createServer((_, response) => {
      open++
      response.on('close', () => open--)
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).write(packed)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(async () => {
    server.close()
    await once(server, 'close')
  })
  beforeEach(() => {
    packed = PACKED.gzip
    root = Builder.factory({ ...config, base_uri: address })
  })
  afterEach(async () => {
    // Waits for what is in flight: nothing may be.
    await Builder.driver(root).close()
    for (let wait = 0; open > 0 && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(open).toBe(0)
  })

  const fetched = async (): Promise<Readable> => (await Builder.driver(root).download(`${address}file`)).data

  it('given up before it was read leaves no connection behind', async () => {
    const data = await fetched()
    data.destroy()
    await once(data, 'close')
  })

  it('given up while it was read, neither', async () => {
    for await (const chunk of await fetched()) {
      expect(PLAIN.subarray(0, chunk.length).equals(chunk)).toBe(true)
      break
    }
  })

  it('that is damaged, neither', async () => {
    packed = Buffer.from('no gzip')
    await expect(buffer(await fetched())).rejects.toMatchObject({ code: 'ERR_DECODE', delivery: 'delivered' })
  })
})

test('a stream that is not packed is the stream itself', async () => {
  const body = Readable.from([PLAIN])
  expect(decodeStream('identity', body)).toBe(body)
  expect((await buffer(decodeStream(undefined, body))).equals(PLAIN)).toBe(true)
})
