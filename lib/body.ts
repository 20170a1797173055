import type { Readable } from 'node:stream'
import { RequestError } from './errors'
import { bag, type HeaderBag, NONE } from './headers'
import { encodeJson } from './json'
import { readMedia } from './media'
import { uploadOf } from './media-upload'
import type { Protocol, RequestOptions } from './request'

/** What can be sent as it is. A stream is read to its end first: its bytes are signed. An upload's is not: see `MediaUtil`. */
export type BodyInput =
  | string
  | Uint8Array
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>

/** What a call sends, and what it is. */
export interface Content {
  readonly body: string | Buffer | AsyncIterable<Uint8Array | string> | null
  /** APIv2's. */
  readonly fields: unknown
  /** The header that says what the body is, where it is not the usual. */
  readonly type: HeaderBag
}

/** Where a call goes. */
interface Call {
  readonly protocol: Protocol
  readonly method: string
  readonly target: string
  readonly mchid: string
}

export const JSON_TYPE: HeaderBag = bag('Content-Type', 'application/json')
const typed = (type: string): HeaderBag => bag('Content-Type', type)

/**
 * The body of a call, from the one of the options that gives it.
 * @throws RequestError when there are two of them, or the protocol takes another
 */
export function contentOf(options: RequestOptions, call: Call): Content {
  const { json, xml, body, media } = options
  const [first, second] = SOURCES.filter((name) => options[name] !== undefined && options[name] !== null)
  if (second) throw new RequestError(second, `cannot be sent together with ${first}: keep one`)
  const [misplaced, proper] = call.protocol === 'v2' ? ['json', 'xml'] : ['xml', 'json']
  if (first === misplaced) {
    throw new RequestError(
      misplaced,
      `is no body for ${PROTOCOL_NAMES[call.protocol]}: give ${proper}. Paths of APIv2 begin with "v2/"`,
    )
  }
  switch (first) {
    case 'json':
      if (isThenable(json)) throw new RequestError('json', 'got a promise: await it first')
      return { body: encodeJson(json), fields: undefined, type: JSON_TYPE }
    case 'media': {
      const { contentType, ...upload } = readMedia(media, call)
      return { ...upload, type: typed(contentType) }
    }
    default: {
      const upload = uploadOf(body)
      return {
        body: rawBody(body),
        fields: xml ?? undefined,
        type: upload ? typed(upload.contentType) : NONE,
      }
    }
  }
}

const SOURCES = ['json', 'xml', 'body', 'media'] as const
const PROTOCOL_NAMES = { v2: 'APIv2', v3: 'APIv3' } as const

function rawBody(body: unknown): Content['body'] {
  switch (typeof body) {
    case 'undefined':
      return null
    case 'string':
      return body
    case 'boolean':
      return body ? '1' : ''
    case 'number':
    case 'bigint':
      if (typeof body === 'number' && !Number.isFinite(body)) break
      return String(body)
    case 'object':
      if (body === null) return null
      if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      if (Symbol.asyncIterator in body) return body as AsyncIterable<Uint8Array>
  }
  throw new RequestError('body', 'expected a string, a Buffer or a stream; a JSON body is given as json')
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
