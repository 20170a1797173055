import { join } from 'node:path'
import type { Credentials } from './child/platform'
import type { ClientSetup, Flaw, Name, Reports, Task } from './child/protocol'
import type { ClientProcess, Place, PlatformProcess, Processes } from './processes'
import { interleaved } from './statistics'

/** What it takes to start clients. */
export interface Clients {
  readonly processes: Processes
  readonly credentials: Credentials
  /** Where each of them is installed. */
  readonly homes: Readonly<Record<ClientSetup['name'], string>>
}

/** What the suites share. */
export interface Bench extends Clients {
  readonly rounds: number
  /** A fifth of the work, for trying out. */
  readonly quick: boolean
  /** By the client's place beside them. */
  readonly platforms: Readonly<Record<Place, PlatformProcess>>
}

export const OURS = 'wechatpay-chain'
export const AXIOS = 'wechatpay-axios-plugin'
export const NODE_V3 = 'wechatpay-node-v3'
export const XML = 'fast-xml-parser'
export const URI = 'uri-template'
export const BARE = 'crypto'
/** See floor.ts. */
export const FLOOR = 'undici'

export const MEGABYTE = 1_000_000

export const scaled = ({ quick }: Bench, count: number): number => (quick ? Math.ceil(count / 5) : count)

interface Changes {
  /** Options of Node.js itself. */
  readonly node?: readonly string[]
  readonly flaw?: Flaw
}

export function clientOf(
  { processes, credentials, homes }: Clients,
  name: ClientSetup['name'],
  url: string,
  place: Place,
  { node = [], flaw }: Changes = {},
): Promise<ClientProcess> {
  const home = join(homes[name], 'package.json')
  return processes.client({ name, credentials, url, home, ...(flaw && { flaw }) }, place, node)
}

/** The same task for everyone, in turn, each in a process of its own that has done the like before. */
export async function compared<T extends Task>(
  bench: Bench,
  names: readonly Name[],
  place: Place,
  task: T,
  warmUp: Task,
): Promise<readonly (readonly Reports[T['task']][])[]> {
  const platform = bench.platforms[place]
  const clients: { readonly name: Name; readonly client: ClientProcess }[] = []
  try {
    for (const name of names) {
      const client = await clientOf(bench, name, platform.url, place)
      clients.push({ name, client })
      await platform.counted(requestsOf(name, warmUp), () => client.run(warmUp))
    }
    return await interleaved(
      bench.rounds,
      clients.map(
        ({ name, client }) =>
          () =>
            platform.counted(requestsOf(name, task), () => client.run(task)),
      ),
    )
  } finally {
    await Promise.all(clients.map(({ client }) => client[Symbol.asyncDispose]()))
  }
}

/** How many the platform must see. */
function requestsOf(name: Name, task: Task): number {
  return name !== BARE && (task.task === 'requests' || task.task === 'delay') ? task.count : 0
}
