import type { Exchange } from './exchange'
import { type Effect, effectOf } from './fault-effects'

/** Each kind of fault and what it takes; `stale`, `serial` and `probe` leave APIv2 alone, `md5` leaves APIv3 */
export interface FaultKinds {
  /** answers late, after the operation was carried out; milliseconds */
  delay: { readonly ms: number }
  /** never answers: the connection stays open until the client gives up */
  hang: object
  /** resets the connection instead of answering */
  reset: object
  /** breaks off after half the body, announced by `Content-Length`, or with `chunked` in chunks */
  truncate: { readonly chunked?: boolean }
  /** an unsigned error, in JSON (APIv2: in XML) or as a proxy's HTML page */
  status: {
    readonly status: number
    readonly html?: boolean
    readonly code?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  /** an unsigned redirect; 302 unless told otherwise */
  redirect: { readonly location: string; readonly status?: number }
  /** the timestamp moved by so many seconds, signed correctly */
  stale: { readonly seconds: number }
  /** signed by a key that is not the platform's (APIv3: under the serial of one that is) */
  foreign: object
  /** signed correctly under a serial that nobody knows */
  serial: { readonly serial?: string }
  /**
   * the body changed after it was signed: JSON still, with `tampered: true` in front. APIv2: XML still, with one more
   * `0` in the field of that name, `nonce_str` unless told otherwise; a body of another kind gets the `0` at its end
   */
  tamper: { readonly field?: string }
  /** headers left out, whatever their case. APIv2: fields of the answer too, so that `sign` can be left out */
  drop: { readonly header: string | readonly string[] }
  /** a probe: a signature that begins `WECHATPAY/SIGNTEST/` and must not be taken for one */
  probe: object
  /** signed with MD5 although the request was signed with HMAC-SHA256 */
  md5: object
}

/** Which requests a fault befalls, and how often */
export interface FaultScope {
  /** all requests when left out; a string is the whole path, with or without the slash in front */
  readonly match?: { readonly method?: string; readonly path?: string | RegExp }
  /** how many requests; all until it is removed when left out */
  readonly times?: number
  /** whether the operation takes effect although its answer is lost or replaced; `false` when left out */
  readonly acts?: boolean
}

/** A fault of one kind */
export type Fault = { [K in keyof FaultKinds]: { readonly kind: K } & FaultKinds[K] }[keyof FaultKinds] &
  FaultScope

/** Takes a fault back; `hits` counts the requests it has befallen. Works with `using` */
export interface FaultHandle extends Disposable {
  readonly hits: number
  remove(): void
}

const matches = ({ match = {} }: FaultScope, { method, path }: Exchange): boolean => {
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false
  if (match.path === undefined) return true
  if (typeof match.path === 'string') return path.replace(/^\//, '') === match.path.replace(/^\//, '')
  return path.search(match.path) >= 0
}

/** The faults in force */
export class Faults {
  readonly #live = new Set<{ readonly fault: Fault; readonly effect: Effect; hits: number }>()

  /** Puts a fault in force. @throws TypeError on an unknown kind */
  add(fault: Fault): FaultHandle {
    const effect = effectOf(fault.kind, fault, fault.acts ?? false)
    const entry = { fault, effect, hits: 0 }
    const remove = (): void => void this.#live.delete(entry)
    this.#live.add(entry)
    return {
      get hits() {
        return entry.hits
      },
      remove,
      [Symbol.dispose]: remove,
    }
  }

  /** Counts a request against every fault that befalls it; gives what they do, in the order they were added */
  take(exchange: Exchange): Effect[] {
    const effects: Effect[] = []
    for (const entry of this.#live) {
      if (!matches(entry.fault, exchange)) continue
      entry.hits += 1
      if (entry.hits >= (entry.fault.times ?? Infinity)) this.#live.delete(entry)
      effects.push(entry.effect)
    }
    return effects
  }
}
