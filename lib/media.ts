import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import type { BodyInput } from './body'
import { RequestError } from './errors'
import { Content, type Progress } from './media-content'
import type { UploadLayout } from './media-layout'
import { type MediaSource, pathOfUrl, sourceOf } from './media-source'
import { layoutOf, type Medium, type Meta, metaOf, newBoundary, typeWith, Upload } from './media-upload'
import { contentTypeOf } from './mime'
import { isPlainObject } from './plain'
import type { CallSettings, Protocol } from './request'
import { suggestion } from './suggestion'

export type { MediaSource } from './media-source'

/** A file to upload, and what is to be said of it. */
export type MediaFile<M extends object = Readonly<Record<string, unknown>>> = MediaDetails &
  (Record<never, never> extends M ? { readonly meta?: M | undefined } : { readonly meta: M })

interface MediaDetails {
  readonly file: MediaSource | MediaUtil
  /** What the platform is told; needed for what has no name of its own. Directories before it are left out. */
  readonly filename?: string | undefined
  /** Default: by the extension. */
  readonly contentType?: string | undefined
  /** Called while the file goes out: how many of its bytes are on their way, and how many there are. */
  readonly onProgress?: Progress | undefined
}

/**
 * The option `media`: a `MediaUtil`, a path, bytes, a Blob or a stream; or an object with that as its `file`, and in `meta`
 * the fields that the operation wants beside the file's name and digest, which are added.
 */
export type MediaInput<M extends object = Readonly<Record<string, unknown>>> =
  | MediaUtil
  | MediaFile<M>
  | (Record<never, never> extends M ? MediaSource : never)

/** The options of an upload: its file, or a body made elsewhere, such as `MediaUtil`'s. */
export type Uploaded<M extends object = Readonly<Record<string, unknown>>> = CallSettings &
  ({ media: MediaInput<M>; body?: undefined } | { body: BodyInput; media?: undefined })

/**
 * A file for uploading, as in the PHP SDK: its stream is a `multipart/form-data` body, of which the client signs the part
 * `meta` only. It can be sent any number of times. A file is read piece by piece, once for its digest and once for each call;
 * should it change after the `MediaUtil` was made, sending it fails (`ERR_MEDIA_CHANGED`).
 *
 * `getStream()` is laid out as most operations want it: `meta` with `filename` and `sha256`, and the part `file`. For those
 * that want something else, give the `MediaUtil` itself as the option `media`.
 */
export class MediaUtil {
  readonly #medium: Medium
  readonly #boundary = newBoundary()
  #meta: string | undefined

  /**
   * @param path of the file; beside `content` it is but the file's name
   * @param content in place of a file on disk: a Buffer, a Blob or a stream
   * @throws RequestError when there is no such file
   */
  constructor(path: string | URL, content?: Exclude<MediaSource, string | URL>) {
    this.#medium =
      content === undefined
        ? mediumOf({ file: path })
        : mediumOf({ file: content, filename: path instanceof URL ? pathOfUrl(path) : path })
    this.#medium.content.source.look?.()
  }

  /** The body: a new one each time, which opens the file when it is read. */
  getStream(): Readable {
    const layout = layoutOf('v3')
    const meta = this.#meta
    return new Upload({
      medium: this.#medium,
      layout,
      boundary: this.#boundary,
      meta: meta === undefined ? metaOf(layout, this.#medium.filename, {}) : () => meta,
    }).stream()
  }

  /** The header to send with the stream. */
  getContentType(): string {
    return typeWith(this.#boundary)
  }

  /**
   * What is signed: JSON of the file's name and its SHA-256, or what `setMeta` says. The file is read now, at once, if nothing
   * has read it yet; sending does without.
   * @throws RequestError when it cannot be read, as a Blob or a stream cannot
   */
  getMeta(): string {
    if (this.#meta !== undefined) return this.#meta
    const layout = layoutOf('v3')
    const { content, filename } = this.#medium
    return metaOf(layout, filename, {})(content.digestSync(layout.algorithm).hex)
  }

  /** Replaces what is signed, whatever it says; without an argument it is again what it was. */
  setMeta(json?: string | null): this {
    if (json !== undefined && json !== null && typeof json !== 'string') {
      throw new RequestError('meta', 'expected JSON as text')
    }
    this.#meta = json ?? undefined
    return this
  }

  /** @internal */
  static opened(util: MediaUtil): { readonly medium: Medium; readonly meta: string | undefined } {
    return { medium: util.#medium, meta: util.#meta }
  }
}

const DETAILS = ['file', 'filename', 'contentType', 'meta', 'onProgress'] as const

/** A call's upload. */
export interface MediaBody {
  readonly body: Readable
  readonly contentType: string
  /** What APIv2 signs, but for the digest. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

/**
 * Reads the option `media`.
 * @param target path as sent
 * @throws RequestError that says what is wrong with it
 */
export function readMedia(
  input: unknown,
  { protocol, method, target, mchid }: { protocol: Protocol; method: string; target: string; mchid: string },
): MediaBody {
  const details = detailsOf(input)
  const { medium, meta: replaced } = opened(details)
  const { onProgress } = details
  const meta = fieldsOf(details.meta)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new RequestError('media.onProgress', 'expected a function')
  }
  if (replaced !== undefined && (protocol === 'v2' || details.meta !== undefined)) {
    throw new RequestError('media.meta', 'was already given by setMeta(), which is for APIv3: keep one')
  }
  const layout = layoutOf(protocol, method, target)
  const plan = {
    medium,
    layout,
    boundary: newBoundary(),
    given: replaced === undefined ? digestIn(meta, layout) : undefined,
    onProgress,
  }
  if (protocol === 'v2') {
    const upload = new Upload(plan)
    const fields = { mch_id: mchid, sign_type: 'MD5', ...meta }
    return { body: upload.stream(), contentType: upload.contentType, fields }
  }
  const written: Meta = replaced === undefined ? metaOf(layout, medium.filename, meta) : () => replaced
  const upload = new Upload({ ...plan, meta: written })
  return { body: upload.stream(), contentType: upload.contentType, fields: undefined }
}

function detailsOf(input: unknown): MediaFile {
  if (!isPlainObject(input)) return { file: input as MediaSource | MediaUtil }
  for (const name of Object.keys(input)) {
    if ((DETAILS as readonly string[]).includes(name)) continue
    throw new RequestError(`media.${name}`, `no such option${suggestion(name, DETAILS)}`)
  }
  return input as unknown as MediaFile
}

function fieldsOf(meta: unknown = {}): Readonly<Record<string, unknown>> {
  if (!isPlainObject(meta)) throw new RequestError('media.meta', 'expected an object of fields')
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined))
}

function opened(details: MediaFile): { readonly medium: Medium; readonly meta: string | undefined } {
  const { file, filename, contentType } = details
  if (!(file instanceof MediaUtil)) return { medium: mediumOf(details), meta: undefined }
  if (filename === undefined && contentType === undefined) return MediaUtil.opened(file)
  throw new RequestError('media', 'a MediaUtil has a name and a type of its own: keep one')
}

function mediumOf({ file, filename, contentType }: MediaFile): Medium {
  const content = new Content(sourceOf(file))
  const { source } = content
  const name = filenameOf(filename ?? source.name)
  return { content, filename: name, type: typeOf(contentType ?? source.type ?? contentTypeOf(name)) }
}

function filenameOf(given: unknown): string {
  if (given === undefined) {
    throw new RequestError('media.filename', 'missing: a Buffer, a Blob or a stream has no name of its own')
  }
  const name = typeof given === 'string' ? basename(given) : ''
  if (name === '') throw new RequestError('media.filename', 'expected the name of a file')
  if (/\p{Surrogate}/u.test(name)) {
    throw new RequestError(
      'media.filename',
      'holds half of a surrogate pair: it was cut in the middle of a character',
    )
  }
  return name
}

function typeOf(given: unknown): string {
  if (typeof given === 'string' && /^[\x20-\x7e]+$/.test(given)) return given
  throw new RequestError('media.contentType', 'expected a content type, such as image/png')
}

function digestIn(meta: Readonly<Record<string, unknown>>, { digest }: UploadLayout): string | undefined {
  const given = meta[digest]
  if (given === undefined || typeof given === 'string') return given
  throw new RequestError(`media.meta.${digest}`, 'expected the digest of the file as text')
}
