import type { Callback, Operation } from './model'
import { type Source, sourceIn } from './source'

export type {
  Answer,
  Callback,
  EncryptionKey,
  Field,
  FieldType,
  Format,
  Group,
  GroupName,
  Host,
  Operation,
  Variant,
  Verb,
} from './model'

export type Version = 'v2' | 'v3'

const VERSIONS: readonly Version[] = ['v2', 'v3']
const names = new Map<Version, ReadonlySet<string>>()
const read = new Map<string, readonly Operation[]>()
let source: Source | undefined
let notifications: readonly Callback[] | undefined

/** The first segments of the paths of a version, sorted: `bill`, `certificates`, … */
export function domains(version: Version): ReadonlySet<string> {
  let known = names.get(version)
  if (known === undefined) {
    const prefix = `${version}/`
    const own = open().names.filter((name) => name.startsWith(prefix))
    known = new Set(own.map((name) => name.slice(prefix.length)).sort())
    names.set(version, known)
  }
  return known
}

/**
 * The documented operations below a first segment, sorted by template and verb; none for an unknown one. They are
 * read when they are first asked for.
 */
export function operationsOf(version: Version, domain: string): readonly Operation[] {
  if (!domains(version).has(domain)) return []
  const name = `${version}/${domain}`
  let operations = read.get(name)
  if (operations === undefined) {
    operations = load<Operation>(name)
    read.set(name, operations)
  }
  return operations
}

/** Every documented operation. */
export function operations(): readonly Operation[] {
  return VERSIONS.flatMap((version) =>
    [...domains(version)].flatMap((domain) => operationsOf(version, domain)),
  )
}

/** Every documented notification. */
export function callbacks(): readonly Callback[] {
  notifications ??= load<Callback>('callbacks')
  return notifications
}

function load<T>(name: string): readonly T[] {
  return JSON.parse(open().text(name)) as readonly T[]
}

function open(): Source {
  source ??= sourceIn(__dirname)
  return source
}
