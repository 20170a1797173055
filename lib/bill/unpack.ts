import { Readable } from 'node:stream'
import { decodeStream } from '../decode'
import { TransportError } from '../errors'

/** How gzip begins, and no text does. */
const GZIP = Buffer.from([0x1f, 0x8b])

/**
 * Unpacks a file if it is packed. Whether it is shows in its first bytes: not every answer to `tar_type=GZIP` is, and no
 * header says so.
 * @throws TransportError (`ERR_DECODE`) when it is damaged
 */
export async function* unpacked(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = file[Symbol.asyncIterator]()
  const first = await beginning(chunks)
  const all = resumed(chunks, first)
  if (GZIP.equals(first.subarray(0, GZIP.length))) {
    yield* decodeStream('gzip', Readable.from(all, { objectMode: false }))
  } else {
    yield* all
  }
}

/** As many chunks as it takes to see how a file begins. */
async function beginning(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let read: Buffer = Buffer.alloc(0)
  while (read.length < GZIP.length) {
    const { value, done } = await chunks.next()
    if (done) break
    read = Buffer.concat([read, value])
  }
  return read
}

/** What was read, and what comes after it. */
async function* resumed(chunks: AsyncIterator<Buffer>, read: Buffer): AsyncGenerator<Buffer> {
  try {
    if (read.length > 0) yield read
    yield* { [Symbol.asyncIterator]: () => chunks }
  } finally {
    await chunks.return?.()
  }
}

/**
 * Ends a file that is longer than it may be: a small one can be packed to hold anything.
 * @throws TransportError (`ERR_TOO_LARGE`)
 */
export async function* limited(file: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of file) {
    size += chunk.length
    if (size > limit) {
      throw new TransportError(
        `the file is larger than ${limit} bytes: allow for more with the option limit`,
        {
          code: 'ERR_TOO_LARGE',
          delivery: 'delivered',
        },
      )
    }
    yield chunk
  }
}
