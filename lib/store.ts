/**
 * A small place to remember things in, for one process or many: platform certificates, callbacks already handled. Anything
 * that can do these three will do: a Map, Redis, a table.
 */
export interface Store {
  get(key: string): Promise<string | undefined>
  /**
   * Remembers a value.
   * @param options `ttl` in seconds; with `absent` only when nothing is there yet, as one step that no one else can come between
   * @returns false when `absent` was asked for and something was there
   */
  set(
    key: string,
    value: string,
    options: { readonly ttl: number; readonly absent?: boolean },
  ): Promise<boolean>
  delete(key: string): Promise<void>
}

/** In this process; the oldest go when it is full. */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, { readonly value: string; readonly until: number }>()
  readonly #capacity: number

  /** @param capacity how many are remembered at most */
  constructor(capacity = 100_000) {
    this.#capacity = capacity
  }

  async get(key: string): Promise<string | undefined> {
    return this.#current(key)?.value
  }

  async set(
    key: string,
    value: string,
    { ttl, absent = false }: { readonly ttl: number; readonly absent?: boolean },
  ): Promise<boolean> {
    if (absent && this.#current(key)) return false
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: Date.now() + ttl * 1_000 })
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest as string)
    }
    return true
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key)
  }

  #current(key: string) {
    const entry = this.#entries.get(key)
    if (entry && entry.until > Date.now()) return entry
    this.#entries.delete(key)
    return undefined
  }
}
