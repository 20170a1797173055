const BOUNDARY = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;]+))/i
const NAME = /^content-disposition\s*:.*[\s;]name="([^"]*)"/im
const FILE = /^content-disposition\s*:.*[\s;]filename\*?=/im

/** One part of a `multipart/form-data` body */
export interface Part {
  readonly name: string
  /** whether it was sent under a file's name */
  readonly file: boolean
  readonly content: Buffer
}

/** Splits a `multipart/form-data` body (RFC 7578); `undefined` when the content type is another one */
export const readParts = (contentType: string | undefined, body: Buffer): Part[] | undefined => {
  const found = BOUNDARY.exec(contentType ?? '')
  if (!found) return undefined
  const parts: Part[] = []
  // The first delimiter may stand at the very start: a line break in front makes all of them alike.
  const text = Buffer.concat([Buffer.from('\r\n'), body])
  const delimiter = Buffer.from(`\r\n--${found[1] ?? found[2]}`)
  let start = text.indexOf(delimiter)
  for (;;) {
    const end = start < 0 ? -1 : text.indexOf(delimiter, start + delimiter.length)
    if (end < 0) return parts
    const part = text.subarray(start + delimiter.length, end)
    const blank = part.indexOf('\r\n\r\n')
    const head = part.subarray(0, Math.max(blank, 0)).toString()
    const name = NAME.exec(head)?.[1]
    if (name !== undefined) parts.push({ name, file: FILE.test(head), content: part.subarray(blank + 4) })
    start = end
  }
}
