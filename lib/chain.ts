/** What a chain does with what was gathered. Everything HTTP stands behind these. */
export interface ChainActions {
  /** Turns one property name, or one argument of `chain()`, into a piece of the path. May throw for the latter. */
  segment(name: unknown): string
  /** A verb was called on a path. */
  send(verb: Verb, path: string, args: readonly unknown[]): unknown
  /** A node that is no verb was called. */
  misuse(path: string, name: string): unknown
}

export const VERBS = ['get', 'put', 'post', 'patch', 'delete'] as const
export type Verb = (typeof VERBS)[number] | `${(typeof VERBS)[number]}Async`

/** How many nodes are remembered below one root, so that ids used as segments cannot fill the memory. */
const REMEMBERED = 4096

const verbs: ReadonlySet<string> = new Set(VERBS.flatMap((verb) => [verb, `${verb}Async`]))
const PATH = Symbol('path')
const ROOT = Symbol('root')
/** As in `node:util`; by its registered name, for this file imports nothing. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

// biome-ignore lint/complexity/noBannedTypes: a node is any callable; its shape is the public `Instance` type's business.
type Node = Function
type Call = (...args: unknown[]) => unknown
interface Child {
  readonly node: Node
  readonly siblings: Map<string, Child>
  readonly key: string
  used: boolean
}

/**
 * The root of a chain. Every property of a node is a further node, a verb (called) sends, and nothing else does
 * anything: a node can be awaited, printed, compared, spread and serialised.
 *
 * @param extras own, symbol-keyed properties of the root, such as `Symbol.asyncDispose`
 */
export function createChain(actions: ChainActions, extras: Readonly<Record<symbol, unknown>> = {}): Node {
  const remembered = new Map<Child, true>()
  const root: Node = node([], () => actions.misuse('', ''), extras)
  return root

  function node(path: readonly string[], call: Call, own: Readonly<Record<symbol, unknown>> = {}): Node {
    const children = new Map<string, Child>()
    const pathname = path.join('/')
    const below = (key: string, create: () => Node): Node => {
      const known = children.get(key)
      if (known) {
        known.used = true
        return known.node
      }
      const child: Child = { node: create(), siblings: children, key, used: false }
      children.set(key, child)
      remember(child)
      return child.node
    }
    const declared = (template: string): Node =>
      node([...path, actions.segment(template)], () => actions.misuse(pathname, template))

    const property = (name: string): Node => {
      const own = [...path, actions.segment(name)]
      if (verbs.has(name)) return node(own, (...args) => actions.send(name as Verb, pathname, args))
      if (name === 'chain') {
        // A name that is a property already gives that very node; a verb's name here is just a segment.
        return node(own, (template) => {
          const key = typeof template === 'string' ? template : actions.segment(template)
          return isOrdinary(key)
            ? below(key, () => property(key))
            : below(`chain:${key}`, () => declared(key))
        })
      }
      return node(own, () => actions.misuse(pathname, name))
    }

    return new Proxy(
      target(call, pathname, () => root, own),
      {
        get(target, key) {
          if (typeof key === 'symbol' || key === 'toJSON') return Reflect.get(target, key)
          // A node is no thenable: `await node` is the node.
          return key === 'then' ? undefined : below(key, () => property(key))
        },
        set: () => false,
        defineProperty: () => false,
        deleteProperty: () => false,
        setPrototypeOf: () => false,
        preventExtensions: () => false,
      },
    )
  }

  /** Second chance: a node that was used since it was last looked at stays, so static segments outlive ids. */
  function remember(child: Child): void {
    remembered.set(child, true)
    if (remembered.size <= REMEMBERED) return
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest)
      if (!oldest.used) {
        oldest.siblings.delete(oldest.key)
        return
      }
      oldest.used = false
      remembered.set(oldest, true)
    }
  }
}

/** The root of the chain that a node belongs to; `undefined` for anything else. */
export function rootOf(node: unknown): object | undefined {
  return typeof node === 'function' ? (node as { [ROOT]?: () => object })[ROOT]?.() : undefined
}

function isOrdinary(name: string): boolean {
  return !verbs.has(name) && name !== 'chain' && name !== 'then' && name !== 'toJSON'
}

/**
 * What the Proxy stands on. Inspectors unwrap a Proxy, so all that they look for is here; the prototype is null and
 * `name` and `length` are gone, so that every string key is a segment and no protocol is answered by accident.
 */
function target(call: Call, path: string, root: () => Node, own: Readonly<Record<symbol, unknown>>): Node {
  const target = (...args: unknown[]): unknown => call(...args)
  Object.setPrototypeOf(target, null)
  Reflect.deleteProperty(target, 'name')
  Reflect.deleteProperty(target, 'length')
  const hidden: Record<string | symbol, unknown> = {
    [ROOT]: root,
    [INSPECT]: () => `[chain ${path || '/'}]`,
    [Symbol.toStringTag]: 'Chain',
    [Symbol.toPrimitive]: () => path,
    toJSON: () => path,
  }
  for (const key of Reflect.ownKeys(hidden)) Object.defineProperty(target, key, { value: hidden[key] })
  for (const key of Object.getOwnPropertySymbols(own)) Object.defineProperty(target, key, { value: own[key] })
  // Enumerable, so that whoever compares by own properties finds two paths unequal.
  Object.defineProperty(target, PATH, { value: path, enumerable: true })
  return target
}
