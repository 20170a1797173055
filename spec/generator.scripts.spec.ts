import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transpileModule } from 'typescript'
import { packScripts, withLazyImports } from '../lib/generator/pack/scripts'

const compiled = (source: string): string =>
  transpileModule(source, { compilerOptions: { module: 1, target: 9, removeComments: true } }).outputText

describe('a package of modules that load each other when they are used', () => {
  let folder: string
  const loaded: string[] = []
  const load = (name: string) => createRequire(join(folder, 'x.js'))(`./${name}`) as Record<string, unknown>

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wechatpay-chain-scripts-'))
    mkdirSync(join(folder, 'deep'))
    const write = (name: string, source: string): void =>
      writeFileSync(join(folder, name), compiled(`(globalThis as any).loaded.push('${name}')\n${source}`))
    Object.assign(globalThis, { loaded })
    write('index.js', `export * from './a'; export { b } from './deep/b'`)
    write(
      'a.js',
      `import { sep } from 'node:path'; import { b } from './deep/b'; export const a = () => b() + sep.length`,
    )
    write('deep/b.js', `import { a } from '../a'; export const b = () => 1; export const c = () => a()`)
    write('d.js', `import { Base } from './base'; export class D extends Base {}`)
    write('e.js', `import { Base } from './base'; export const made = () => [new Base(), new Base]`)
    write('base.js', `export class Base { name = 'base' }`)
    packScripts(folder)
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    Reflect.deleteProperty(globalThis, 'loaded')
  })

  test('does what it did before, in a circle, too', () => {
    expect((load('a.js').a as () => number)()).toBe(2)
    expect((load('deep/b.js').c as () => number)()).toBe(2)
  })

  test('loads at once what a class is made from', () => {
    const { D } = load('d.js') as { D: new () => { name: string } }
    expect(new D().name).toBe('base')
  })

  test('makes objects of classes that were imported', () => {
    expect((load('e.js').made as () => object[])()).toMatchObject([{ name: 'base' }, { name: 'base' }])
  })

  test('does not load what is not used', () => {
    const code = withLazyImports(compiled(`import { x } from './nowhere'; export const never = () => x()`))
    const module: { exports: { never?: () => unknown } } = { exports: {} }
    new Function('exports', 'require', code)(module.exports, (name: string) => {
      throw new Error(`loads ${name}`)
    })
    expect(() => module.exports.never?.()).toThrow('loads ./nowhere')
  })
})

test('what only re-exports is left for ESM to read', () => {
  const code = compiled(`export { a, b } from './a'\nexport * from './c'`)
  expect(withLazyImports(code)).toBe(code)
})

test('what is used as a whole cannot be loaded later', () => {
  const code = `const a_1 = require("./a");\nexports.all = a_1;\nexports.one = a_1.one;`
  expect(() => withLazyImports(code)).toThrow('a_1 is used as a whole')
})
