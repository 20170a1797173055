import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joined } from './joined'

/** How TypeScript writes an import in CommonJS. */
const REQUIRE = /^const (\w+_\d+) = require\(("[^"]+")\);$/gm
/** … and an export of what was imported. */
const RE_EXPORT =
  /^Object\.defineProperty\(exports, "\w+", \{ enumerable: true, get: function \(\) \{ return \w+\.\w+; \} \}\);$/gm

/**
 * Makes the compiled modules load each other when they first use each other: importing the package shall not take all their time.
 * @param entries the modules that re-export the names of the package: what they name becomes one file
 */
export function packScripts(folder: string, entries: readonly string[]): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.js$/.test(file),
  )
  const codeOf = (file: string): string => withLazyImports(readFileSync(join(folder, file), 'utf8'))
  const modules = new Map(files.map((file) => [file.replaceAll('\\', '/'), codeOf(file)]))
  const packed = joined(modules, entries)
  for (const path of modules.keys()) if (!packed.has(path)) rmSync(join(folder, path))
  for (const [path, code] of packed) writeFileSync(join(folder, path), code)
}

/**
 * @param code of a CommonJS module, as TypeScript writes it
 * @returns the same, in which what is imported is loaded where it is first used. What only re-exports stays as it is: ESM reads the
 *   names in it without running it
 * @throws for a module that uses another as a whole
 */
export function withLazyImports(code: string): string {
  const own = code.replace(REQUIRE, '').replace(RE_EXPORT, '')
  const names = [...code.matchAll(REQUIRE)].map(([, name]) => name as string)
  if (!names.some((name) => own.search(word(name)) !== -1)) return code
  const whole = names.find((name) => own.search(new RegExp(`\\b${name}\\b(?!\\.)`)) !== -1)
  if (whole) throw new Error(`${whole} is used as a whole: it cannot be loaded later`)
  const loading = code.replace(REQUIRE, 'let _$1; const $1 = () => _$1 ??= require($2);')
  return names.reduce(
    (text, name) => text.replace(made(name), `new (${name}().$1)`).replace(word(name), `${name}().`),
    loading,
  )
}

/** `new a_1.A()`: the parentheses of a call would be taken for those of the constructor. */
const made = (name: string): RegExp => new RegExp(`\\bnew ${name}\\.([\\w$.]+)`, 'g')
const word = (name: string): RegExp => new RegExp(`\\b${name}\\.`, 'g')
