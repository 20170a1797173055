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
const CHILD = Symbol('child')
const ROOT = Symbol('root')
/** As in `node:util`; by its registered name, for this file imports nothing. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Any callable; its shape is the public `Instance` type's business. */
type Node = (...args: never[]) => unknown
type Action = (args: readonly unknown[]) => unknown
type Key = string | symbol
/** What a node inherits. Functions, since a node may be seen through a Proxy of someone's, where private fields cannot be read. */
type Known =
  | { readonly [CHILD]?: (name: string) => Node; readonly [ROOT]?: () => Node | undefined }
  | undefined

/**
 * The root of a chain. Every property of a node is a further node, a verb (called) sends, and nothing else does
 * anything: a node can be awaited, printed, compared, spread and serialised. It is frozen.
 *
 * @param extras own, symbol-keyed properties of the root, such as `Symbol.asyncDispose`
 */
export function createChain(actions: ChainActions, extras: Readonly<Record<symbol, unknown>> = {}): Node {
  return new Segment(new Chain(actions), [], () => actions.misuse('', ''), extras).node
}

/** The root of the chain that a node belongs to; `undefined` for anything else. */
export function rootOf(node: unknown): object | undefined {
  return typeof node === 'function' ? (node as Known)?.[ROOT]?.() : undefined
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
        old.forget()
        break
      }
      old.used = false
      this.#hand = (this.#hand + 1) % REMEMBERED
    }
    this.#ring[this.#hand] = child
    this.#hand = (this.#hand + 1) % REMEMBERED
  }
}

/** One that a node was asked for. */
class Child {
  readonly node: Node
  readonly #parent: Segment
  readonly #key: Key
  #used = false

  constructor(node: Node, parent: Segment, key: Key) {
    this.node = node
    this.#parent = parent
    this.#key = key
  }

  get used(): boolean {
    return this.#used
  }

  /** Who is used stands where JavaScript finds it by itself; whoever is found there is not seen to be used: until the hand comes by. */
  set used(used: boolean) {
    if (used !== this.#used) this.#parent.show(this.#key, used ? this.node : undefined)
    this.#used = used
  }

  forget(): void {
    this.#parent.forget(this.#key)
  }
}

/** What stands behind one node, and all that it knows. */
class Segment {
  readonly node: Node
  readonly #chain: Chain
  readonly #path: readonly string[]
  /** Written once: calls find their template by it. */
  readonly #pathname: string
  readonly #children = new Map<Key, Child>()
  /** What the node inherits from: the children in use, and beyond them the trap that makes the others. */
  readonly #shown: object

  constructor(
    chain: Chain,
    path: readonly string[],
    action: Action,
    own: Readonly<Record<symbol, unknown>> = {},
  ) {
    this.#chain = chain
    this.#path = path
    this.#pathname = path.join('/')
    this.#shown = {
      __proto__: TRAP,
      [CHILD]: (name: string) => this.#property(name),
      [ROOT]: () => chain.root,
    }
    this.node = nodeOf(action, this.#shown, { ...own, [PATH]: this.#pathname })
    chain.root ??= this.node
  }

  /** Puts a child where reading it costs no call; `undefined` takes it away. */
  show(key: Key, node: Node | undefined): void {
    if (typeof key === 'symbol' || HIDDEN.has(key)) return
    if (node) Reflect.defineProperty(this.#shown, key, { value: node, configurable: true })
    else Reflect.deleteProperty(this.#shown, key)
  }

  forget(key: Key): void {
    this.#children.delete(key)
  }

  /** What a property of the node is. */
  #property(name: string): Node {
    return this.#child(name, () => this.#made(name))
  }

  #child(key: Key, create: () => Node): Node {
    const known = this.#children.get(key)
    if (known) {
      known.used = true
      return known.node
    }
    const child = new Child(create(), this, key)
    this.#children.set(key, child)
    this.#chain.remember(child)
    return child.node
  }

  #made(name: string): Node {
    if (verbs.has(name)) {
      return this.#below(name, (args) => this.#chain.actions.send(name as Verb, this.#pathname, args))
    }
    return name === 'chain' ? this.#below(name, ([template]) => this.#declared(template)) : this.#plain(name)
  }

  /** `chain(template)`: what is no ordinary property is an ordinary segment here, so `chain('…/delete')` is no verb. */
  #declared(template: unknown): Node {
    const name = typeof template === 'string' ? template : this.#chain.actions.segment(template)
    return RESERVED.has(name) ? this.#child(Symbol.for(name), () => this.#plain(name)) : this.#property(name)
  }

  #plain(name: string): Node {
    return this.#below(name, () => this.#chain.actions.misuse(this.#pathname, name))
  }

  #below(name: string, action: Action): Node {
    return new Segment(this.#chain, [...this.#path, this.#chain.actions.segment(name)], action).node
  }
}

/** What inspectors and converters look for, on every node. */
const FACE: object = Object.freeze(
  Object.create(null, {
    [INSPECT]: { value: inspected },
    [Symbol.toStringTag]: { value: 'Chain' },
    [Symbol.toPrimitive]: { value: written },
    toJSON: { value: written },
  }),
)

function written(this: { [PATH]: string }): string {
  return this[PATH]
}

function inspected(this: { [PATH]: string }): string {
  return `[chain ${this[PATH] || '/'}]`
}

/** Where every node's line of prototypes ends: here comes whatever none of them has. One for all nodes, which it is told. */
const TRAP = new Proxy(FACE, {
  get(face, key, node: Known) {
    if (typeof key === 'symbol' || key === 'toJSON') return Reflect.get(face, key)
    // A node is no thenable: `await node` is the node.
    return key === 'then' ? undefined : node?.[CHILD]?.(key)
  },
  // A node changes only by being walked.
  set: () => false,
})

/** What printers look for along a line of prototypes shall not be found there. */
const HIDDEN: ReadonlySet<string> = new Set(['constructor', 'prototype'])

/**
 * A frozen function without `name` and `length`, so that every string key is a segment and no protocol is answered by
 * accident. What is its own is enumerable, so that whoever compares by own properties finds two paths unequal.
 */
function nodeOf(action: Action, prototype: object, own: Readonly<Record<symbol, unknown>>): Node {
  const node = (...args: unknown[]): unknown => action(args)
  Reflect.deleteProperty(node, 'length')
  Reflect.deleteProperty(node, 'name')
  Object.assign(node, own)
  return Object.freeze(Object.setPrototypeOf(node, prototype))
}
