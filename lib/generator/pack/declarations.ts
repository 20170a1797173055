import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DECLARATIONS = /\.d\.m?ts$/
const COMMENT = /\/\*.*?\*\//gs
/** `from './a'`, `import('./a')`, `import './a'` */
const IMPORT = /\b(?:from|import)[\s(]*['"](\.[^'"]+)['"]/g

/** Declarations by their paths from the package's root, as `exports` writes them: `./dist/index.d.ts`. */
export type Declarations = ReadonlyMap<string, string>

/**
 * @param exports of package.json
 * @returns the declarations that a user's compiler can get to: what the conditions named `types` say, and what is imported
 *   from there
 * @throws when one of them is missing
 */
export function reachable(exports: unknown, all: Declarations): Declarations {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    const text = all.get(path)
    if (text === undefined) throw new Error(`${path} is missing`)
    found.set(path, text)
    for (const [, name = ''] of text.replace(COMMENT, '').matchAll(IMPORT)) visit(imported(path, name, all))
  }
  for (const entry of entriesOf(exports, all)) visit(entry)
  return found
}

function entriesOf(exports: unknown, all: Declarations): string[] {
  if (typeof exports !== 'object' || exports === null) return []
  return Object.entries(exports).flatMap(([condition, target]: [string, unknown]) => {
    if (condition !== 'types' || typeof target !== 'string') return entriesOf(target, all)
    const [start = '', end] = target.split('*')
    if (end === undefined) return [target]
    return [...all.keys()].filter((path) => path.startsWith(start) && path.endsWith(end))
  })
}

function imported(from: string, name: string, all: Declarations): string {
  const base = `./${join(dirname(from), name).replaceAll('\\', '/')}`
  const candidates = [base.replace(/\.(m?)js$/, '.d.$1ts'), `${base}.d.ts`, `${base}/index.d.ts`]
  return candidates.find((path) => all.has(path)) ?? `${from}: ${name}`
}

/** What is generated: namespaces, written as this repository writes code. */
const GENERATED = './dist/openapi/'
const SEMICOLON = /^(?!\s*\/?\*)(.*);$/gm

/** A tab for four spaces; the lines of generated ones begin at the left, and end without semicolons. */
export function condensed(path: string, text: string): string {
  if (path.startsWith(GENERATED)) return text.replace(/^ +/gm, '').replace(SEMICOLON, '$1')
  return text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))
}

/** Leaves of the declarations in a package what its users need. */
export function packDeclarations(root: string, exports: unknown): void {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
  const paths = files
    .filter((file) => DECLARATIONS.test(file))
    .map((file) => `./dist/${file.replaceAll('\\', '/')}`)
  const all = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  const wanted = reachable(exports, all)
  for (const path of paths) {
    const text = wanted.get(path)
    if (text === undefined) rmSync(join(root, path))
    else writeFileSync(join(root, path), condensed(path, text))
  }
}
