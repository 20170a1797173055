/** What uploads are made of, by their extensions. */
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    avi: 'video/x-msvideo',
    bmp: 'image/bmp',
    csv: 'text/csv',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    f4v: 'video/mp4',
    flv: 'video/x-flv',
    gif: 'image/gif',
    jpeg: 'image/jpeg',
    jpg: 'image/jpeg',
    json: 'application/json',
    m4v: 'video/x-m4v',
    mkv: 'video/x-matroska',
    mov: 'video/quicktime',
    mp4: 'video/mp4',
    mpeg: 'video/mpeg',
    mpg: 'video/mpeg',
    ofd: 'application/ofd',
    pdf: 'application/pdf',
    png: 'image/png',
    rar: 'application/vnd.rar',
    rmvb: 'application/vnd.rn-realmedia-vbr',
    txt: 'text/plain',
    webp: 'image/webp',
    wmv: 'video/x-ms-wmv',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    xml: 'application/xml',
    zip: 'application/zip',
  }),
)

/** The content type of a file by its name; `application/octet-stream` for one that tells nothing. */
export function contentTypeOf(filename: string): string {
  const extension = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? ''
  return TYPES.get(extension) ?? 'application/octet-stream'
}
