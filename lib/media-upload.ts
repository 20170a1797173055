import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { quiet } from './decode'
import { RequestError } from './errors'
import { encodeJson } from './json'
import { type Content, type Digest, isKnown, type Progress } from './media-content'
import { type UploadLayout, USUAL } from './media-layout'
import { recycled } from './media-source'
import { frame, type TextPart } from './multipart'
import { pathOf, pathPattern } from './path'
import type { Protocol } from './request'
import { UPLOAD_LAYOUTS } from './v3/upload-layouts'

const SPECIAL = UPLOAD_LAYOUTS.map((layout) => {
  const [verb, path] = layout.call.split(' ') as [string, string]
  return { verb, path: pathPattern(path), layout }
})

/** The layout of a documented upload, or the usual one. */
export function layoutOf(protocol: Protocol, method = '', target = ''): UploadLayout {
  if (protocol === 'v2') return USUAL.v2
  const path = pathOf(target)
  return SPECIAL.find((row) => row.verb === method && row.path.test(path))?.layout ?? USUAL.v3
}

/** What was given of a file. */
export interface Medium {
  readonly content: Content
  readonly filename: string
  readonly type: string
}

/** The JSON of the part `meta`, as soon as the digest is known. */
export type Meta = (digest: string) => string

/** Puts `meta` together: the file's name, its digest, and whatever the caller adds to them or says instead. */
export function metaOf(
  layout: UploadLayout,
  filename: string,
  given: Readonly<Record<string, unknown>>,
): Meta {
  // Sensitive values are encrypted now, when the call lends its key; the digest takes its place later.
  const place = randomBytes(16).toString('hex')
  const own = {
    ...(layout.filename && { [layout.filename]: filename }),
    [layout.digest]: place,
    ...(layout.states && Object.fromEntries([layout.states])),
  }
  const text = written({ ...own, ...given })
  return (digest) => text.replace(place, digest)
}

function written(meta: object): string {
  try {
    return encodeJson(meta)
  } catch (error) {
    if (!(error instanceof RequestError) || !error.field?.startsWith('json')) throw error
    const { field, message } = error
    throw new RequestError(field.replace('json', 'media.meta'), message.slice(`${field}: `.length))
  }
}

/** A file as it was read the first time, and what is said of it in the form. */
export interface Sealed {
  /** As the caller gave it, or as it was found to be. */
  readonly digest: string
  readonly read: Digest
}

/** A form, ready to go. */
export interface Form {
  readonly length: number
  readonly body: Readable
}

/** A socket waits until a piece is written before it takes the next one; another one waits in the stream. */
const PIECES = 8

interface Plan {
  readonly medium: Medium
  readonly layout: UploadLayout
  readonly boundary: string
  /** APIv3's. */
  readonly meta?: Meta
  /** A digest that the caller gave. */
  readonly given?: string | undefined
  readonly onProgress?: Progress | undefined
}

/** The key under which a body carries the upload that it is. */
const UPLOAD = Symbol('upload')

/** One upload, which can be sent as often as it takes. */
export class Upload {
  readonly #plan: Plan

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** The field for the digest. */
  get digestField(): string {
    return this.#plan.layout.digest
  }

  get contentType(): string {
    return typeWith(this.#plan.boundary)
  }

  /**
   * Reads the file for the first time.
   * @throws RequestError when it cannot be uploaded, or is not what the caller says it is
   */
  async seal(signal?: AbortSignal): Promise<Sealed> {
    const { medium, layout, given } = this.#plan
    const { algorithm, digest: field } = layout
    const { source } = medium.content
    signal?.addEventListener('abort', () => source.abandon?.())
    if (isKnown(algorithm)) {
      const read = await medium.content.digest(algorithm, signal)
      if (given !== undefined && given.toLowerCase() !== read.hex) {
        throw new RequestError(
          `media.meta.${field}`,
          `is not the file's ${algorithm.toUpperCase()}: leave it out`,
        )
      }
      return { digest: given ?? read.hex, read }
    }
    if (given === undefined) {
      throw new RequestError(
        `media.meta.${field}`,
        `missing: this Node.js has no ${algorithm.toUpperCase()}, so that the digest of the file has to be given`,
      )
    }
    return { digest: given, read: await medium.content.digest('sha256', signal) }
  }

  /** What is signed in place of an APIv3 body. */
  signed({ digest }: Sealed): string {
    return this.#plan.meta?.(digest) ?? ''
  }

  /**
   * The form around the file, which is read anew when the body is.
   * @param direct the body goes straight to a socket: nobody keeps a piece of it until several others have followed
   */
  form(texts: readonly TextPart[], { read }: Sealed, direct: boolean): Form {
    const { medium, layout, boundary, onProgress } = this.#plan
    const { filename, type, content } = medium
    const { head, tail } = frame(boundary, texts, { name: layout.part, filename, type })
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield head
      yield* content.send(read, { onProgress, pieces: direct ? recycled(PIECES) : undefined })
      yield tail
    }
    return { length: head.length + read.size + tail.length, body: streamOf(body()) }
  }

  /** APIv3's form: `meta` first, then the file. */
  v3Form(sealed: Sealed, direct: boolean): Form {
    const meta = { name: 'meta', text: this.signed(sealed), type: 'application/json' }
    return this.form([meta], sealed, direct)
  }

  /** The whole as a body. A signer that is given it takes the upload itself, and leaves the stream alone. */
  stream(): Readable {
    const whole = async function* (upload: Upload): AsyncGenerator<Uint8Array> {
      yield* upload.v3Form(await upload.seal(), false).body
    }
    return Object.assign(streamOf(whole(this)), { [UPLOAD]: this })
  }
}

const streamOf = (chunks: AsyncIterable<Uint8Array>): Readable =>
  quiet(Readable.from(chunks, { objectMode: false }))

/** The upload that a body is, if it is one. */
export function uploadOf(body: unknown): Upload | undefined {
  if (typeof body !== 'object' || body === null || !(UPLOAD in body)) return undefined
  return body[UPLOAD] instanceof Upload ? body[UPLOAD] : undefined
}

/** So long that no file can hold it by accident. */
export const newBoundary = (): string => randomBytes(20).toString('hex')

export const typeWith = (boundary: string): string => `multipart/form-data; boundary=${boundary}`
