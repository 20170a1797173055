import { Readable } from 'node:stream'
import { quiet } from '../decode'
import { checkNames, checkSignal, type DownloadOptions } from '../download'
import { RequestError, TransportError } from '../errors'
import { Builder } from '../instance'
import { writeTo } from '../sink'
import { checked } from './digest'
import { opened } from './seal'
import { announced, type Origin, type Piece, type Source, stored } from './source'
import { limited, unpacked } from './unpack'

/** How far a download has come. */
export interface Progress {
  /** Bytes off the wire. */
  readonly received: number
  /** Bytes that there will be, of the files begun so far; unknown when the platform does not say. */
  readonly total: number | undefined
}

/** How a file is fetched. */
export interface FileOptions extends DownloadOptions {
  /** The largest file in bytes, unpacked. Default: 16 GiB, beyond which the platform splits bills; for `buffer` 128 MiB. */
  readonly limit?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

const NAMES = ['signal', 'timeout', 'limit', 'onProgress'] as const satisfies readonly (keyof FileOptions)[]

const LARGEST = 16 * 1024 ** 3
const LARGEST_IN_MEMORY = 128 * 1024 ** 2

/**
 * A file whose address came with an answer: a receipt, an invoice, an image. Nothing is sent before it is asked for, and
 * each time it is asked for it is fetched anew. Its hash, where one came with the address, is checked at its end.
 */
export class Download {
  readonly #source: Source
  readonly #unpack: boolean

  protected constructor(source: Source, unpack: boolean) {
    this.#source = source
    this.#unpack = unpack
  }

  /**
   * @param instance what `Builder.factory` gave
   * @param origin the answer that holds the address (or its `data`), the address alone, or a function that asks for it:
   *   `() => instance.v3.bill.tradebill.get({ query })`
   */
  static from(instance: unknown, origin: Origin): Download {
    return new Download(announced(Builder.driver(instance), origin), false)
  }

  /**
   * The file as a stream. Its last bytes have come when its hash is checked: a stream that ends well was whole and
   * unchanged, one that fails was not, however much of it was read.
   *
   * It fails with a VerificationError (`digest`, `decrypt`), an ApiError, or a TransportError.
   */
  stream(options: FileOptions = {}): Readable {
    check(options)
    const { signal } = options
    const ending = new AbortController()
    const abort = (): void => ending.abort(signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    const bytes = this.#bytes({ ...options, signal: ending.signal })
    const stream = new Readable({
      read() {
        bytes.next().then(
          ({ value, done }) => this.push(done ? null : value),
          (error: Error) => this.destroy(error),
        )
      },
      destroy(error, done) {
        signal?.removeEventListener('abort', abort)
        // Who waits for the network does not notice otherwise that nobody reads any more.
        ending.abort()
        const settled = () => done(error)
        bytes.return(undefined).then(settled, settled)
      },
    })
    return quiet(stream)
  }

  /** The file in memory. @returns rejects as {@link stream} fails */
  async buffer(options: FileOptions = {}): Promise<Buffer> {
    check(options)
    const limit = options.limit ?? LARGEST_IN_MEMORY
    const chunks: Buffer[] = []
    for await (const chunk of this.stream({ ...options, limit })) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /**
   * Writes the file: under another name beside the one that is given, which it gets when all of it has come and its hash
   * is right. Whatever goes wrong, and be it the process that ends, nothing stands under the given name that was not there
   * before.
   *
   * @param path its ending is the caller's choice: the platform's addresses say nothing about what is behind them
   * @returns the same file, read from there; rejects as {@link stream} fails, or with a TransportError (`ERR_SINK`) when it
   *   cannot be written: the disk is full
   */
  async save(path: string, options: FileOptions = {}): Promise<Download> {
    await this.write(path, options)
    return new Download(stored(path), false)
  }

  /** @see save */
  protected async write(path: string, options: FileOptions): Promise<void> {
    if (typeof path !== 'string' || !/^[^\0]+$/.test(path)) throw new RequestError('path', 'expected a path')
    await writeTo(path, this.stream(options))
  }

  async *#bytes({ limit, onProgress, ...call }: FileOptions): AsyncGenerator<Buffer> {
    let received = 0
    let total: number | undefined = 0
    const begin = ({ response }: Piece): void => {
      const length = Number(response?.headers.get('content-length') ?? Number.NaN)
      const known = Number.isSafeInteger(length) && !response?.headers.has('content-encoding')
      total = total === undefined || !known ? undefined : total + length
    }
    const report = (bytes: number): void => {
      throwIfAborted(call.signal)
      received += bytes
      try {
        onProgress?.({ received, total })
      } catch (error) {
        throw new RequestError('onProgress', 'threw', error)
      }
    }
    for await (const piece of this.#source(call)) {
      begin(piece)
      yield* this.#plain(observed(piece.body, report), piece, limit ?? LARGEST)
    }
  }

  /** One of the files as it was before it was sent. */
  #plain(body: AsyncIterable<Buffer>, piece: Piece, limit: number): AsyncIterable<Buffer> {
    const { response, digest, seal } = piece
    const packed = seal ? opened(body, seal, response) : body
    const plain = limited(this.#unpack ? unpacked(packed) : packed, limit)
    if (digest) return checked(plain, digest, response, !this.#unpack)
    // A tag vouches for what was encrypted, and what is on the disk was checked on its way there.
    return seal || !response ? plain : this.unvouched(plain)
  }

  /** A file that came without a hash. */
  protected unvouched(file: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    return file
  }
}

/** @throws RequestError that names the option */
function check(options: FileOptions): void {
  checkNames(options, NAMES)
  const { signal, limit: given, onProgress } = options
  const limit: unknown = given ?? 0
  checkSignal(signal)
  if (typeof limit !== 'number' || !(limit >= 0))
    throw new RequestError('limit', 'expected a number of bytes')
  if (typeof (onProgress ?? check) !== 'function') throw new RequestError('onProgress', 'expected a function')
}

/** For what has come already: while something is on its way, the request is aborted. @throws TransportError (`ERR_ABORTED`) */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  const { reason: cause } = signal
  throw new TransportError('aborted', { code: 'ERR_ABORTED', delivery: 'delivered', cause })
}

async function* observed(
  file: AsyncIterable<Buffer>,
  report: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    yield chunk
    report(chunk.length)
  }
}
