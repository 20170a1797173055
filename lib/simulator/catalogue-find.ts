import { type Operation, operationsOf, type Version } from '../catalogue'
import type { Exchange } from './exchange'
import { isVariable, matches, type Segments, segmentsOf, variablesOf } from './template'

/** What is documented at the path of a request */
export interface Documented {
  readonly operation: Operation
  /** whether it is of the request's verb; if not, none of the path's operations is */
  readonly asked: boolean
  /** the variables of the path, percent-decoded; @throws Problem for one that is empty or badly encoded */
  readonly variables: () => Record<string, string>
}

interface Entry {
  readonly operation: Operation
  readonly template: readonly string[]
  /** one letter a segment, a literal's sorting before a variable's */
  readonly shape: string
}

/** The bases of the hosts overseas stand before the path. */
const V3 = /^(?:\/(?:hk|global))?\/v3\/([^/]+)/
const V2 = /^\/([^/]+)/

/** Where the path does not tell the domain */
const ELSEWHERE: Readonly<Record<string, readonly [Version, domain: string]>> = {
  '/invoicing/fapiao/fapiao-file': ['v3', 'new-tax-control-fapiao'],
}

const entries = new Map<string, readonly Entry[]>()

const entryOf = (operation: Operation): Entry => {
  const { uri, host, path } = operation
  const own = uri.startsWith('v2/') ? uri.slice('v2'.length) : `${host?.basePath ?? ''}/${uri}`
  const template = (path ?? own).slice(1).split('/')
  const shape = template.map((segment) => (isVariable(segment) ? 'v' : 'l')).join('')
  return { operation, template, shape }
}

/** The operations of a domain, those with the most telling paths first; read when first asked for */
const entriesOf = (version: Version, domain: string): readonly Entry[] => {
  const key = `${version}/${domain}`
  let known = entries.get(key)
  if (known === undefined) {
    known = operationsOf(version, domain)
      .map(entryOf)
      .sort((a, b) => (a.shape < b.shape ? -1 : 1))
    // Paths that nobody documents must not fill the memory.
    if (known.length > 0) entries.set(key, known)
  }
  return known
}

const placeOf = (path: string): readonly [Version, domain: string] | undefined => {
  if (Object.hasOwn(ELSEWHERE, path)) return ELSEWHERE[path]
  const [v3] = V3.exec(path)?.slice(1) ?? []
  if (v3) return ['v3', v3]
  const [v2] = V2.exec(path)?.slice(1) ?? []
  return v2 ? ['v2', v2] : undefined
}

const at = (
  version: Version,
  path: string,
): { readonly found: readonly Entry[]; readonly segments: Segments } => {
  const segments = segmentsOf(path)
  const [own, domain] = placeOf(path) ?? []
  if (own !== version || domain === undefined) return { found: [], segments }
  return { found: entriesOf(version, domain).filter(({ template }) => matches(template, segments)), segments }
}

/**
 * Finds what is documented at the path of a request. A literal segment wins over a variable, the further to the left
 * the more. Of two operations of one verb and shape it is the first: such a pair (an application cancelled by either
 * of its numbers) does the same.
 */
export const find = (version: Version, { method, path }: Exchange): Documented | undefined => {
  const { found, segments } = at(version, path)
  const entry = found.find(({ operation }) => operation.verb === method) ?? found[0]
  if (!entry) return undefined
  const { operation, template } = entry
  return { operation, asked: operation.verb === method, variables: () => variablesOf(template, segments) }
}
