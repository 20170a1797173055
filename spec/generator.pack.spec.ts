import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { callbacks, domains, operations, operationsOf } from '../lib/catalogue'
import { PACKED, sourceIn } from '../lib/catalogue/source'
import { packCatalogue } from '../lib/generator/pack/catalogue'
import { condensed, packDeclarations, reachable } from '../lib/generator/pack/declarations'

const CATALOGUE = join(__dirname, '..', 'lib', 'catalogue')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-pack-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the catalogue in one file', () => {
  const loose = sourceIn(CATALOGUE)
  const packed = packCatalogue(loose)
  const source = () => {
    writeFileSync(join(folder, PACKED), packed)
    return sourceIn(folder)
  }

  test('has every part, and of each what a simulator needs', () => {
    const { names, text } = source()
    const parts = (['v2', 'v3'] as const).flatMap((version) =>
      [...domains(version)].map((domain) => [`${version}/${domain}`, operationsOf(version, domain)] as const),
    )
    expect(parts.flatMap(([, all]) => all)).toHaveLength(1147)
    expect(operations()).toHaveLength(1147)
    expect([...names].sort()).toEqual(['callbacks', ...parts.map(([name]) => name)].sort())
    for (const [name, facts] of [...parts, ['callbacks', callbacks()] as const])
      expect(JSON.parse(text(name))).toEqual(withoutProse(facts))
  })

  test('is a small part of the folder', () => {
    const loaded = loose.names.map((name) => Buffer.byteLength(loose.text(name))).reduce((a, b) => a + b)
    expect(packed.length).toBeLessThan(loaded / 25)
  })

  test('is the same at every build', () => {
    const { names, text } = loose
    expect(packCatalogue({ names: names.toReversed(), text }).equals(packed)).toBe(true)
  })

  test('is lines, each a name and its JSON', () => {
    const lines = brotliDecompressSync(packed).toString().trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(/^(?:callbacks|v[23]\/[\w-]+) \[\{.*\}\]$/)
  })
})

const FOR_READERS = ['docs', 'title', 'label', 'roles']

function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (typeof value !== 'object' || value === null) return value
  const facts = Object.entries(value).filter(([name]) => !FOR_READERS.includes(name))
  return Object.fromEntries(facts.map(([name, fact]) => [name, withoutProse(fact)]))
}

const EXPORTS = {
  '.': {
    import: { types: './dist/index.d.mts', default: './dist/index.mjs' },
    require: { types: './dist/index.d.ts', default: './dist/index.js' },
  },
  './openapi/*': { types: './dist/openapi/*.d.ts', default: './dist/openapi/paths.js' },
  './package.json': './package.json',
}

const FILES: Readonly<Record<string, string>> = {
  './dist/index.d.mts': "export * from './index.js';\n",
  './dist/index.d.ts': "export { Builder } from './builder';\nexport type * from './deep';\n",
  './dist/builder.d.ts': `export declare const Builder: import('./deep/named').Named;\n`,
  './dist/deep/index.d.ts': "import type { Readable } from 'node:stream';\nexport type Deep = Readable;\n",
  './dist/deep/named.d.ts': "/** As `import { Own } from './own'` does. */\nexport interface Named {}\n",
  './dist/own.d.ts': 'export interface Own {}\n',
  './dist/openapi/v3/refund.d.ts':
    "import type { Loosen } from '../../types';\nexport type Refund = Loosen<1>;\n",
  './dist/types.d.ts': 'export type Loosen<T> = T;\n',
}

describe('the declarations of a package', () => {
  test('are what its users can get to', () => {
    const { './dist/own.d.ts': own, ...wanted } = FILES
    expect(own).toBeDefined()
    expect(Object.fromEntries(reachable(EXPORTS, new Map(Object.entries(FILES))))).toEqual(wanted)
  })

  test.each(['./dist/index.d.ts', './dist/deep/named.d.ts', './dist/types.d.ts'])('need %s', (missing) => {
    const all = new Map(Object.entries(FILES))
    all.delete(missing)
    expect(() => reachable(EXPORTS, all)).toThrow(/missing/)
  })

  test('are written over those of the compiler', () => {
    for (const [path, text] of Object.entries({ ...FILES, './dist/own.js': 'exports.own = 1\n' })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    writeFileSync(join(folder, 'dist/types.d.ts'), 'export type Loosen<T> = {\n    a: T;\n};\n')
    packDeclarations(folder, EXPORTS)
    const left = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    expect(left).toContain('own.js')
    expect(left).not.toContain('own.d.ts')
    expect(readFileSync(join(folder, 'dist/types.d.ts'), 'utf8')).toBe(
      'export type Loosen<T> = {\n\ta: T;\n};\n',
    )
  })

  test.each([
    [
      './dist/a.d.ts',
      'interface A {\n    b: {\n        c: 1;\n    };\n}\n',
      'interface A {\n\tb: {\n\t\tc: 1;\n\t};\n}\n',
    ],
    [
      './dist/a.d.ts',
      '    /**\n     * a\n     *     b    c\n     */\n',
      '\t/**\n\t * a\n\t *     b    c\n\t */\n',
    ],
    [
      './dist/openapi/v3/a.d.ts',
      'namespace A {\n    /** b; */\n    interface B {\n        /**\n         * c;\n         */\n        c: "1;2";\n        [d: string]: 1;\n    }\n}\n',
      'namespace A {\n/** b; */\ninterface B {\n/**\n* c;\n*/\nc: "1;2"\n[d: string]: 1\n}\n}\n',
    ],
  ])('%s is condensed, case %#', (path, text, expected) => expect(condensed(path, text)).toBe(expected))
})
