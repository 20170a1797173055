/** A map that forgets its oldest entry when it grows beyond `limit`, so that a long run cannot fill the memory */
export class LimitedMap<V> {
  readonly #limit: number
  readonly #entries = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  /** The values, oldest first */
  values(): Iterable<V> {
    return this.#entries.values()
  }

  /** Adds or replaces; a replaced entry keeps its age */
  set(key: string, value: V): void {
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }
}
