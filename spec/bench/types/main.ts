import { execFileSync } from 'node:child_process'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Workspace } from '../../support/compiler'
import { FULL, LITE, NOTHING, OPENAPI_FETCH, STRIPE } from './consumers'
import { type Cost, costsOf, median } from './cost'
import { Editor } from './editor'
import { openapiDocument } from './openapi'
import { type Client, PREAMBLES, QUESTIONS } from './questions'

// `npm run bench:types`: what the types cost a program of ten calls, and whoever writes it, on TypeScript 6. What comes on top
// of `wechatpay-chain/lite` has a budget; beside it stand two other typed clients.

const RUNS = 5
const KEYSTROKES = 15
const PEERS = ['stripe', 'openapi-fetch', 'openapi-typescript-helpers']

function installPeers(): void {
  if (existsSync(join(__dirname, 'node_modules', 'stripe'))) return
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
  execFileSync('npm', ['install', ...flags], { cwd: __dirname, stdio: 'inherit' })
}

function addPeers({ folder }: Workspace): void {
  for (const name of PEERS) {
    symlinkSync(join(__dirname, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  }
  const description = join(folder, 'openapi.json')
  writeFileSync(description, JSON.stringify(openapiDocument()))
  const generator = join(__dirname, 'node_modules', 'openapi-typescript', 'bin', 'cli.js')
  execFileSync(process.execPath, [generator, description, '-o', join(folder, 'schema.d.ts')])
}

interface Row {
  readonly what: string
  readonly budget?: number
  readonly unit?: string
  readonly measured: number
  readonly peers?: readonly (number | undefined)[]
}

function print(rows: readonly Row[]): void {
  const text = (value: number | undefined, unit = ''): string =>
    value === undefined ? '' : `${Math.round(value)}${unit}`
  const table = rows.map(({ what, budget, unit, measured, peers = [] }) => [
    what,
    text(measured, unit),
    budget === undefined ? '' : `≤ ${budget}${unit ?? ''}`,
    budget === undefined ? '' : measured <= budget ? 'ok' : 'OVER',
    ...[0, 1].map((at) => text(peers[at], unit)),
  ])
  const lines = [['', 'measured', 'budget', '', 'stripe', 'openapi-fetch'], ...table]
  const widths = [0, 1, 2, 3, 4, 5].map((at) => Math.max(...lines.map((line) => (line[at] ?? '').length)))
  for (const line of lines)
    console.log(
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** Each client against the program that it is measured against: ours against lite, the others against no client at all. */
async function compilerRows(workspace: Workspace): Promise<Row[]> {
  const rows: Row[] = []
  for (const skipLibCheck of [true, false]) {
    const consumers = [LITE, FULL, NOTHING, STRIPE, OPENAPI_FETCH]
    const costs = await costsOf(workspace, consumers, { skipLibCheck, runs: RUNS })
    const [lite, full, nothing, ...peers] = costs as [Cost, Cost, Cost, ...Cost[]]
    const row = (key: keyof Cost, what: string, budget: number | undefined, unit = ''): Row => ({
      what: `${what} added, ${skipLibCheck ? 'skipLibCheck' : 'without skipLibCheck'}`,
      unit,
      measured: full[key] - lite[key],
      peers: peers.map((peer) => peer[key] - nothing[key]),
      ...(budget !== undefined && { budget }),
    })
    rows.push(
      row('instantiations', 'instantiations', skipLibCheck ? 1_000 : undefined),
      row('types', 'types', skipLibCheck ? 2_500 : undefined),
      row('check', 'check time', skipLibCheck ? 60 : 700, ' ms'),
      row('memory', 'memory', 80, ' MB'),
    )
  }
  return rows
}

/**
 * Every question in turn, again and again. Before each answer something was typed, so that it is computed anew.
 * @returns milliseconds, by what was asked
 */
function latencies(workspace: Workspace, client: Client): ReadonlyMap<string, number> {
  const editor = new Editor(workspace.folder)
  const times = new Map<string, number[]>()
  for (let keystroke = 0; keystroke <= KEYSTROKES; keystroke++) {
    for (const { what, ask } of QUESTIONS[client]) {
      const start = performance.now()
      ask(editor)
      const taken = performance.now() - start
      // The first round warms up.
      if (keystroke > 0) times.set(what, [...(times.get(what) ?? []), taken])
    }
  }
  return new Map([...times].map(([what, taken]) => [what, median(taken)]))
}

function editorRows(workspace: Workspace): Row[] {
  const peers = [latencies(workspace, 'stripe'), latencies(workspace, 'openapi-fetch')]
  const own = latencies(workspace, 'wechatpay-chain')
  return [...own].map(([what, measured]) => ({
    what,
    measured,
    unit: ' ms',
    budget: what.startsWith('inside') ? 60 : 50,
    peers: peers.map((peer) => peer.get(what)),
  }))
}

function nameRows(workspace: Workspace): Row[] {
  const names = (client: Client): number =>
    new Editor(workspace.folder).imports(`${PREAMBLES[client]}const x: ‸`).size
  const entries = new Editor(workspace.folder).complete(`${PREAMBLES['wechatpay-chain']}instance.‸`)
  return [
    { what: 'entries after instance.', measured: entries.length, budget: 5 },
    {
      what: 'names added to auto-import',
      measured: names('wechatpay-chain') - names('wechatpay-chain/lite'),
      budget: 120,
    },
  ]
}

async function main(): Promise<void> {
  installPeers()
  await using workspace = await Workspace.create()
  addPeers(workspace)
  const rows = [...(await compilerRows(workspace)), ...editorRows(workspace), ...nameRows(workspace)]
  print(rows)
  if (rows.some(({ measured, budget }) => budget !== undefined && measured > budget)) process.exitCode = 1
}

main()
