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

const verbs: ReadonlySet<string> = new Set(VERBS.flatMap((verb) => [verb, `${verb}Async`]))
/** Property names that are more than a segment. */
const RESERVED: ReadonlySet<string> = new Set([...verbs, 'chain', 'then', 'toJSON'])
/** How many nodes are remembered below one root, so that ids used as segments cannot fill the memory. */
const REMEMBERED = 4096

const PATH = Symbol('path')
const ROOT = Symbol('root')
/** As in `node:util`; by its registered name, for this file imports nothing. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Any callable; its shape is the public `Instance` type's business. */
type Node = (...args: never[]) => unknown
type Action = (args: readonly unknown[]) => unknown
type Children = Map<string | symbol, Child>
interface Child {
  readonly node: Node
  readonly siblings: Children
  readonly key: string | symbol
  used: boolean
}

/**
 * The root of a chain. Every property of a node is a further node, a verb (called) sends, and nothing else does
 * anything: a node can be awaited, printed, compared, spread and serialised.
 *
 * @param extras own, symbol-keyed properties of the root, such as `Symbol.asyncDispose`
 */
export function createChain(actions: ChainActions, extras: Readonly<Record<symbol, unknown>> = {}): Node {
  const chain = new Chain(actions)
  chain.root = new Segment(chain, [], () => actions.misuse('', '')).node(extras)
  return chain.root
}

/** The root of the chain that a node belongs to; `undefined` for anything else. */
export function rootOf(node: unknown): object | undefined {
  return typeof node === 'function' ? (node as { [ROOT]?: object })[ROOT] : undefined
}

/** What the nodes of one root share: what they do, and which of them are remembered. */
class Chain {
  readonly actions: ChainActions
  root: Node | undefined
  readonly #ring: Child[] = []
  #hand = 0

  constructor(actions: ChainActions) {
    this.actions = actions
  }

  /** A clock with second chance: a node used since the hand last passed stays, so static segments outlive ids. */
  remember(child: Child): void {
    for (let old = this.#ring[this.#hand]; old !== undefined; old = this.#ring[this.#hand]) {
      if (!old.used) {
        old.siblings.delete(old.key)
        break
      }
      old.used = false
      this.#hand = (this.#hand + 1) % REMEMBERED
    }
    this.#ring[this.#hand] = child
    this.#hand = (this.#hand + 1) % REMEMBERED
  }
}

/** One node: the handler of its Proxy and all that it knows. */
class Segment implements ProxyHandler<Node> {
  readonly #chain: Chain
  readonly #path: readonly string[]
  readonly #action: Action
  readonly #children: Children = new Map()
  #written: string | undefined

  constructor(chain: Chain, path: readonly string[], action: Action) {
    this.#chain = chain
    this.#path = path
    this.#action = action
  }

  node(own: Readonly<Record<symbol, unknown>> = {}): Node {
    return new Proxy(target(this.#pathname, own), this)
  }

  get(target: Node, key: string | symbol): unknown {
    if (key === ROOT) return this.#chain.root
    if (typeof key === 'symbol' || key === 'toJSON') return Reflect.get(target, key)
    // A node is no thenable: `await node` is the node.
    return key === 'then' ? undefined : this.#child(key, () => this.#property(key))
  }

  apply(_target: Node, _this: unknown, args: readonly unknown[]): unknown {
    return this.#action(args)
  }

  getPrototypeOf(): null {
    return null
  }

  // A node changes only by being walked.
  set(): false {
    return false
  }
  defineProperty(): false {
    return false
  }
  deleteProperty(): false {
    return false
  }
  setPrototypeOf(): false {
    return false
  }
  preventExtensions(): false {
    return false
  }

  /** Written once: calls find their template by it. */
  get #pathname(): string {
    this.#written ??= this.#path.join('/')
    return this.#written
  }

  #child(key: string | symbol, create: () => Node): Node {
    const known = this.#children.get(key)
    if (known) {
      known.used = true
      return known.node
    }
    const child: Child = { node: create(), siblings: this.#children, key, used: false }
    this.#children.set(key, child)
    this.#chain.remember(child)
    return child.node
  }

  #property(name: string): Node {
    if (verbs.has(name)) {
      return this.#below(name, (args) => this.#chain.actions.send(name as Verb, this.#pathname, args))
    }
    return name === 'chain' ? this.#below(name, ([template]) => this.#declared(template)) : this.#plain(name)
  }

  /** `chain(template)`: what is no ordinary property is an ordinary segment here, so `chain('…/delete')` is no verb. */
  #declared(template: unknown): Node {
    const name = typeof template === 'string' ? template : this.#chain.actions.segment(template)
    return RESERVED.has(name)
      ? this.#child(Symbol.for(name), () => this.#plain(name))
      : this.#child(name, () => this.#property(name))
  }

  #plain(name: string): Node {
    return this.#below(name, () => this.#chain.actions.misuse(this.#pathname, name))
  }

  #below(name: string, action: Action): Node {
    return new Segment(this.#chain, [...this.#path, this.#chain.actions.segment(name)], action).node()
  }
}

/** What inspectors and converters look for, on every node. They unwrap a Proxy, so it stands on the targets. */
const FACE: object = Object.create(null, {
  [INSPECT]: { value: inspected },
  [Symbol.toStringTag]: { value: 'Chain' },
  [Symbol.toPrimitive]: { value: written },
  toJSON: { value: written },
})

function written(this: { [PATH]: string }): string {
  return this[PATH]
}

function inspected(this: { [PATH]: string }): string {
  return `[chain ${this[PATH] || '/'}]`
}

/**
 * What a Proxy stands on: a function without prototype, `name` and `length`, so that every string key is a segment and
 * no protocol is answered by accident.
 */
function target(path: string, own: Readonly<Record<symbol, unknown>>): Node {
  const target = (): void => {}
  Reflect.deleteProperty(target, 'name')
  Reflect.deleteProperty(target, 'length')
  Object.setPrototypeOf(target, FACE)
  // Enumerable, so that whoever compares by own properties finds two paths unequal.
  return Object.assign(target, own, { [PATH]: path })
}
