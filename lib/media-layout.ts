import type { DigestAlgorithm } from './media-content'
import type { Protocol } from './request'

/** How the form of an upload is made up: everything is named in one way or another. */
export interface UploadLayout {
  /** The part that is the file. */
  readonly part: string
  /** The field with the file's name, if there is one. */
  readonly filename?: string
  readonly digest: string
  readonly algorithm: DigestAlgorithm
  /** A field that tells the algorithm, and how it does. */
  readonly states?: readonly [field: string, value: string]
}

/** One that is unlike the others. */
export interface SpecialLayout extends UploadLayout {
  /** Verb and path as sent, the variables in braces. */
  readonly call: string
}

/** What most uploads of APIv3 have in common, and the only one of APIv2. */
export const USUAL: Readonly<Record<Protocol, UploadLayout>> = {
  v2: { part: 'media', digest: 'media_hash', algorithm: 'md5' },
  v3: { part: 'file', filename: 'filename', digest: 'sha256', algorithm: 'sha256' },
}
