import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { packScripts } from '../lib/generator/pack/scripts'
import * as names from '../lib/index'

// What a program pays for having the package: tried on the package as it is built, in processes of their own.

const ROOT = join(__dirname, '..')
const NO_PART = /^(?:generator|simulator|openapi|catalogue|adapters)\//
/** Not in the snapshot that Node.js starts from: each takes a millisecond or more. */
const EXPENSIVE = new Set([
  'crypto',
  'dns',
  'http',
  'https',
  'net',
  'stream',
  'tls',
  'worker_threads',
  'zlib',
])

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-import-'))
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  for (const source of sources.map((name) => name.replaceAll('\\', '/'))) {
    if (!source.endsWith('.ts') || NO_PART.test(source)) continue
    const { outputText } = transpileModule(readFileSync(join(ROOT, 'lib', source), 'utf8'), {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, removeComments: true },
    })
    const file = join(folder, 'dist', source.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, outputText)
  }
  packScripts(join(folder, 'dist'), ['index.js', 'lite.js'])
  writeFileSync(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Loaded {
  readonly exported: string[]
  readonly files: string[]
  readonly builtins: string[]
}

/** @param load an expression, such as `require('wechatpay-chain')` */
function loadedBy(load: string): Loaded {
  const program = `
    const { moduleLoadList: list } = process
    const before = new Set(list)
    const all = ${load}
    const builtins = list.filter((name) => !before.has(name)).map((name) => name.replace(/^NativeModule /, ''))
    const files = Object.keys(process.getBuiltinModule('node:module')._cache)
    console.log(JSON.stringify({ exported: Object.keys(all), builtins, files }))`
  const found = JSON.parse(run(program)) as Loaded
  const dist = join(folder, 'dist', '/')
  return {
    exported: found.exported.filter((name) => /^[A-Za-z]/.test(name) && name !== 'default').sort(),
    files: found.files.map((file) => file.slice(file.indexOf(dist) + dist.length)).sort(),
    builtins: found.builtins.filter((name) => EXPENSIVE.has(name)),
  }
}
const esm = /\bawait import\b/
const run = (program: string): string =>
  execFileSync(process.execPath, [...(esm.test(program) ? ['--input-type=module'] : []), '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  })

const exported = Object.keys(names).sort()
const entry = (name: string): string => JSON.stringify(join(folder, 'dist', `${name}.js`))

test.each(['index', 'lite'])('require loads %s, and nothing else before it is used', (name) => {
  const found = loadedBy(`require(${entry(name)})`)
  expect(found).toEqual({ exported, files: [`${name}.js`], builtins: [] })
})

test('import, which needs all that has a name, reads two files and nothing expensive of Node.js', () => {
  const found = loadedBy(`await import('wechatpay-chain')`)
  expect(found).toEqual({ exported, files: ['index.js', 'joined.js'], builtins: [] })
})

test('there is one copy of everything, however it is loaded', () => {
  const program = `
    const whole = require(${entry('index')}), lite = require(${entry('lite')})
    import('wechatpay-chain').then((esm) => {
      for (const name in whole) if (whole[name] !== lite[name] || whole[name] !== esm[name]) console.log('two of', name)
      try {
        lite.Builder.factory({})
      } catch (error) {
        console.log(error instanceof whole.ConfigError, error instanceof whole.WechatpayError)
      }
    })`
  expect(run(program).trim()).toBe('true true')
})
