import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { operations } from '../lib/catalogue'
import { COMPILERS, type Compiler, type Diagnostic, Workspace } from './support/compiler'
import { everyOperation } from './support/operations/consumer'
import { wrongCalls } from './support/operations/mutations'

// The types as a user's compiler sees them: programs compiled against the package's declarations. Here that is TypeScript 6;
// `npm run check:types` takes all versions that are supported, and every mutation.

const named = process.env.TYPESCRIPT?.split(' ') ?? ['6']
const compilers = (Object.keys(COMPILERS) as Compiler[]).filter((version) => named.includes(version))
const thorough = compilers.length > 1
const wrong = wrongCalls(thorough ? 'all' : 'some')

/** Mistakes in them are marked by `@ts-expect-error`. */
const CASES = ['calls.ts', 'answers.ts', 'templates.ts', 'lite.ts']
const SEEDS = join(__dirname, 'support', 'seeds')

let workspace: Workspace

function copy(folder: string, names: readonly string[]): string[] {
  return names.map((name) => {
    const source = readFileSync(join(folder, name), 'utf8')
    workspace.write(name, source.replace("'../../../lib'", "'wechatpay-chain'"))
    return name
  })
}

beforeAll(async () => {
  workspace = await Workspace.create()
  workspace.write('required.ts', everyOperation('required'))
  workspace.write('all.ts', everyOperation('all'))
  workspace.write('wrong.ts', wrong.source)
  const cases = copy(join(__dirname, 'types'), CASES)
  const seeds = copy(SEEDS, readdirSync(SEEDS))
  const [undocumented, strict, own] = copy(join(__dirname, 'types'), [
    'undocumented.ts',
    'strict/strict.ts',
    'own/own.ts',
  ]) as [string, string, string]
  workspace.project('documented', ['required.ts', 'all.ts', 'wrong.ts', ...cases, ...seeds], {
    noUncheckedIndexedAccess: true,
  })
  workspace.project('strict', [strict, ...(thorough ? ['required.ts'] : [])])
  workspace.project('own', [own, undocumented])
}, 60_000)
afterAll(() => workspace[Symbol.asyncDispose]())

test('every documented operation is there', () => {
  expect(operations()).toHaveLength(1147)
  expect(new Set(wrong.mutations.map(({ operation }) => operation)).size).toBe(1147)
})

describe.each(compilers)('TypeScript %s', (compiler) => {
  let found: Diagnostic[]

  beforeAll(async () => {
    found = await workspace.check(compiler, 'documented')
  }, 120_000)

  test('every operation in all of its spellings, the samples of the PHP SDK, and what the cases expect', () => {
    expect(found.filter(({ file }) => file !== 'wrong.ts')).toEqual([])
  })

  test('every wrong call is refused', () => {
    const refused = new Set(found.filter(({ file }) => file === 'wrong.ts').map(({ line }) => line))
    expect(wrong.mutations.filter(({ line }) => !refused.has(line))).toEqual([])
  })

  test.each(['strict', 'own'])('%s', async (project) => {
    expect(await workspace.check(compiler, project)).toEqual([])
  })
})
