import { randomUUID } from 'node:crypto'
import { ConfigError, TransportError } from './errors'
import type { Store } from './store'

export interface ClaimsOptions {
  /** Seconds after which a callback whose handler never came to an end is free for its next delivery: 60. */
  readonly processing?: number
  /** Seconds for which a handled callback is remembered: two days, where deliveries end after one. */
  readonly done?: number
}

/** A callback to handle, and to bring to one of these two ends. */
export interface OwnClaim {
  readonly state: 'mine'
  /** @param answer what further deliveries are answered */
  done(answer: string): Promise<void>
  /** It was not handled: let it come again. */
  release(): Promise<void>
}

/** What asking for a callback brought. */
export type Claim =
  | OwnClaim
  /** Somebody is at it. Whether that ends well is not known yet: let it come again. */
  | { readonly state: 'processing' }
  /** It was handled, and answered so. */
  | { readonly state: 'done'; readonly answer: string }

/** Says who handles a callback. */
export interface Claimer {
  claim(id: string): Promise<Claim>
}

/** Seconds: two days. */
export const REMEMBERED = 172_800
/** Milliseconds for the store: WeChat Pay waits five seconds, and clients of Redis wait for a lost server forever. */
const PATIENCE = 2_000
const DONE = 'done:'
const FAILED = 'the store that remembers callbacks failed'
const UNHANDLED = `${FAILED}: the callback was not handled; answered 500, it comes again`

/**
 * Who handles which callback, among all the processes that share a store. A callback is claimed for a short time while its
 * handler runs, and remembered when that succeeded: a handler that throws gives it back, a process that dies lets it lapse.
 */
export class Claims implements Claimer {
  readonly #store: Store
  readonly #processing: number
  readonly #done: number

  /** @throws ConfigError for a time that is none */
  constructor(store: Store, { processing = 60, done = REMEMBERED }: ClaimsOptions = {}) {
    this.#store = store
    this.#processing = seconds('processing', processing)
    this.#done = seconds('done', done)
  }

  /**
   * @param id the same for every delivery of one callback
   * @throws TransportError (`ERR_STORE`) when the store fails or says nothing for two seconds
   * @throws ConfigError when it does not say whether a value was set
   */
  async claim(id: string): Promise<Claim> {
    const key = `wechatpay:callback:${id}`
    const token = randomUUID()
    // Counted from before the store counts: it never ends the claim earlier.
    const ends = performance.now() + this.#processing * 1_000
    const options = { ttl: this.#processing, absent: true }
    const set: unknown = await inTime(() => this.#store.set(key, token, options), UNHANDLED)
    if (typeof set !== 'boolean') {
      throw new ConfigError(
        'seen',
        'set() of the store has to say, with absent, whether the value was set: true or false',
      )
    }
    if (set) {
      return {
        state: 'mine',
        done: (answer) => this.#remember(key, answer, ends),
        release: () => this.#release(key, token, ends),
      }
    }
    const value = await inTime(() => this.#store.get(key), UNHANDLED)
    return value?.startsWith(DONE)
      ? { state: 'done', answer: value.slice(DONE.length) }
      : { state: 'processing' }
  }

  async #remember(key: string, answer: string, ends: number): Promise<void> {
    const set = () => this.#store.set(key, DONE + answer, { ttl: this.#done })
    await inTime(set, `${FAILED}: the callback was handled, but another delivery of it would be too`)
    if (performance.now() <= ends) return
    throw new ConfigError(
      'seen.processing',
      `a callback took longer to handle than the ${this.#processing} s for which it was claimed: it may have been handled twice`,
    )
  }

  async #release(key: string, token: string, ends: number): Promise<void> {
    const problem = `${FAILED}: the callback is claimed for up to ${this.#processing} s more, and answered 503 until then`
    const own = (await inTime(() => this.#store.get(key), problem)) === token
    // What is about to lapse is left to: by the time it is deleted it could be someone else's.
    if (own && performance.now() + PATIENCE < ends) await inTime(() => this.#store.delete(key), problem)
  }
}

/**
 * Asks a store, and does not wait for one that says nothing.
 * @throws TransportError (`ERR_STORE`) that says the problem
 */
export async function inTime<T>(ask: () => Promise<T>, problem: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    return await Promise.race([ask(), late])
  } catch (cause) {
    throw new TransportError(problem, { code: 'ERR_STORE', delivery: 'not-sent', cause })
  } finally {
    clearTimeout(timer)
  }
}

function seconds(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0) return value
  throw new ConfigError(`seen.${name}`, 'expected a number of seconds')
}
