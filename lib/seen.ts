import { type Claim, type Claimer, Claims, REMEMBERED } from './claims'
import { ConfigError } from './errors'
import { MemoryStore, type Store } from './store'

/**
 * A memory of your own for callbacks, with one state where {@link Claims} has two. What is claimed counts as handled: if the
 * process dies before its handler came to an end, the callback is lost, and if the handler throws too, unless there is a
 * `release`. Duplicates of the few events that need data in the answer cannot be answered.
 */
export interface OwnSeen {
  /**
   * @param id the same for every delivery of one callback
   * @param ttl seconds for which it has to be remembered
   * @returns is it the first time? Asked at once by several, one of them is told so
   */
  claim(id: string, ttl: number): Promise<boolean>
  /** Forgets it again: its handler threw. */
  release?(id: string): Promise<void>
}

/**
 * Where callbacks already handled are remembered, by their ids and with the answers given: a store, with other times
 * `new Claims(store, { processing, done })`, a memory of your own, or `false`: every delivery is handled.
 */
export type Seen = Store | Claims | OwnSeen | false

/** Who is asked for each callback. Without a word about it, this process remembers by itself. */
export function claimerOf(seen: Seen = new MemoryStore()): Claimer | undefined {
  if (seen === false) return undefined
  if (seen instanceof Claims) return seen
  if (has(seen, 'claim')) return new OneState(seen as OwnSeen)
  if (has(seen, 'get') && has(seen, 'set') && has(seen, 'delete')) return new Claims(seen as Store)
  throw new ConfigError('seen', 'expected a Store { get, set, delete }, Claims, { claim(id, ttl) }, or false')
}

const has = (value: unknown, name: string): boolean =>
  typeof (value as Record<string, unknown> | null)?.[name] === 'function'

class OneState implements Claimer {
  readonly #seen: OwnSeen

  constructor(seen: OwnSeen) {
    this.#seen = seen
  }

  async claim(id: string): Promise<Claim> {
    if (!(await this.#seen.claim(id, REMEMBERED))) return { state: 'done', answer: '' }
    return {
      state: 'mine',
      done: async () => {},
      release: async () => this.#seen.release?.(id),
    }
  }
}
