import { type KeyObject, sign } from 'node:crypto'

/**
 * RSA signing, which costs more than all the rest of a call together.
 *
 * While nothing else is in flight it is done inline, which is fastest. As soon as something is, it is done in libuv's
 * pool, a few at a time: the pool is shared with the file system and DNS, and more than its threads can do at once
 * only makes those wait.
 */
export class SignQueue {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #outstanding = 0
  #inFlight = 0

  constructor(limit = 8) {
    this.#limit = limit
  }

  /** Counts a call from before it is signed until it is settled. @returns what to call when it is; once is enough */
  enter(): () => void {
    this.#inFlight++
    let left = false
    return () => {
      if (left) return
      left = true
      this.#inFlight--
    }
  }

  /** The base64 signature of a message, by a call that has entered. */
  sign(message: Buffer, key: KeyObject): string | Promise<string> {
    if (this.#inFlight <= 1) return sign('sha256', message, key).toString('base64')
    return this.#later(message, key)
  }

  async #later(message: Buffer, key: KeyObject): Promise<string> {
    if (this.#outstanding >= this.#limit) {
      // Whoever is done hands its place over, so that the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#outstanding++
    }
    try {
      return await new Promise<string>((resolve, reject) => {
        sign('sha256', message, key, (error, signature) => {
          if (error) reject(error)
          else resolve(signature.toString('base64'))
        })
      })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#outstanding--
    }
  }
}

/** One for the process, as the pool is. */
export const signQueue = new SignQueue()
