/** One part of a `multipart/form-data` body. */
export interface Part {
  readonly name: string
  /** Of a file. */
  readonly filename: string | undefined
  readonly type: string | undefined
  readonly content: Buffer
}

/** The parts of a form, whose first line says what stands between them; `undefined` when it is none. */
export function readForm(body: Buffer): Part[] | undefined {
  const text = body.toString('latin1')
  const [, boundary] = /^--([^\r\n]+)\r\n/.exec(text) ?? []
  if (boundary === undefined || !text.endsWith(`\r\n--${boundary}--\r\n`)) return undefined
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`).slice(1, -1)
  return parts.map((part) => {
    const blank = part.indexOf('\r\n\r\n')
    const head = Buffer.from(part.slice(0, blank), 'latin1').toString()
    return {
      name: /[; ]name="([^"]*)"/.exec(head)?.[1] ?? '',
      filename: /filename="([^"]*)"/.exec(head)?.[1],
      type: /^Content-Type: (.*)$/im.exec(head)?.[1],
      content: Buffer.from(part.slice(blank + 4), 'latin1'),
    }
  })
}

/** The bytes that an APIv3 signature covers: of an upload those of its part `meta`, of anything else all. */
export function signedBytes(body: Buffer): Buffer {
  return readForm(body)?.find(({ name }) => name === 'meta')?.content ?? body
}
