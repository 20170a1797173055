import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transpileModule } from 'typescript'
import { joined } from '../lib/generator/pack/joined'
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
    writeFileSync(join(folder, 'index.js'), compiled(`export * from './names'; export { b } from './deep/b'`))
    const reExports = `export { a } from './a'; export { D } from './d'; export * from './types'`
    writeFileSync(join(folder, 'names.js'), compiled(reExports))
    writeFileSync(join(folder, 'types.js'), compiled('export interface Settings {}'))
    write(
      'a.js',
      `import { sep } from 'node:path'; import { b } from './deep/b'; export const a = () => b() + sep.length`,
    )
    write('deep/b.js', `import { a } from '../a'; export const b = () => 1; export const c = () => a()`)
    write(
      'd.js',
      `import { Base } from './base'; import { Late } from './late'; export class D extends Base { late = () => new Late() }`,
    )
    write('late.js', `import { Base } from './base'; export class Late extends Base {}`)
    write('e.js', `import { Base } from './base'; export const made = () => [new Base(), new Base]`)
    write('base.js', `export class Base { name = 'base' }`)
    write(
      'user.js',
      `import { Base } from './base'; import { b } from './deep/b'; export const two = () => b() + [new Base()].length`,
    )
    write(
      'deep/user.js',
      `import { D } from '../d'; export const isD = (value: unknown) => value instanceof D`,
    )
    packScripts(folder, ['index.js'])
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    Reflect.deleteProperty(globalThis, 'loaded')
  })

  test('joins what an entry re-exports, and loads it when it is used', () => {
    loaded.length = 0
    const index = load('index.js') as { a: () => number; b: () => number; D: new () => { name: string } }
    expect(Object.keys(index).toSorted()).toEqual(['D', 'a', 'b'])
    expect(loaded).toEqual([])
    expect(index.b()).toBe(1)
    expect(loaded).toEqual(['deep/b.js'])
    expect(index.a()).toBe(2)
    expect(new index.D().name).toBe('base')
    expect(loaded).toEqual(['deep/b.js', 'a.js', 'd.js', 'base.js'])
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
    expect(files).toEqual(['deep', 'deep/user.js', 'e.js', 'index.js', 'joined.js', 'rest.js', 'user.js'])
  })

  test('has one copy of each, also for a module that is not joined', () => {
    const { D } = load('index.js') as { D: new () => object }
    expect((load('deep/user.js').isD as (value: unknown) => boolean)(new D())).toBe(true)
    expect((load('user.js').two as () => number)()).toBe(2)
    expect(loaded.toSorted()).toEqual([...new Set(loaded)].toSorted())
  })

  test('stays one package when its files are forgotten, or another version of them takes their place', () => {
    const { D } = load('index.js') as { D: new () => { late(): object } }
    const { cache } = createRequire(join(folder, 'x.js'))
    const kept = Object.entries(cache).filter(([path]) => path.startsWith(folder))
    for (const [path] of kept) delete cache[path]
    renameSync(join(folder, 'rest.js'), join(folder, 'gone.js'))
    try {
      expect(new D().late()).toBeInstanceOf(Object.getPrototypeOf(D))
    } finally {
      renameSync(join(folder, 'gone.js'), join(folder, 'rest.js'))
      Object.assign(cache, Object.fromEntries(kept))
    }
  })

  test('does what it did before, in a circle, too', () => {
    const part = load('joined.js') as unknown as (path: string) => { c: () => number }
    expect(part('deep/b.js').c()).toBe(2)
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

describe('modules are not joined', () => {
  const packed = (index: string, others: Readonly<Record<string, string>>) => () =>
    joined(
      new Map(
        Object.entries({ 'index.js': index, ...others }).map(([name, source]) => [name, compiled(source)]),
      ),
      ['index.js'],
    )
  const a = 'export const a = 1'

  test('by an entry that does something itself', () => {
    expect(packed(`export { a } from './a'`, { 'a.js': a })).not.toThrow()
    for (const more of ['export const b = 2', 'start()', `import './a'`])
      expect(packed(`export { a } from './a'; ${more}`, { 'a.js': a })).toThrow(
        'index.js does more than re-export',
      )
    const whole = packed(`export * from './a'`, { 'a.js': a })
    expect(whole).toThrow('a.js does more than re-export')
  })

  test('when one is missing, or only there to be passed on', () => {
    expect(packed(`export { a } from './b'`, { 'a.js': a })).toThrow('b is missing')
    expect(packed(`export { a } from './a'`, { 'a.js': `import './b'; ${a}` })).toThrow('a.js requires b')
    const others = {
      'names.js': `export { a } from './a'`,
      'a.js': a,
      'user.js': `import { a } from './names'; a()`,
    }
    expect(packed(`export * from './names'`, others)).toThrow('user.js requires names.js')
  })
})
