import { type Listed, listed, type Table } from './entry'

const all = (why: string, ...ids: readonly string[]): Record<string, Listed> =>
  Object.fromEntries(ids.map((id) => [id, listed(why)]))

/** Behaviours that are not run here. */
export const elsewhere: Table = all(
  'uploads: see their specs',
  'body/multipart',
  'body/multipart with explicit content type loses the boundary',
  'body/MultipartStream as body',
  'body/MediaUtil: only the meta is signed',
  'body/MediaUtil without the content type header',
  'body/MediaUtil with name and stream',
  'body/MediaUtil setMeta',
  'body/MediaUtil sent twice',
  'body/MediaUtil of a missing file',
)
