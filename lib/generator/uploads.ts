import type { Field, Group, Operation } from '../catalogue/model'
import type { UploadLayout } from '../media-layout'

/** What the documentation says of an upload. */
export interface DocumentedUpload {
  readonly layout: UploadLayout
  /** What the caller has to tell: all but the file, its name and its digest. */
  readonly fields: readonly Field[]
}

/**
 * Tells from the fields of an upload which of them is the file, its name, its digest, and how that is made.
 * @throws Error when there is no file or no digest among them
 */
export function uploadOf({
  verb,
  uri,
  multipart,
}: Operation & { readonly multipart: Group }): DocumentedUpload {
  const isV2 = uri.startsWith('v2/')
  const parts = multipart.fields
  const file = parts.find(({ type }) => type === 'file')
  const fields = isV2 ? parts : (parts.find(({ name }) => name === 'meta')?.fields ?? [])
  const filename = fields.find(({ name }) => /^file_?name$/.test(name))
  const digest = fields.find(({ name }) => /^sha256$|digest$|_hash$/.test(name))
  const states = fields.find(({ name, enum: values }) => /^digest_al/.test(name) && values?.length === 1)
  if (!file || !digest) throw new Error(`${verb} ${uri}: which part is the file, and which field its digest?`)
  return {
    layout: {
      part: file.name,
      ...(filename && { filename: filename.name }),
      digest: digest.name,
      algorithm: isV2 ? 'md5' : digest.label?.includes('SM3') ? 'sm3' : 'sha256',
      ...(states && { states: [states.name, String(states.enum?.[0])] }),
    },
    fields: fields
      .filter((field) => ![file, filename, digest, states].includes(field) && field.name !== 'sign')
      .map((field) => (isV2 && SUPPLIED.has(field.name) ? optional(field) : field)),
  }
}

/** What the client adds to an upload of APIv2 unless the caller says otherwise. */
const SUPPLIED: ReadonlySet<string> = new Set(['mch_id', 'sign_type'])

function optional({ required: _, ...field }: Field): Field {
  return field
}
