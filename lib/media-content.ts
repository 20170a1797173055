import { createHash, getHashes, type Hash } from 'node:crypto'
import { RequestError, TransportError } from './errors'
import { changed, type Pieces, recycled, type Source, unreadable } from './media-source'

export type DigestAlgorithm = 'md5' | 'sha256' | 'sm3'

/** What was read, the first time. */
export interface Digest {
  readonly algorithm: DigestAlgorithm
  readonly hex: string
  readonly size: number
}

/** Told while a file goes out: how many of its bytes are on their way, and how many there are. */
export type Progress = (sent: number, total: number) => void

interface Sending {
  readonly onProgress?: Progress | undefined
  readonly pieces?: Pieces | undefined
}

/** Can this Node.js do it? SM3 is missing where OpenSSL was built without it. */
export const isKnown = (algorithm: DigestAlgorithm): boolean => getHashes().includes(algorithm)

/** A digest in the making. */
class Sum {
  readonly #algorithm: DigestAlgorithm
  readonly #hash: Hash
  size = 0

  constructor(algorithm: DigestAlgorithm) {
    this.#algorithm = algorithm
    this.#hash = createHash(algorithm)
  }

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    this.size += chunk.length
  }

  end(): Digest {
    return { algorithm: this.#algorithm, hex: this.#hash.digest('hex'), size: this.size }
  }
}

/** What is in a file: read once for its digest, which is signed, and again to be sent. */
export class Content {
  readonly source: Source
  readonly #digests = new Map<DigestAlgorithm, Digest>()

  constructor(source: Source) {
    this.source = source
  }

  /** @throws RequestError when it cannot be read, TransportError when it has changed */
  async digest(algorithm: DigestAlgorithm, signal?: AbortSignal): Promise<Digest> {
    const known = this.#digests.get(algorithm)
    if (known) return known
    const sum = new Sum(algorithm)
    try {
      for await (const chunk of this.source.read(recycled(1))) {
        signal?.throwIfAborted()
        sum.add(chunk)
      }
    } catch (error) {
      throw unreadable(error)
    }
    return this.#keep(sum.end())
  }

  /** The same at once. @throws RequestError for a Blob or a stream, too */
  digestSync(algorithm: DigestAlgorithm): Digest {
    const known = this.#digests.get(algorithm)
    if (known) return known
    if (!this.source.readSync) {
      throw new RequestError(
        'media',
        'what is in a Blob or a stream is not known before it is sent: give a path or a Buffer, or do without getMeta()',
      )
    }
    const sum = new Sum(algorithm)
    try {
      for (const chunk of this.source.readSync()) sum.add(chunk)
    } catch (error) {
      throw unreadable(error)
    }
    return this.#keep(sum.end())
  }

  #keep(digest: Digest): Digest {
    if (digest.size === 0) throw new RequestError('media', 'is empty')
    this.#digests.set(digest.algorithm, digest)
    return digest
  }

  /**
   * Reads it again. Should it not be what its digest says, this fails before its end is reached: nobody can take what was
   * sent for the whole.
   * @throws TransportError (`ERR_MEDIA_CHANGED`)
   */
  async *send(digest: Digest, { onProgress, pieces }: Sending = {}): AsyncGenerator<Uint8Array> {
    const { algorithm, hex, size } = digest
    const sum = new Sum(algorithm)
    for await (const chunk of this.#again(pieces)) {
      sum.add(chunk)
      if (sum.size > size) break
      yield chunk
      report(onProgress, sum.size, size)
    }
    if (sum.size !== size || sum.end().hex !== hex) throw changed('the file was changed while it was sent')
  }

  async *#again(pieces: Pieces | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* this.source.read(pieces)
    } catch (error) {
      throw error instanceof TransportError ? error : changed('the file cannot be read any more', error)
    }
  }
}

function report(onProgress: Progress | undefined, sent: number, total: number): void {
  try {
    onProgress?.(sent, total)
  } catch (error) {
    throw new RequestError('media.onProgress', 'failed; the request was cut off', error)
  }
}
