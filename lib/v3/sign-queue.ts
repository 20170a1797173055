import { AsyncResource } from 'node:async_hooks'
import { type KeyObject, sign } from 'node:crypto'

/** Whoever wants a signature, and gets it. */
export interface SigningJob {
  readonly message: Buffer | undefined
  /** @param signature in base64 */
  done(error: Error | null, signature: string): void
}

interface Waiting {
  readonly job: SigningJob
  readonly key: KeyObject
  /** Whose it is: what is traced goes on there, and not in the call that made room for it. */
  readonly scope: AsyncResource
}

/**
 * RSA signing, which costs more than all the rest of a call together.
 *
 * While nothing else is in flight it is done inline, which is fastest. As soon as something is, it is done in libuv's
 * pool, a few at a time: the pool is shared with the file system and DNS, and more than its threads can do at once
 * only makes those wait.
 */
export class SignQueue {
  readonly #limit: number
  readonly #waiting: Waiting[] = []
  #outstanding = 0
  #inFlight = 0

  constructor(limit = 8) {
    this.#limit = limit
  }

  /** Counts a call, from before it is signed … */
  enter(): void {
    this.#inFlight++
  }

  /** … until it is settled. */
  leave(): void {
    this.#inFlight--
  }

  /** Signs for a call that has entered: at once, or later. */
  sign(job: SigningJob, key: KeyObject): void {
    if (this.#inFlight <= 1) job.done(null, sign('sha256', job.message ?? EMPTY, key).toString('base64'))
    else if (this.#outstanding < this.#limit) this.#start(job, key)
    else this.#waiting.push({ job, key, scope: new AsyncResource('WechatpaySignature') })
  }

  #start(job: SigningJob, key: KeyObject): void {
    this.#outstanding++
    const done = (error: Error | null, signature: Buffer): void => {
      this.#outstanding--
      const next = this.#waiting.shift()
      next?.scope.runInAsyncScope(this.#start, this, next.job, next.key)
      job.done(error, error ? '' : signature.toString('base64'))
    }
    try {
      sign('sha256', job.message ?? EMPTY, key, done)
    } catch (error) {
      done(error as Error, EMPTY)
    }
  }
}

const EMPTY = Buffer.alloc(0)

/** One for the process, as the pool is. */
export const signQueue = new SignQueue()
