import { failover } from './diagnostics'

/** Hosts that stand in for each other (official 4012081717; global 4012354972). */
const PAIRS: readonly (readonly [string, string])[] = [
  ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
  ['https://api.wechatpay.cn', 'https://api2.wechatpay.cn'],
]
const OVERSEAS = ['https://api.mch.weixin.qq.com', 'https://apihk.mch.weixin.qq.com'] as const
const OVERSEAS_PATH = /^\/(?:v3\/global|global|hk)\//

/** Milliseconds that a host is left alone: the first time, and, missing again and again, at most. */
const SHORTEST = 5_000
const LONGEST = 60_000
/** Milliseconds between two looks at the calls that wait for a connection. */
const ROUND = 1_000

interface Absence {
  pause: number
  until: number
  /** Did it take calls, and say nothing? One that tries it again may be lost then. */
  silent: boolean
}

/** A call that has been handed to a host. */
export interface Waiting {
  /** Its place among those that wait. Kept by the failover. */
  place: number
  /** A host is missing: who still waits for a connection to it goes elsewhere. */
  divert(origin: string): void
  /** Looks whether it has waited too long for a connection. @param now by `performance` */
  look(now: number): void
}

/**
 * The host that stands in for another; `undefined` when there is none.
 * @param origin as `URL.origin` writes it
 * @param path as sent: overseas another host stands in
 */
export function backupOf(origin: string, path: string): string | undefined {
  const pairs = origin === OVERSEAS[1] || OVERSEAS_PATH.test(path) ? [OVERSEAS] : PAIRS
  for (const [one, other] of pairs) {
    if (one === origin) return other
    if (other === origin) return one
  }
  return undefined
}

/**
 * Which hosts have not been reached lately. While one is missing, calls go to the one that stands in for it; now and then
 * one of them tries the first again, and when it answers, all do.
 *
 * Time is told by `performance`, which does not jump when this machine's clock is set.
 */
export class Failover {
  readonly #absent = new Map<string, Absence>()
  /** Not a Set: V8 links the tables that one outgrows, and what comes and goes then lives until a full collection. */
  readonly #waiting: Waiting[] = []
  #round: NodeJS.Timeout | undefined

  /**
   * Where a call goes that is meant for a host.
   * @param repeatable can it be tried again? Only such a one is the first to try a host that was silent
   */
  route(origin: string, path: string, repeatable: boolean): string {
    // The usual case, which costs nothing.
    if (this.#absent.size === 0) return origin
    const absence = this.#absent.get(origin)
    const backup = backupOf(origin, path)
    if (absence === undefined || backup === undefined) return origin
    const now = performance.now()
    const due = absence.silent && !repeatable ? absence.until + LONGEST : absence.until
    if (now < due) return this.#isMissing(backup, now) ? origin : backup
    // This call tries whether it is back; others do not wait for what it finds.
    absence.pause = Math.min(LONGEST, absence.pause * 2)
    absence.until = now + absence.pause
    return origin
  }

  /**
   * There was no connection to a host, or no word from it.
   * @param silent was there a connection?
   */
  missed(origin: string, path: string, silent: boolean): void {
    const backup = backupOf(origin, path)
    if (backup === undefined) return
    const now = performance.now()
    const known = this.#absent.get(origin)
    if (known) {
      known.silent ||= silent
      if (now >= known.until) known.until = now + known.pause
      return
    }
    this.#absent.set(origin, { pause: SHORTEST, until: now + SHORTEST, silent })
    failover(origin, backup)
    if (this.#isMissing(backup, now)) return
    for (const call of [...this.#waiting]) call.divert(origin)
  }

  /** A host has answered. */
  answered(origin: string): void {
    if (this.#absent.size > 0 && this.#absent.delete(origin)) failover(undefined, origin)
  }

  /** A call has been handed to a host. */
  enter(call: Waiting): void {
    call.place = this.#waiting.push(call) - 1
    this.#round ??= setTimeout(look, ROUND, this).unref()
  }

  /** It has come to an end there. */
  leave(call: Waiting): void {
    const { place } = call
    if (this.#waiting[place] !== call) return
    const last = this.#waiting.pop() as Waiting
    if (last === call) return
    this.#waiting[place] = last
    last.place = place
  }

  /** @internal */
  look(): void {
    const now = performance.now()
    for (const call of [...this.#waiting]) call.look(now)
    this.#round = this.#waiting.length > 0 ? setTimeout(look, ROUND, this).unref() : undefined
  }

  #isMissing(origin: string, now: number): boolean {
    return now < (this.#absent.get(origin)?.until ?? 0)
  }
}

function look(failover: Failover): void {
  failover.look()
}
