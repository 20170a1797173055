import { once } from 'node:events'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  ReadStream,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { RequestError, TransportError } from './errors'

/**
 * What can be uploaded: a path (or `file:` URL), bytes, a Blob or File, a stream. A file is read piece by piece, and so is a
 * Blob; a stream is kept in memory, because it has to be read twice, unless it is that of `createReadStream` on a whole file.
 */
export type MediaSource = string | URL | Uint8Array | Blob | Readable | AsyncIterable<Uint8Array | string>

/** The same, readable as often as it takes. */
export interface Source {
  /** What it calls itself. */
  readonly name?: string | undefined
  readonly type?: string | undefined
  /** Reads it from the beginning. Fails, when it is no longer what was read before, with a TransportError. */
  read(pieces?: Pieces): AsyncIterable<Uint8Array>
  /** The same at once, where that is possible. */
  readSync?(): Iterable<Uint8Array>
  /** Looks at it before it is needed. @throws RequestError when it cannot be uploaded */
  look?(): void
  /** Nobody waits for it any more. */
  abandon?(): void
}

/** How much of a stream is kept. The largest documented image has 2 MB, the largest video 5 MB. */
export const STREAM_LIMIT = 16 * 1024 * 1024
const PIECE = 64 * 1024

/** Gives out what the next piece of a file is read into. */
export type Pieces = () => Buffer

const fresh: Pieces = () => Buffer.allocUnsafeSlow(PIECE)

/** Pieces that are used again after so many others: what is not, is 32 MB of garbage before V8 thinks of collecting it. */
export function recycled(count: number): Pieces {
  const pieces: Buffer[] = []
  let given = 0
  return () => {
    const at = given++ % count
    pieces[at] ??= fresh()
    return pieces[at]
  }
}

/** @throws RequestError for what is none of them */
export function sourceOf(given: unknown): Source {
  if (typeof given === 'string' && /^[^\0]+$/.test(given)) return new FileSource(given)
  const path = given instanceof URL ? pathOfUrl(given) : undefined
  if (path !== undefined) return new FileSource(path)
  if (given instanceof Uint8Array) return new BytesSource(given)
  if (given instanceof Blob) return new BlobSource(given)
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) {
    return new StreamSource(given as AsyncIterable<Uint8Array | string>)
  }
  throw new RequestError('media', 'expected a path, a Buffer, a Blob or a stream')
}

/** The path that a `file:` URL stands for; `undefined` for any other, and for what is no path on this machine. */
export function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

/** What was hashed is not what is there now. The platform cannot have taken it: the body never came to its end. */
export function changed(problem: string, cause?: unknown): TransportError {
  return new TransportError(
    `media: ${problem}; the platform has not taken it: make the call again, with a new MediaUtil if there is one`,
    { code: 'ERR_MEDIA_CHANGED', delivery: 'not-sent', cause },
  )
}

/** A pipe is opened without waiting for whoever writes into it, and then refused. Windows has no such flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** A file on disk, as it was when it was first looked at. */
class FileSource implements Source {
  readonly name: string
  readonly #path: string
  #stats: Stats | undefined

  constructor(path: string) {
    this.#path = path
    this.name = basename(path)
  }

  look(): void {
    try {
      this.#check(statSync(this.#path))
    } catch (error) {
      throw unreadable(error)
    }
  }

  async *read(pieces = fresh): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path, FLAGS)
    try {
      this.#check(await handle.stat())
      for (;;) {
        const piece = await filled(handle, pieces())
        if (piece.length === 0) break
        yield piece
      }
      this.#check(await handle.stat())
    } finally {
      await handle.close()
    }
  }

  *readSync(): Generator<Uint8Array> {
    const file = openSync(this.#path, FLAGS)
    try {
      this.#check(fstatSync(file))
      const buffer = fresh()
      for (;;) {
        const length = readSync(file, buffer, 0, PIECE, null)
        if (length === 0) break
        yield buffer.subarray(0, length)
      }
      this.#check(fstatSync(file))
    } finally {
      closeSync(file)
    }
  }

  #check(stats: Stats): void {
    if (!stats.isFile()) throw new RequestError('media', 'is no file, but a directory or a device')
    this.#stats ??= stats
    const { size, mtimeMs, ino } = this.#stats
    if (stats.size !== size || stats.mtimeMs !== mtimeMs || stats.ino !== ino) {
      throw changed('the file was changed after it was first read')
    }
  }
}

/** The next bytes of a file: as many as the piece holds, though a file system may give fewer at a time; at its end the rest. */
async function filled(handle: FileHandle, piece: Buffer): Promise<Buffer> {
  let length = 0
  while (length < PIECE) {
    const { bytesRead } = await handle.read(piece, length, PIECE - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return piece.subarray(0, length)
}

/** A file that cannot be read, before anything was sent. */
export function unreadable(error: unknown): Error {
  if (error instanceof RequestError || error instanceof TransportError) return error
  const { code: known, name = 'unknown' } = (error ?? {}) as NodeJS.ErrnoException
  // A Blob's failures have a number for a code.
  const code = typeof known === 'string' ? known : name
  return new RequestError('media', `cannot be read (${code}); nothing was sent`, error)
}

class BytesSource implements Source {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  async *read(): AsyncGenerator<Uint8Array> {
    yield* this.readSync()
  }

  *readSync(): Generator<Uint8Array> {
    for (let at = 0; at < this.#bytes.length; at += PIECE) yield this.#bytes.subarray(at, at + PIECE)
  }
}

class BlobSource implements Source {
  readonly name: string | undefined
  readonly type: string | undefined
  readonly #blob: Blob

  constructor(blob: Blob) {
    this.#blob = blob
    // Of a File.
    this.name = (blob as { name?: string }).name || undefined
    this.type = blob.type || undefined
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#blob.stream()
  }
}

/** What streams held, as long as they are there themselves: they can be read only once, but be uploaded again. */
const held = new WeakMap<object, Promise<Source>>()

class StreamSource implements Source {
  readonly name: string | undefined
  readonly #stream: AsyncIterable<Uint8Array | string>
  #reading: AsyncIterable<Uint8Array | string>

  constructor(stream: AsyncIterable<Uint8Array | string>) {
    this.#stream = stream
    this.#reading = stream
    // Of one that reads a file.
    const { path } = stream as { path?: unknown }
    this.name = typeof path === 'string' ? basename(path) : undefined
  }

  async *read(pieces?: Pieces): AsyncGenerator<Uint8Array> {
    const known = held.get(this.#stream) ?? this.#keep()
    held.set(this.#stream, known)
    yield* (await known).read(pieces)
  }

  abandon(): void {
    if (this.#reading instanceof Readable) this.#reading.destroy()
  }

  async #keep(): Promise<Source> {
    const stream = this.#begin()
    const path = stream instanceof ReadStream ? await pathBehind(stream) : undefined
    if (path === undefined) return collect(stream)
    this.abandon()
    return new FileSource(path)
  }

  /** A web stream that is being read can be cancelled by its reader only. */
  #begin(): AsyncIterable<Uint8Array | string> {
    if (this.#stream instanceof ReadableStream) this.#reading = Readable.fromWeb(this.#stream)
    return this.#reading
  }
}

/**
 * The file that a stream reads, if nothing was read yet, and all of it would be: it can be opened again. Whether it is the
 * one that the stream has opened is looked at: a stream can be made with an `fs` of the caller's.
 */
async function pathBehind(stream: ReadStream): Promise<string | undefined> {
  const { path, readableEncoding } = stream
  const { start = 0, end } = stream as { start?: number; end?: number }
  if (typeof path !== 'string' || readableEncoding !== null || start !== 0 || end !== Infinity)
    return undefined
  try {
    if (stream.pending) await Promise.race([once(stream, 'open'), once(stream, 'close')])
    const { fd } = stream as { fd?: unknown }
    if (stream.destroyed || stream.bytesRead > 0 || typeof fd !== 'number') return undefined
    const [opened, there] = [fstatSync(fd), statSync(path)]
    return there.isFile() && opened.ino === there.ino && opened.dev === there.dev ? path : undefined
  } catch {
    // Who reads it will hear what is wrong with it.
    return undefined
  }
}

async function collect(stream: AsyncIterable<Uint8Array | string>): Promise<Source> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    length += bytes.length
    if (length > STREAM_LIMIT) {
      throw new RequestError(
        'media',
        `a stream is kept in memory, and this one has more than ${STREAM_LIMIT} bytes: write it to a file and give its path`,
      )
    }
    chunks.push(bytes)
  }
  return new BytesSource(Buffer.concat(chunks))
}
