import { brotliCompressSync, constants } from 'node:zlib'
import type { Source } from '../../catalogue/source'

/** What only a reader wants (links, names, who may call) stays behind: the types and the reference have it. */
const FOR_READERS: ReadonlySet<string> = new Set(['docs', 'title', 'label', 'roles'])

/** @returns the catalogue as the simulator reads it: a file that `sourceIn` takes */
export function packCatalogue({ names, text }: Source): Buffer {
  const lines = names.toSorted().map((name) => {
    const facts: unknown = JSON.parse(text(name))
    return `${name} ${JSON.stringify(facts, (key, value: unknown) => (FOR_READERS.has(key) ? undefined : value))}\n`
  })
  const bytes = Buffer.from(lines.join(''))
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    // The domains repeat each other: the window holds all of them.
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return brotliCompressSync(bytes, { params })
}
