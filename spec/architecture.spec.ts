import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

const ROOT = resolve(__dirname, '..')
const LIB = join(ROOT, 'lib')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies' | 'peerDependencies',
  Record<string, string>
> & { peerDependenciesMeta: Record<string, unknown> }
const { dependencies } = manifest

interface Import {
  readonly from: string
  /** A file below lib/ without its extension, `node:…`, or a package. */
  readonly to: string
  /** Is it a file below lib/? */
  readonly own: boolean
  /** Is it there at run time? */
  readonly runtime: boolean
}

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.m?ts$/.test(name))

const STATEMENT = /^(import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm
const CALL = /\b(?:require|import)\s*\(\s*['"]([^'"]+)['"]\s*\)/g
const TYPE_QUERY = /\btypeof\s+import\s*\([^)]*\)/g

function importsOf(file: string): Import[] {
  const source = readFileSync(join(LIB, file), 'utf8')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found = [...source.matchAll(STATEMENT)].map(([, , clause = '', from, bare]) => ({
    to: (from ?? bare) as string,
    runtime: bare !== undefined || !isTypeOnly(clause),
  }))
  const called = [...source.replace(TYPE_QUERY, '').matchAll(CALL)].map(([, to]) => ({
    to: to as string,
    runtime: true,
  }))
  return [...found, ...called].map(({ to, runtime }) => ({
    from: stem(file),
    to: target(file, to),
    own: to.startsWith('.'),
    runtime,
  }))
}

/** `type { A }`, `type * as A`, or braces in which every name is a type. */
function isTypeOnly(clause: string): boolean {
  if (/^\s*type\b/.test(clause)) return true
  const [, names] = /^\s*\{([^}]*)\}\s*$/.exec(clause) ?? []
  return names?.split(',').every((name) => name.trim() === '' || /^type\s/.test(name.trim())) ?? false
}

function target(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const name = stem(relative(LIB, resolve(LIB, dirname(file), specifier)).replaceAll('\\', '/'))
  return !files.some((known) => stem(known) === name) && files.includes(`${name}/index.ts`)
    ? `${name}/index`
    : name
}

function stem(name: string): string {
  return name.replace(/\.(?:m?ts|m?js)$/, '')
}

const imports = files.flatMap(importsOf)
const runtime = imports.filter((each) => each.runtime)
const show = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} → ${to}`)
const isBuiltin = (name: string): boolean => name.startsWith('node:')
const exists = (name: string): boolean => files.some((file) => stem(file) === name)
const among = (name: string, ...places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith('/') ? name.startsWith(place) : name === place))

/** What a file or folder may import from lib/ at run time, and nobody else's business. The design's table, as data. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  chain: [],
  errors: [],
  uri: ['expansion'],
  expansion: ['plain'],
  suggestion: [],
  plain: [],
  vocabulary: [],
  diagnostics: ['vocabulary'],
  clock: [],
  delivery: ['v2/reads'],
  failover: ['diagnostics'],
  proxy: ['errors'],
  retry: ['errors', 'plain', 'suggestion', 'timeouts'],
  timeouts: ['plain', 'suggestion'],
  connections: ['proxy', 'undici'],
  call: ['diagnostics', 'errors', 'failover', 'media-upload', 'retry', 'v2/reads', 'v3/accepted'],
  'v2/reads': ['path'],
  'v3/accepted': ['path'],
  'user-agent': ['../package.json'],
  promise: [],
  bytes: ['errors'],
  'crypto/': ['crypto/', 'bytes', 'errors'],
  formatter: ['errors'],
  pem: ['crypto/', 'errors'],
  'catalogue/': ['catalogue/'],
  store: [],
  claims: ['errors'],
  'redis-store': ['errors'],
  'adapters/': ['adapters/', 'errors'],
  'shangmi/': ['shangmi/', 'bytes', 'crypto/key', 'errors'],
  payment: ['payment/'],
  'payment/': [
    'payment/',
    'crypto/',
    'errors',
    'formatter',
    'plain',
    'platform-keys',
    'suggestion',
    'v3/sign-queue',
  ],
}

/** Packages that only one folder wants: peers, installed by those who use it. */
const PEERS: Readonly<Record<string, string>> = {
  'shangmi/': 'sm-crypto-v2',
  'simulator/shangmi/': 'sm-crypto',
}

/** Later ones may import earlier ones, never the other way round. */
const LAYERS = ['errors', 'crypto/', 'request', 'call', 'client', 'builder', 'index'] as const

test('the parser sees imports', () => {
  expect(files.length).toBeGreaterThan(20)
  expect(show(runtime)).toEqual(
    expect.arrayContaining([
      'builder → chain',
      'builder → client',
      'index → instance',
      'instance → builder',
      'lite → builder',
      'crypto/rsa → node:crypto',
    ]),
  )
  expect(show(imports.filter((each) => !each.runtime))).toContain('errors → response')
  expect(isTypeOnly(' type { A } ')).toBe(true)
  expect(isTypeOnly(' { type A, type B } ')).toBe(true)
  expect(isTypeOnly(' { type A, B } ')).toBe(false)
  expect(isTypeOnly(' A, { type B } ')).toBe(false)
  expect(isTypeOnly(' * ')).toBe(false)
})

test('every import leads to a file, to Node.js or to a dependency', () => {
  const lost = imports.filter(({ from, to, own }) => {
    if (own) return !exists(to) && !/^(?:\.\.\/)+package\.json$/.test(to)
    if (isBuiltin(to)) return false
    const name = to.split('/', to.startsWith('@') ? 2 : 1).join('/')
    const peer = Object.entries(PEERS).some(([place, wanted]) => among(from, place) && name === wanted)
    return !peer && !Object.hasOwn(dependencies, name)
  })
  expect(show(lost)).toEqual([])
})

test('peers are optional, installed here for the tests, and wanted', () => {
  const { peerDependencies, peerDependenciesMeta, devDependencies } = manifest
  expect(Object.keys(peerDependencies).sort()).toEqual(Object.values(PEERS).sort())
  for (const [place, name] of Object.entries(PEERS)) {
    expect(peerDependenciesMeta[name]).toEqual({ optional: true })
    expect(devDependencies[name]).toBe(peerDependencies[name])
    expect(runtime.some(({ from, to }) => among(from, place) && to === name)).toBe(true)
  }
})

test("Node.js's modules are named node:…", () => {
  expect(show(imports.filter(({ to, own }) => !own && builtinModules.includes(to)))).toEqual([])
})

test('nothing imports from spec, examples or the build', () => {
  expect(
    show(imports.filter(({ to }) => /(?:^|\/)(?:spec|examples|dist|coverage)(?:\/|$)/.test(to))),
  ).toEqual([])
})

test('no cycles at run time', () => {
  const graph = new Map<string, string[]>()
  for (const { from, to, own } of runtime) if (own) graph.set(from, [...(graph.get(from) ?? []), to])
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) {
      cycles.push([...path.slice(path.indexOf(node)), node].join(' → '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  // lib/index.mts is lib/index.ts in the other format.
  expect(cycles.filter((cycle) => !/^(\S+) → \1$/.test(cycle))).toEqual([])
})

test('chain and errors import nothing at all at run time', () => {
  expect(show(runtime.filter(({ from }) => from === 'chain' || from === 'errors'))).toEqual([])
})

test.each(Object.entries(MAY_IMPORT))('%s imports only %j', (place, allowed) => {
  const found = runtime.filter(({ from, to, own }) => among(from, place) && own && !among(to, ...allowed))
  expect(show(found)).toEqual([])
})

test('imports point down the line only', () => {
  const layer = (name: string): number => LAYERS.findIndex((place) => among(name, place))
  const up = runtime.filter(({ from, to, own }) => own && layer(from) >= 0 && layer(to) > layer(from))
  expect(show(up)).toEqual([])
})

test.each([
  ['client', ['builder', 'recipients']],
  ['builder', ['instance', 'lite']],
  ['chain', ['builder']],
  ['exchange', ['client']],
])('%s is imported by %j alone', (name, allowed) => {
  expect(show(runtime.filter(({ from, to }) => to === name && !among(from, ...allowed)))).toEqual([])
})

test('index is imported by nothing but the entries', () => {
  const found = runtime.filter(({ from, to }) => to === 'index' && !among(from, 'index', 'cli/'))
  expect(show(found)).toEqual([])
})

test('index only re-exports', () => {
  for (const name of ['index.ts', 'index.mts']) {
    const source = readFileSync(join(LIB, name), 'utf8').replace(/\/\*.*?\*\/|\/\/.*$/gms, '')
    const rest = source.replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s+from\s+'[^']+';?/g, '')
    expect(rest.trim()).toBe('')
  }
})

test('v2 and v3 do not know each other, nor what sends', () => {
  expect(show(imports.filter(({ from, to }) => from.startsWith('v2/') && to.startsWith('v3/')))).toEqual([])
  expect(show(imports.filter(({ from, to }) => from.startsWith('v3/') && to.startsWith('v2/')))).toEqual([])
  const above = runtime.filter(
    ({ from, to }) =>
      among(from, 'v2/', 'v3/') && among(to, 'request', 'client', 'exchange', 'builder', 'index'),
  )
  expect(show(above)).toEqual([])
})

test('国密 is known to nothing else', () => {
  const found = imports.filter(({ from, to }) => to.startsWith('shangmi/') && !from.startsWith('shangmi/'))
  expect(show(found)).toEqual([])
})

describe('the simulator', () => {
  const all = imports.filter(({ from }) => from.startsWith('simulator/'))
  const isShangmi = (name: string): boolean => name.startsWith('simulator/shangmi/')
  const inside = all.filter(({ from }) => !isShangmi(from))

  test('imports Node.js, itself and the catalogue only, types included', () => {
    expect(inside.length).toBeGreaterThan(0)
    const found = inside.filter(({ to }) => !isBuiltin(to) && !among(to, 'simulator/', 'catalogue/index'))
    expect(show(found)).toEqual([])
  })

  test('does not know its 国密, which has the same manners, and a library other than the client’s', () => {
    expect(show(inside.filter(({ to }) => isShangmi(to)))).toEqual([])
    const allowed = ['simulator/', PEERS['simulator/shangmi/'] as string]
    const own = all.filter(({ from }) => isShangmi(from))
    expect(own.length).toBeGreaterThan(0)
    expect(show(own.filter(({ to }) => !isBuiltin(to) && !among(to, ...allowed)))).toEqual([])
  })

  test('is imported by nothing else', () => {
    const found = imports.filter(
      ({ from, to }) => to.startsWith('simulator/') && !from.startsWith('simulator/'),
    )
    expect(show(found)).toEqual([])
  })
})
