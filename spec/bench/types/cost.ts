import { compile, type Workspace } from '../../support/compiler'
import type { Consumer } from './consumers'

/** What `tsc --extendedDiagnostics` says of a program. */
export interface Cost {
  readonly instantiations: number
  readonly types: number
  /** Milliseconds. */
  readonly check: number
  /** Megabytes. */
  readonly memory: number
}

interface How {
  readonly skipLibCheck: boolean
  readonly runs: number
}

/**
 * Compiles consumers with TypeScript 6, each time in a process of its own, and in turn, so that a busy machine is as unfair to
 * each of them.
 * @returns the median of each figure
 */
export async function costsOf(
  workspace: Workspace,
  consumers: readonly Consumer[],
  how: How,
): Promise<Cost[]> {
  const costs: Cost[][] = consumers.map(() => [])
  for (let run = 0; run < how.runs; run++) {
    for (const [at, consumer] of consumers.entries()) {
      costs[at]?.push(await costOf(workspace, consumer, how.skipLibCheck))
    }
  }
  return costs.map((runs) => {
    const of = (key: keyof Cost): number => median(runs.map((cost) => cost[key]))
    return {
      instantiations: of('instantiations'),
      types: of('types'),
      check: of('check'),
      memory: of('memory'),
    }
  })
}

async function costOf(
  workspace: Workspace,
  { name, source }: Consumer,
  skipLibCheck: boolean,
): Promise<Cost> {
  const project = `cost-${name.replace('/', '-')}`
  workspace.write(`${project}.ts`, source)
  workspace.project(project, [`${project}.ts`], { skipLibCheck, exactOptionalPropertyTypes: false })
  const args = ['-p', `${project}.json`, '--extendedDiagnostics']
  // With it, the compiler collects garbage before it says what memory it uses.
  const output = await compile('6', args, workspace.folder, ['--expose-gc'])
  const figure = (label: string): number => {
    const [, found] = new RegExp(`^${label}: +([\\d.]+)`, 'm').exec(output) ?? []
    if (found === undefined || /\berror TS/.test(output)) throw new Error(output)
    return Number(found)
  }
  return {
    instantiations: figure('Instantiations'),
    types: figure('Types'),
    check: figure('Check time') * 1000,
    memory: figure('Memory used') / 1024,
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}
