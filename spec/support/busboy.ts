import { buffer } from 'node:stream/consumers'
import busboy from 'busboy'

/** A part of a form, as busboy reads it. */
export interface BusboyPart {
  readonly name: string
  /** Of a file. */
  readonly filename?: string | undefined
  readonly type: string
  readonly content: Buffer
}

/** Reads a form with a parser that is not ours. The parts come in their order. */
export async function readWithBusboy(contentType: string, body: Buffer): Promise<BusboyPart[]> {
  const parts: Promise<BusboyPart>[] = []
  const parser = busboy({
    headers: { 'content-type': contentType },
    defParamCharset: 'utf8',
    preservePath: true,
  })
  parser.on('field', (name, value, { mimeType: type }) => {
    parts.push(Promise.resolve({ name, type, content: Buffer.from(value) }))
  })
  parser.on('file', (name, stream, { filename, mimeType: type }) => {
    parts.push(buffer(stream).then((content) => ({ name, filename, type, content })))
  })
  const done = new Promise((resolve, reject) => parser.on('close', resolve).on('error', reject))
  parser.end(body)
  await done
  return Promise.all(parts)
}
