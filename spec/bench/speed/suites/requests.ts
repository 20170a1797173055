import type { Task } from '../child/protocol'
import {
  AXIOS,
  BARE,
  type Bench,
  clientOf,
  compared,
  FLOOR,
  MEGABYTE,
  NODE_V3,
  OURS,
  scaled,
} from '../compare'
import { type Findings, merged } from '../report'
import { ratios, type Spread, spreadOf } from '../statistics'

// What needs the platform, and takes time: the two or three clients have the same requests, in turn.

const LEVELS = [
  { atATime: 1, count: 1_500, goal: 1.8 },
  { atATime: 16, count: 3_000, goal: 3.3 },
  { atATime: 64, count: 3_000, goal: 3.5 },
] as const

/** What every client on undici needs. */
const LEAST = 'undici, signing and verifying only'

/** Until then V8 is still compiling: at the first it takes twice as long. */
const WARM = 5_000

const warmUp = ({ quick }: Bench, atATime: number): Task => ({
  task: 'requests',
  count: quick ? WARM / 2 : WARM,
  atATime,
})

export async function speed(bench: Bench): Promise<Findings> {
  const found: Findings[] = []
  for (const { atATime, count: full, goal: limit } of LEVELS) {
    const count = scaled(bench, full)
    const task = { task: 'requests', count, atATime } as const
    const results = await compared(bench, [OURS, AXIOS, NODE_V3, FLOOR], 'two', task, warmUp(bench, atATime))
    const [ours = [], axios = [], nodeV3 = [], floor = []] = results.map((runs) =>
      runs.map(({ elapsed }) => (count * 1000) / elapsed),
    )
    const what = `requests/s, ${atATime} at a time`
    found.push({
      rows: [
        {
          what: `${what}, against ${AXIOS}`,
          goal: { sense: '≥', limit },
          measured: ratios(ours, axios),
          unit: '×',
        },
        { what: `${what}, against ${NODE_V3}`, measured: ratios(ours, nodeV3), unit: '×' },
        { what: `${what}, against ${LEAST}`, measured: ratios(ours, floor), unit: '×' },
      ],
      figures: [
        {
          what,
          unit: '',
          of: {
            [OURS]: spreadOf(ours),
            [AXIOS]: spreadOf(axios),
            [NODE_V3]: spreadOf(nodeV3),
            [FLOOR]: spreadOf(floor),
          },
        },
      ],
    })
  }
  return merged(found)
}

export async function cpu(bench: Bench): Promise<Findings> {
  const found: Findings[] = []
  for (const atATime of [1, 64]) {
    // What waiting for the network costs is shared when many wait: see the report's introduction.
    const judged = atATime === 64
    const count = scaled(bench, 2_000)
    const task = { task: 'requests', count, atATime } as const
    const results = await compared(bench, [OURS, AXIOS, BARE, FLOOR], 'one', task, warmUp(bench, atATime))
    const [ours = [], axios = [], bare = [], floor = []] = results.map((runs) =>
      runs.map((run) => (run.cpu * 1000) / count),
    )
    const [speedOfOurs = [], speedOfAxios = []] = results.map((runs) =>
      runs.map(({ elapsed }) => (count * 1000) / elapsed),
    )
    const what = `CPU a request, one core, ${atATime} at a time`
    found.push({
      rows: [
        {
          what: `${what}, against one bare sign and verify`,
          ...(judged && { goal: { sense: '≤', limit: 1.28 } }),
          measured: ratios(ours, bare),
          unit: '×',
        },
        {
          what: `${what}, against ${AXIOS}`,
          ...(judged && { goal: { sense: '≤', limit: 0.48 } }),
          measured: ratios(ours, axios),
          unit: '×',
        },
        { what: `${what}, against ${LEAST}`, measured: ratios(ours, floor), unit: '×' },
      ],
      figures: [
        {
          what,
          unit: ' µs',
          of: {
            [OURS]: spreadOf(ours),
            [AXIOS]: spreadOf(axios),
            [BARE]: spreadOf(bare),
            [FLOOR]: spreadOf(floor),
          },
        },
        {
          what: `requests/s, one core, ${atATime} at a time`,
          unit: '',
          of: { [OURS]: spreadOf(speedOfOurs), [AXIOS]: spreadOf(speedOfAxios) },
        },
      ],
    })
  }
  return merged(found)
}

export async function delay(bench: Bench): Promise<Findings> {
  const task = { task: 'delay', count: scaled(bench, 5_000), atATime: 64 } as const
  const results = await compared(bench, [OURS, AXIOS], 'two', task, warmUp(bench, 64))
  const [ours = [], axios = []] = results
  const stat = spreadOf(ours.map((run) => run.stat))
  const of = (key: 'loop' | 'stat' | 'worst') => ({
    [OURS]: spreadOf(ours.map((run) => run[key])),
    [AXIOS]: spreadOf(axios.map((run) => run[key])),
  })
  return {
    rows: [
      {
        what: `event-loop delay p99, 64 at a time, against ${AXIOS}`,
        goal: { sense: '≤', limit: 0.1 },
        measured: ratios(
          ours.map(({ loop }) => loop),
          axios.map(({ loop }) => loop),
        ),
        unit: '×',
      },
      {
        what: '`fs.stat` p99 while 64 are in flight',
        goal: { sense: '<', limit: 10 },
        measured: stat,
        unit: ' ms',
      },
    ],
    figures: [
      { what: 'event-loop delay p99, 64 at a time', unit: ' ms', of: of('loop') },
      { what: '`fs.stat` p99, 64 at a time', unit: ' ms', of: of('stat') },
      { what: '`fs.stat` at worst, 64 at a time', unit: ' ms', of: of('worst') },
    ],
  }
}

/** Nothing is timed: the two run at once. */
export async function heap(bench: Bench): Promise<Findings> {
  const marks = [1_000, scaled(bench, 50_000)] as const
  const platform = bench.platforms.two
  const names = [OURS, AXIOS] as const
  const used = await platform.counted(names.length * marks[1], () =>
    Promise.all(
      names.map(async (name) => {
        await using client = await clientOf(bench, name, platform.url, 'two', { node: ['--expose-gc'] })
        return (await client.run({ task: 'heap', marks, atATime: 16 })).used
      }),
    ),
  )
  const [ours, axios] = used.map(([before = 0, after = 0]) => ({
    growth: spreadOf([after / before]),
    after: spreadOf([after / MEGABYTE]),
  })) as [Heap, Heap]
  const what = `heap after ${marks[1]} requests`
  return {
    rows: [
      {
        what: `${what} over heap after ${marks[0]}`,
        goal: { sense: '≤', limit: 1.1 },
        measured: ours.growth,
        unit: '×',
      },
    ],
    figures: [
      {
        what: `${what} over heap after ${marks[0]}`,
        unit: '',
        of: { [OURS]: ours.growth, [AXIOS]: axios.growth },
      },
      { what, unit: ' MB', of: { [OURS]: ours.after, [AXIOS]: axios.after } },
    ],
  }
}

interface Heap {
  readonly growth: Spread
  readonly after: Spread
}
