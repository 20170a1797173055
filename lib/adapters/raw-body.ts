import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { RequestError } from '../errors'
import type { RawBody } from '../handle-callback'

/** Of bytes. The longest callbacks documented are a hundredth of it. */
const LIMIT = 2 ** 20

/**
 * A body, all of it.
 * @throws RequestError when it is far too long: whoever sends that is not WeChat Pay
 */
export async function collect(chunks: AsyncIterable<unknown> | null): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks ?? []) {
    const part = Buffer.from(chunk as Uint8Array)
    length += part.length
    if (length > LIMIT) throw new RequestError('body', 'more than 1 MiB: no callback is that long')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * The bytes of a request to Node's own server: as a parser kept them, else from the stream.
 * @param kept where parsers put them, the surest first; what is neither bytes nor text is something parsed
 * @param remedy how to come by them in this framework
 * @throws RequestError when a parser has eaten the stream and kept nothing
 */
export async function rawBodyOf(
  stream: IncomingMessage,
  kept: readonly unknown[],
  remedy: string,
): Promise<RawBody> {
  const found = kept.find((each) => each instanceof Uint8Array || typeof each === 'string')
  if (found !== undefined) return found as RawBody
  if (stream.readableDidRead) throw eaten(remedy)
  return streamed(stream)
}

/** Without ending the stream, and to its end: the answer has to leave through the same connection. */
export function streamed(stream: Readable | undefined): Promise<RawBody> {
  if (stream === undefined) return Promise.resolve('')
  return collect(stream.iterator({ destroyOnReturn: false })).finally(() => stream.resume())
}

/** The signature is over the bytes as sent: what was parsed and written again are others. */
export function eaten(remedy: string): RequestError {
  return new RequestError('body', `was parsed before it could be verified, and its bytes are gone: ${remedy}`)
}
