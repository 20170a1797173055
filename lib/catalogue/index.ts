import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Callback, Operation } from './model'

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
let notifications: readonly Callback[] | undefined

/** The first segments of the paths of a version, sorted: `bill`, `certificates`, … */
export function domains(version: Version): ReadonlySet<string> {
  let known = names.get(version)
  if (known === undefined) {
    const files = readdirSync(join(__dirname, version)).filter((file) => file.endsWith('.json'))
    known = new Set(files.map((file) => file.slice(0, -'.json'.length)).sort())
    names.set(version, known)
  }
  return known
}

/**
 * The documented operations below a first segment, sorted by template and verb; none for an unknown one. A file is read when
 * it is first asked for.
 */
export function operationsOf(version: Version, domain: string): readonly Operation[] {
  if (!domains(version).has(domain)) return []
  const file = `${version}/${domain}.json`
  let operations = read.get(file)
  if (operations === undefined) {
    operations = load<Operation>(file)
    read.set(file, operations)
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
  notifications ??= load<Callback>('callbacks.json')
  return notifications
}

function load<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as readonly T[]
}
