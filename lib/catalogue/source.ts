import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

/** The catalogue's parts (`v3/pay`, `callbacks`) and the JSON of each. */
export interface Source {
  readonly names: readonly string[]
  text(name: string): string
}

/** The one file that the package has in place of the folder. */
export const PACKED = 'catalogue.br'

const JSON_FILE = /\.json$/

/** @param folder with JSON files, as it is edited, or with what `npm run build` makes of them: a 25th of their size */
export function sourceIn(folder: string): Source {
  const file = join(folder, PACKED)
  return existsSync(file) ? packed(readFileSync(file)) : unpacked(folder)
}

function unpacked(folder: string): Source {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return {
    names: files
      .filter((file) => JSON_FILE.test(file))
      .map((file) => file.replace(JSON_FILE, '').replaceAll('\\', '/')),
    text: (name) => readFileSync(join(folder, `${name}.json`), 'utf8'),
  }
}

/** A part is a line: its name, a space, its JSON. */
function packed(file: Buffer): Source {
  const lines = brotliDecompressSync(file)
  const parts = new Map<string, Buffer>()
  for (let start = 0; start < lines.length; ) {
    const space = lines.indexOf(' ', start)
    const end = lines.indexOf('\n', space)
    parts.set(lines.toString('utf8', start, space), lines.subarray(space + 1, end))
    start = end + 1
  }
  return { names: [...parts.keys()], text: (name) => parts.get(name)?.toString() ?? '' }
}
