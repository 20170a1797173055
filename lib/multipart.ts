/** A part of a form that is text. */
export interface TextPart {
  readonly name: string
  readonly text: string
  readonly type?: string
}

/** A part of a form that is a file, without what is in it. */
export interface FilePart {
  readonly name: string
  readonly filename: string
  readonly type: string
}

/** Everything of a `multipart/form-data` body (RFC 7578) but the file: what stands before it and behind it. */
export interface Frame {
  readonly head: Buffer
  readonly tail: Buffer
}

/** A form of some text and, at its end, one file. */
export function frame(boundary: string, texts: readonly TextPart[], file: FilePart): Frame {
  const written = texts.map(({ name, text, type }) => {
    const header = type === undefined ? '' : `Content-Type: ${type}\r\n`
    return `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"\r\n${header}\r\n${text}\r\n`
  })
  const disposition = `form-data; name="${escaped(file.name)}"; filename="${escaped(file.filename)}"`
  const start = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${file.type}\r\n\r\n`
  return {
    head: Buffer.from(`${written.join('')}${start}`),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  }
}

/**
 * A name between quotes: as browsers write it, UTF-8 with `"` as `%22` and a line break as `%0D%0A` (WHATWG HTML, 4.10.21.8).
 * Backslashes and other control characters are escaped too, since parsers disagree about what they mean there.
 */
const escaped = (name: string): string => name.replace(/["\\\p{Cc}]/gu, encodeURIComponent)
