import type { Operation, Verb } from '../../catalogue'
import { pascal, property, variableOf } from '../names'

/** One segment of the documented paths. */
export interface Node {
  /** The template down to here: `v3/refund/domestic` */
  readonly template: string
  /** Within the domain, empty for the domain itself: `DomesticRefundsByOutRefundNo` */
  readonly name: string
  readonly property: string
  /** Sorted by verb. */
  readonly operations: readonly Operation[]
  /** Sorted by property. */
  readonly children: readonly Node[]
}

const VERBS: readonly Verb[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The operations of a domain by the segments of their templates. */
export function treeOf(operations: readonly Operation[]): Node {
  const [first] = operations
  if (!first) throw new Error('a domain without operations')
  const [version, domain] = first.uri.split('/') as [string, string]
  return nodeOf(operations, [version, domain], '')
}

function nodeOf(operations: readonly Operation[], segments: readonly string[], name: string): Node {
  const depth = segments.length
  const here: Operation[] = []
  const further = new Map<string, Operation[]>()
  for (const operation of operations) {
    const next = operation.uri.split('/')[depth]
    if (next === undefined) here.push(operation)
    else further.set(next, [...(further.get(next) ?? []), operation])
  }
  const last = segments.at(-1) as string
  return {
    template: segments.join('/'),
    name,
    property: property(last),
    operations: here.sort((a, b) => VERBS.indexOf(a.verb) - VERBS.indexOf(b.verb)),
    children: [...further]
      .map(([segment, inner]) => nodeOf(inner, [...segments, segment], name + segmentName(segment)))
      .sort((a, b) => (a.property < b.property ? -1 : 1)),
  }
}

function segmentName(segment: string): string {
  const variable = variableOf(segment)
  if (variable !== undefined) return `By${pascal(variable)}`
  // `policy-periods` and `policy_periods` stand side by side.
  return segment.split('_').map(pascal).join('_')
}

/** The node and everything below it. */
export function* walk(node: Node): Iterable<Node> {
  yield node
  for (const child of node.children) yield* walk(child)
}
