import { posix } from 'node:path'

/** The code of CommonJS modules, by their paths: `bill/file.js`. */
type Modules = ReadonlyMap<string, string>

/** The names that an entry exports, each with the module that has it. */
type Exports = ReadonlyMap<string, string>

const JOINED = 'joined.js'
const REST = 'rest.js'
/** Data, which is read where it is. */
const CATALOGUE = 'catalogue/'

/** What TypeScript writes above the code of a module, and what it writes for one that only re-exports. */
const HEAD = /^.*?^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/ms
const NAMES = /^exports\.(?:\w+ = exports\.)*\w+ = void 0;$/m
const LOADED = /^var (\w+) = require\("(\.[^"]+)"\);$/gm
const RE_EXPORT =
  /^Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return (\w+)\.\1; \} \}\);$/gm
const STAR = /^__exportStar\(require\("(\.[^"]+)"\), exports\);$/gm
const SHAPES = [HEAD, NAMES, LOADED, RE_EXPORT, STAR]

const REQUIRE = /\brequire\(["'](\.[^"']+)["']\)/g

/**
 * To a program that starts, a file costs more than what is in it. What the entries re-export, all of which ESM wants at once, becomes
 * one file: in it every module is a function, which runs when the module is first asked for. CommonJS asks when it uses a name.
 *
 * What those need in turn becomes a second file, loaded whole with the first client: a call in flight shall not depend on files
 * that may be replaced meanwhile, nor find other classes in them than those it began with.
 * @param entries the modules that only re-export
 * @returns what is left of the modules, with the two files in the place of those that are in them
 * @throws for an entry that does more, and for a module that is required and not there
 */
export function joined(modules: Modules, entries: readonly string[]): Modules {
  const given = new Map(entries.map((entry) => [entry, exportsOf(entry, modules)]))
  const first = new Set([...given.values()].flatMap((exports) => [...exports.values()]))
  const parts = reach(first, modules)
  const passed = new Set(entries.flatMap((entry) => starsOf(entry, modules)))
  const left = [...modules.keys()].filter((path) => !parts.has(path) && !passed.has(path))
  const linked = (path: string, file: string): string =>
    codeOf(path, modules).replace(REQUIRE, (_, name: string) => {
      const to = target(path, name, modules)
      const isInside = file === JOINED || file === REST
      if (parts.has(to)) return isInside ? `__part("${to}")` : `${loading(JOINED, file)}("${to}")`
      if (left.includes(to) || to.endsWith('.json')) return loading(to, file)
      throw new Error(`${path} requires ${to}, which is not there`)
    })
  const written = (path: string): string => {
    const exports = given.get(path)
    return exports ? entryFile(path, exports) : linked(path, path)
  }
  return new Map([
    ...left.map((path) => [path, written(path)] as const),
    [JOINED, joinedFile([...first].map((path) => [path, linked(path, JOINED)]))],
    [REST, restFile([...parts].filter((path) => !first.has(path)).map((path) => [path, linked(path, REST)]))],
  ])
}

/** The modules, and those that they require, and so on. */
function reach(from: Iterable<string>, modules: Modules): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path) || !modules.has(path) || path.startsWith(CATALOGUE)) return
    found.add(path)
    for (const [, name] of codeOf(path, modules).matchAll(REQUIRE))
      visit(target(path, name as string, modules))
  }
  for (const path of from) visit(path)
  return found
}

function exportsOf(path: string, modules: Modules): Exports {
  const code = codeOf(path, modules)
  const from = new Map(
    [...code.matchAll(LOADED)].map(([, name, to]) => [name, target(path, to as string, modules)]),
  )
  const own = [...code.matchAll(RE_EXPORT)].map(
    ([, name, module]) => [name, from.get(module)] as [string, string],
  )
  const more = SHAPES.reduce((rest, shape) => rest.replace(shape, ''), code).trim()
  if (more) throw new Error(`${path} does more than re-export: ${more}`)
  return new Map([...starsOf(path, modules).flatMap((star) => [...exportsOf(star, modules)]), ...own])
}

/** The modules whose names are passed on by `export *`. */
function starsOf(path: string, modules: Modules): string[] {
  const stars = [...codeOf(path, modules).matchAll(STAR)].map(([, to]) => target(path, to as string, modules))
  return stars.flatMap((star) => [star, ...starsOf(star, modules)])
}

function codeOf(path: string, modules: Modules): string {
  const code = modules.get(path)
  if (code === undefined) throw new Error(`${path} is missing`)
  return code
}

/** `./file` in `bill/cipher.js` is `bill/file.js`. */
function target(from: string, name: string, modules: Modules): string {
  const path = posix.join(posix.dirname(from), name)
  return [`${path}.js`, `${path}/index.js`].find((each) => modules.has(each)) ?? path
}

function loading(path: string, from: string): string {
  const name = posix.relative(posix.dirname(from), path)
  return `require(${JSON.stringify(name.startsWith('.') ? name : `./${name}`)})`
}

/** ESM reads the names from the assignments, without running them. */
const entryFile = (path: string, exports: Exports): string =>
  `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
${[...exports.keys()].map((name) => `exports.${name} = `).join('')}void 0;
const parts = ${JSON.stringify(Object.fromEntries(exports), undefined, 4)};
let part;
for (const name of Object.keys(parts)) {
    const get = () => (part ??= ${loading(JOINED, path)})(parts[name])[name];
    Object.defineProperty(exports, name, { enumerable: true, get });
}
`

type Part = readonly [path: string, code: string]

const functions = (parts: readonly Part[]): string =>
  parts.map(([path, code]) => `"${path}"(exports) {\n${code.replace('"use strict";\n', '')}},\n`).join('')

const joinedFile = (parts: readonly Part[]): string =>
  `"use strict";
const parts = {
${functions(parts)}};
const loaded = new Map();
let rest;
function __part(path) {
    let exports = loaded.get(path);
    if (exports === undefined) {
        loaded.set(path, exports = {});
        (parts[path] ?? (rest ??= ${loading(REST, JOINED)}(__part))[path])(exports);
    }
    return exports;
}
module.exports = __part;
`

const restFile = (parts: readonly Part[]): string =>
  `"use strict";
module.exports = (__part) => ({
${functions(parts)}});
`
