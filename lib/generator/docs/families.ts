import type { Operation } from '../../catalogue'

export type Version = 'v2' | 'v3'

/** The operations of one page. */
export interface Family {
  readonly version: Version
  /** `refund`, and of the very big ones a part: `marketing/favor` */
  readonly name: string
  /** Below the root of the site. */
  readonly file: string
  readonly operations: readonly Operation[]
}

/** More than these, and the second segment has its own pages. */
const MANY = 50

/** The pages of the operations, by version and name. */
export function familiesOf(operations: readonly Operation[]): readonly Family[] {
  const domains = groupBy(operations, ({ uri }) => uri.split('/', 2).join('/'))
  return [...domains]
    .flatMap(([name, members]) =>
      members.length > MANY
        ? [...groupBy(members, ({ uri }) => uri.split('/', 3).join('/'))]
        : [[name, members] as const],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([prefix, members]) => ({
      version: versionOf(prefix),
      name: prefix.slice('v3/'.length),
      file: `${prefix}.html`,
      operations: members,
    }))
}

export function callbackFile(version: Version): string {
  return `callbacks/${version}.html`
}

export function groupBy<T>(
  items: readonly T[],
  name: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(name(item))
    if (group) group.push(item)
    else groups.set(name(item), [item])
  }
  return groups
}

function versionOf(prefix: string): Version {
  return prefix.startsWith('v2/') ? 'v2' : 'v3'
}
