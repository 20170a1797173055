import { cpus } from 'node:os'
import type { Name } from './child/protocol'
import type { Spread } from './statistics'

/** What shall be reached. */
interface Goal {
  readonly sense: '≥' | '≤' | '<'
  readonly limit: number
}

/** A line of the table of goals. */
export interface Row {
  readonly what: string
  readonly goal?: Goal
  readonly measured: Spread
  readonly unit: string
}

/** What stands behind a ratio: what each of them took. */
interface Figure {
  readonly what: string
  readonly unit: string
  readonly of: Partial<Readonly<Record<Name, Spread>>>
}

export interface Findings {
  readonly rows: readonly Row[]
  readonly figures: readonly Figure[]
}

/** What is said of the run as a whole. */
export interface Conditions {
  readonly rounds: number
  /** How many cores processes are kept on, if they are. */
  readonly pinned: 0 | 2 | 3
  /** The machine's load before, in processes that wanted a core. */
  readonly load: number
  /** Those that took a forged answer. */
  readonly credulous: readonly Name[]
  /** Requests that were sent by those that are measured, each of which was checked. */
  readonly requests: number
  readonly versions: Partial<Readonly<Record<Name, string>>>
}

export const merged = (findings: readonly Findings[]): Findings => ({
  rows: findings.flatMap(({ rows }) => rows),
  figures: findings.flatMap(({ figures }) => figures),
})

/** @returns those with a goal that was not reached */
export const missed = ({ rows }: Findings): readonly Row[] => rows.filter((row) => row.goal && !isMet(row))

function isMet({ goal, measured: { median } }: Row): boolean {
  switch (goal?.sense) {
    case '≥':
      return median >= goal.limit
    case '≤':
      return median <= goal.limit
    case '<':
      return median < goal.limit
    default:
      return true
  }
}

export function markdown(findings: Findings, conditions: Conditions): string {
  const { rows, figures } = findings
  const goals = rows.filter(({ goal }) => goal).length
  const names = [...new Set(figures.flatMap(({ of }) => Object.keys(of) as Name[]))]
  return `# Benchmarks

Written by \`npm run bench\`: ${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${conditionsOf(conditions)}
${goals - missed(findings).length} of ${goals} goals are reached.

${table(['', 'goal', 'measured', 'spread', 'reached'], rows.map(goalCells))}

A ratio is the median of the ratios of all rounds, and its spread their least and their most: ratios hold from machine to machine.

## Behind the ratios

Medians, and in brackets the least and the most. These figures differ from machine to machine.

${table(
  ['', ...names.map((name) => `${name}${conditions.versions[name] ? ` ${conditions.versions[name]}` : ''}`)],
  figures.map(({ what, unit, of }) => [
    `${what}${unit === '' ? '' : `, ${unit.trim()}`}`,
    ...names.map((name) => figure(of[name])),
  ]),
)}

## How it is measured

${method(conditions)}
`
}

function goalCells(row: Row): string[] {
  const { goal, measured, unit } = row
  return [
    row.what,
    goal ? `${goal.sense} ${number(goal.limit)}${unit}` : '',
    `${number(measured.median)}${unit}`,
    spread(measured),
    goal ? (isMet(row) ? 'yes' : '**no**') : '',
  ]
}

function conditionsOf({ load }: Conditions): string {
  const cores = cpus().length
  return `${cores} cores, load ${load.toFixed(2)} before the run.`
}

function method({ rounds, pinned, credulous, requests }: Conditions): string {
  const believers =
    credulous.length === 0
      ? 'Every client refuses them.'
      : `Of those that are measured, ${credulous.join(', ')} took them.`
  return `- Every client is a process of its own, as is the platform, on the loopback interface. ${PLACES[pinned]}
- Rounds: ${rounds}, in which the clients take turns with equal counts of requests, orders (POST) and queries (GET); each has made
  thousands before. The bill has three rounds, the heap one, \`import\` and \`require\` ${rounds * 3}, each in a new process.
- Every request is signed with RSA-2048; each of these ${requests} was checked by the platform, over the bytes that came
  in, and none was wrong. It is done after each round, so that it takes nothing from the clients. Answers are signed, anew in every second.
- Before anything is measured, the bench tests itself: it notices another key, a changed body and another path among requests that
  are right, and who takes answers whose signature or body is forged. ${believers}
- \`crypto\` is one \`crypto.sign\` and one \`crypto.verify\` with parsed keys, one after the other, and nothing else: less than any client
  can do with. CPU is that of the whole process, its pool of threads and the kernel's work for it included. The goals are
  judged at 64 at a time: one at a time, each request pays by itself for a wait for the network.
- \`undici\` is one \`dispatch\` of undici with one signature and one verification around it, and nothing else: no check of what is
  sent, no time limit, no error that is explained. What a client on undici can do at best.
- wechatpay-axios-plugin is given parsed keys. It has nothing of its own for bills: it buffers them, and they are unpacked
  in memory, where this package also compares their hash, and saves them to a file.
- wechatpay-node-v3 verifies no answer, parses the private key for every signature, and opens a connection for every request.
- fast-xml-parser is set up as in wechatpay-axios-plugin; uri-template is what this package stands on, and parses a template
  whenever it is asked to, where this package keeps what it has parsed.
- The event loop's delay is Node's own histogram, with a resolution of 1 ms, which is part of it.`
}

const PLACES: Readonly<Record<Conditions['pinned'], string>> = {
  0: 'Processes were not kept on cores of their own.',
  2: `For CPU and small parts the client has one
  core, and the platform another. Elsewhere they share the two, since signatures are made in a pool of threads, which needs more than one.`,
  3: `For CPU and small parts the client has one
  core, elsewhere two, since signatures are made in a pool of threads; the platform has another one.`,
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [row(head), row(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...lines.map(row)].join('\n')
}

function figure(measured: Spread | undefined): string {
  if (!measured) return ''
  const range = spread(measured)
  return `${number(measured.median)}${range === '' ? '' : ` (${range})`}`
}

function spread({ least, most }: Spread): string {
  return least === most ? '' : `${number(least)} – ${number(most)}`
}

/** Three digits say all that can be said of a time. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}
