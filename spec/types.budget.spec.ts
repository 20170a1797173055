import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { FULL, LITE } from './bench/types/consumers'
import { type Cost, costsOf } from './bench/types/cost'
import { Editor } from './bench/types/editor'
import { PREAMBLES } from './bench/types/questions'
import { Workspace } from './support/compiler'

// What the types of a thousand operations may cost, as far as it is the same on every machine. Times and memory are measured
// by `npm run bench:types`.

let workspace: Workspace
let editor: Editor

beforeAll(async () => {
  workspace = await Workspace.create()
  editor = new Editor(workspace.folder)
}, 60_000)
afterAll(() => workspace[Symbol.asyncDispose]())

const PREAMBLE = PREAMBLES['wechatpay-chain']

test('a program of ten calls', async () => {
  const how = { skipLibCheck: true, runs: 1 }
  const [lite, full] = (await costsOf(workspace, [LITE, FULL], how)) as [Cost, Cost]
  expect(full.instantiations - lite.instantiations).toBeLessThanOrEqual(1_000)
  expect(full.types - lite.types).toBeLessThanOrEqual(2_500)
}, 60_000)

test('what is offered', () => {
  expect(editor.complete(`${PREAMBLE}instance.‸`).toSorted()).toEqual(['chain', 'v2', 'v3'])
  expect(editor.complete(`${PREAMBLE}instance.v3.pay.transactions.native.‸`).toSorted()).toEqual([
    'post',
    'postAsync',
  ])
  // The empty one is what stands there already.
  const templates = editor.complete(`${PREAMBLE}instance.chain('‸')`).filter((template) => template !== '')
  expect(templates).toHaveLength(1064)
  expect(templates).toContain('v3/pay/transactions/id/{transaction_id}')
  expect(editor.complete(`${PREAMBLE}instance['‸']`)).toEqual(expect.arrayContaining([...templates]))
  expect(editor.complete(`${PREAMBLE}instance.v3.pay.transactions.native.post({ json: { ‸ } })`)).toContain(
    'out_trade_no',
  )
})

test('what is said of a verb', () => {
  expect(editor.hover(`${PREAMBLE}instance.v3.refund.domestic.refunds.‸post`)).toBe(
    '(method) Refund.DomesticRefunds.post(options: Refund.DomesticRefunds_Post): Promise<Response<Refund.DomesticRefunds_Post_Data>>',
  )
})

test('names offered for import', () => {
  const [lite, full] = (['wechatpay-chain/lite', 'wechatpay-chain'] as const).map(
    (client) => new Editor(workspace.folder).imports(`${PREAMBLES[client]}const x: ‸`).size,
  ) as [number, number]
  expect(full - lite).toBeGreaterThan(0)
  expect(full - lite).toBeLessThanOrEqual(120)
})

test('no any', () => {
  const dist = join(workspace.folder, 'node_modules', 'wechatpay-chain', 'dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.d.ts'),
  )
  expect(files.length).toBeGreaterThan(150)
  expect(files.filter((name) => hasAny(readFileSync(join(dist, name), 'utf8')))).toEqual([])
  expect(hasAny('export declare const a: Promise<any>')).toBe(true)
})

function hasAny(declarations: string): boolean {
  if (!/\bany\b/.test(declarations)) return false
  const found = (node: ts.Node): boolean =>
    node.kind === ts.SyntaxKind.AnyKeyword || ts.forEachChild(node, found) === true
  return found(ts.createSourceFile('a.d.ts', declarations, ts.ScriptTarget.ES2022))
}
