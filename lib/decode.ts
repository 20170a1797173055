import { pipeline, Readable, type Transform } from 'node:stream'
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzipSync,
  inflateSync,
} from 'node:zlib'
import { tooLarge } from './collector'
import { ofCall, TransportError, WechatpayError } from './errors'

interface Decoder {
  readonly whole: (body: Buffer, options: { maxOutputLength: number }) => Buffer
  readonly stream: () => Transform
}

const GZIP: Decoder = { whole: gunzipSync, stream: createGunzip }
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: { whole: inflateSync, stream: createInflate },
  br: { whole: brotliDecompressSync, stream: createBrotliDecompress },
}

type Encoding = string | readonly string[] | undefined

/**
 * Undoes the `Content-Encoding` of a whole body.
 * @param largest bytes that it may have then
 * @param remedy what to do about one that has more
 * @throws TransportError (`ERR_DECODE`) for a damaged or an unknown one; (`ERR_TOO_LARGE`)
 */
export function decodeBody(encoding: Encoding, body: Buffer, largest: number, remedy: string): Buffer {
  const decoder = encoding === undefined ? undefined : find(encoding)
  if (decoder === undefined || body.length === 0) return body
  try {
    // A small answer can claim to hold anything.
    return decoder.whole(body, { maxOutputLength: largest })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(largest, remedy, error)
      : damaged(error)
  }
}

/**
 * Undoes the `Content-Encoding` of a body while it comes in; the stream fails with a TransportError (`ERR_DECODE`).
 * @param label verb and template of the call, for messages
 */
export function decodeStream(encoding: Encoding, body: Readable, label?: string): Readable {
  const decoder = find(encoding)?.stream()
  if (!decoder) return body
  const unpacked = Readable.from(unpack(body, decoder, label), { objectMode: false })
  // One that was given up before it was read has not begun to unpack, and would keep the body.
  return quiet(unpacked.once('close', () => body.destroy()))
}

/** A failure waits for whoever reads: one that comes before the first read is no uncaught error. */
export function quiet(body: Readable): Readable {
  return body.on('error', () => {})
}

async function* unpack(body: Readable, decoder: Transform, label?: string): AsyncGenerator<Buffer> {
  // The decoder's own failure ends the loop; nothing else is to be done about it here.
  pipeline(body, decoder, () => {})
  try {
    yield* decoder
  } catch (error) {
    if (error instanceof WechatpayError) throw error
    throw label === undefined ? damaged(error) : ofCall(damaged(error), label)
  }
}

function damaged(cause: unknown): TransportError {
  return new TransportError('the body of the answer is damaged: it cannot be unpacked', {
    code: 'ERR_DECODE',
    delivery: 'delivered',
    cause,
  })
}

function find(encoding: Encoding): Decoder | undefined {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase()
  if (name === 'identity' || name === '') return undefined
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
  if (decoder) return decoder
  throw new TransportError(`the answer is packed in an unknown way (${name})`, {
    code: 'ERR_DECODE',
    delivery: 'delivered',
  })
}
