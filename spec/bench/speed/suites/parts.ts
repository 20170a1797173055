import { join } from 'node:path'
import { BEFORE_BILL, type Name } from '../child/protocol'
import { AXIOS, type Bench, clientOf, compared, MEGABYTE, NODE_V3, OURS, scaled, URI, XML } from '../compare'
import { installedIn } from '../install'
import { type Findings, merged, type Row } from '../report'
import { interleaved, ratios, spreadOf } from '../statistics'

// Bills, the parts that every call goes through, and what it costs to have the package at all.

/** Each takes a while. */
const BILL_ROUNDS = 3
/** A bill of this size, when it is unpacked. */
export const billSize = ({ quick }: Pick<Bench, 'quick'>): number => (quick ? 20 : 200) * MEGABYTE

export async function bill(bench: Bench): Promise<Findings> {
  const { processes, platforms } = bench
  const path = join(processes.folder, 'saved.csv')
  const saved = (name: Name) =>
    // The bill is announced, then sent.
    platforms.two.counted(BEFORE_BILL + 2, async () => {
      await using client = await clientOf(bench, name, platforms.two.url, 'two', { node: ['--expose-gc'] })
      return await client.run({ task: 'bill', path })
    })
  const [ours = [], axios = []] = await interleaved(BILL_ROUNDS, [() => saved(OURS), () => saved(AXIOS)])
  const [memory, axiosMemory] = [ours, axios].map((runs) => runs.map(({ grown }) => grown / MEGABYTE)) as Pair
  const [time, axiosTime] = [ours, axios].map((runs) => runs.map(({ elapsed }) => elapsed / 1000)) as Pair
  const what = `a bill of ${billSize(bench) / MEGABYTE} MB`
  return {
    rows: [
      {
        what: `memory added by ${what}`,
        goal: { sense: '≤', limit: 100 },
        measured: spreadOf(memory),
        unit: ' MB',
      },
      { what: `time for ${what}, against ${AXIOS}`, measured: ratios(time, axiosTime), unit: '×' },
    ],
    figures: [
      {
        what: `memory added by ${what}`,
        unit: ' MB',
        of: { [OURS]: spreadOf(memory), [AXIOS]: spreadOf(axiosMemory) },
      },
      { what: `time for ${what}`, unit: ' s', of: { [OURS]: spreadOf(time), [AXIOS]: spreadOf(axiosTime) } },
    ],
  }
}

type Pair = [number[], number[]]

interface Part {
  readonly task: 'walk' | 'expand' | 'expandParsed' | 'parse'
  readonly count: number
  readonly peer: Name
  readonly what: string
  readonly goal?: Row['goal']
}

const CHAIN: Part = {
  task: 'walk',
  count: 500_000,
  peer: AXIOS,
  what: 'a warm walk of six segments',
  goal: { sense: '≤', limit: 1 / 3 },
}
const EXPANSION: Part = {
  task: 'expand',
  count: 200_000,
  peer: URI,
  what: 'a URI template of two variables, as a call has it',
}
const EXPANSION_ALONE: Part = {
  task: 'expandParsed',
  count: 200_000,
  peer: URI,
  what: 'the same, parsed before',
}
const V2_ANSWER: Part = {
  task: 'parse',
  count: 10_000,
  peer: XML,
  what: 'v2 answer of 20 fields',
  goal: { sense: '≥', limit: 3 },
}

async function part(bench: Bench, { task, count: full, peer, what, goal }: Part): Promise<Findings> {
  const count = scaled(bench, full)
  const results = await compared(bench, [OURS, peer], 'one', { task, count }, { task, count })
  const [ours = [], others = []] = results.map((runs) => runs.map(({ elapsed }) => (elapsed * 1e6) / count))
  // Ratios of times, or of speeds, as the goal has it.
  const faster = goal?.sense === '≥'
  const row: Row = {
    what: `${what}, ${faster ? 'times as fast as' : 'time against'} ${peer}`,
    ...(goal && { goal }),
    measured: faster ? ratios(others, ours) : ratios(ours, others),
    unit: '×',
  }
  return {
    rows: [row],
    figures: [{ what, unit: ' ns', of: { [OURS]: spreadOf(ours), [peer]: spreadOf(others) } }],
  }
}

export const chain = (bench: Bench): Promise<Findings> => part(bench, CHAIN)
export const uri = async (bench: Bench): Promise<Findings> =>
  merged([await part(bench, EXPANSION), await part(bench, EXPANSION_ALONE)])
export const xml = (bench: Bench): Promise<Findings> => part(bench, V2_ANSWER)

/** Milliseconds, in a fresh process each. */
export async function imports(bench: Bench): Promise<Findings> {
  const { homes, processes } = bench
  const timed = (load: string): string =>
    `const start = performance.now(); ${load}; console.log(performance.now() - start)`
  const cjs = (name: Name) => () => processes.evaluate(timed(`require('${name}')`), homes[name])
  const esm = (name: Name) => () =>
    processes.evaluate(timed(`await import('${name}')`), homes[name], ['--input-type=module'])
  const found: Findings[] = []
  for (const [kind, start] of [
    ['require', cjs],
    ['import', esm],
  ] as const) {
    const [ours = [], axios = []] = await interleaved(bench.rounds * 3, [start(OURS), start(AXIOS)])
    const row: Row = {
      what: `\`${kind}\`, time against ${AXIOS}`,
      goal: { sense: '≤', limit: 1 / 5 },
      measured: ratios(ours, axios),
      unit: '×',
    }
    const of = { [OURS]: spreadOf(ours), [AXIOS]: spreadOf(axios) }
    found.push({ rows: [row], figures: [{ what: `\`${kind}\``, unit: ' ms', of }] })
  }
  return merged(found)
}

export async function size({ homes }: Bench): Promise<Findings> {
  const all = [OURS, AXIOS, NODE_V3].map((name) => {
    const { packages, bytes } = installedIn(homes[name as Name], name)
    return { name, packages: spreadOf([packages]), megabytes: spreadOf([bytes / MEGABYTE]) }
  })
  const of = (key: 'packages' | 'megabytes') => Object.fromEntries(all.map((each) => [each.name, each[key]]))
  const [ours] = all as [(typeof all)[number]]
  return {
    rows: [
      {
        what: 'installed dependencies, packages',
        goal: { sense: '≤', limit: 5 },
        measured: ours.packages,
        unit: '',
      },
      {
        what: 'installed size, with all dependencies',
        goal: { sense: '≤', limit: 6 },
        measured: ours.megabytes,
        unit: ' MB',
      },
    ],
    figures: [
      { what: 'installed dependencies, packages', unit: '', of: of('packages') },
      { what: 'installed size, with all dependencies', unit: ' MB', of: of('megabytes') },
    ],
  }
}
