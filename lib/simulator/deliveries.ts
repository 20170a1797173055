import { setMaxListeners } from 'node:events'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SignedCallback } from './callback'

/** Seconds between one delivery and the next: fifteen deliveries in a day (official 4012791836) */
const SCHEDULE = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600]
/** Milliseconds a merchant has to answer */
const PATIENCE = 5_000
const MAX_ANSWER = 64 * 1024

/** One attempt to tell the merchant, and what came of it */
export interface Delivery {
  readonly url: string
  /** `event_type`, or for APIv2 what it is about */
  readonly event: string
  /** from 1 */
  readonly attempt: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** the answer's status; 0 when there was none */
  readonly status: number
  readonly answer: string
  /** was the answer what the platform wants to hear? */
  readonly accepted: boolean
  /** why there was no answer, or none was asked for */
  readonly problem?: string
}

/** Something to tell, until it is heard or given up */
export interface Errand {
  readonly url: string
  readonly event: string
  readonly version: 'v2' | 'v3'
  /** makes the next delivery: signed anew each time */
  readonly next: () => Promise<SignedCallback> | SignedCallback
}

/** Tells merchants of what happened, again and again until they say that they have heard */
export class Deliveries {
  readonly #limit: number
  readonly #scale: number
  readonly #list: Delivery[] = []
  readonly #closing = new AbortController()

  /** @param scale how many times faster than on the platform the waits pass */
  constructor(limit: number, scale: number) {
    this.#limit = limit
    this.#scale = scale
    // Every delivery under way listens to it.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The latest deliveries, newest last; the list is live */
  get list(): readonly Delivery[] {
    return this.#list
  }

  /** Delivers until it is accepted, or the schedule ends; gives the last delivery */
  async send(errand: Errand): Promise<Delivery> {
    for (let attempt = 1; ; attempt++) {
      const delivery = await this.#deliver(errand, attempt)
      this.#list.push(delivery)
      if (this.#list.length > this.#limit) this.#list.shift()
      const wait = SCHEDULE[attempt - 1]
      if (delivery.accepted || delivery.problem === FOREIGN || wait === undefined) return delivery
      try {
        await sleep((wait * 1000) / this.#scale, undefined, { signal: this.#closing.signal, ref: false })
      } catch {
        return delivery
      }
    }
  }

  close(): void {
    this.#closing.abort()
  }

  async #deliver({ url, event, version, next }: Errand, attempt: number): Promise<Delivery> {
    const { headers, body } = await next()
    const told = { url, event, attempt, headers, body }
    if (!isLoopback(url)) return { ...told, status: 0, answer: '', accepted: false, problem: FOREIGN }
    try {
      const { status, answer } = await post(url, headers, body, this.#closing.signal)
      return { ...told, status, answer, accepted: isAccepted(version, status, answer) }
    } catch (error) {
      return { ...told, status: 0, answer: '', accepted: false, problem: (error as Error).message }
    }
  }
}

const FOREIGN = 'only addresses on this machine are told'

/** The simulator never speaks to the world */
const isLoopback = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { hostname, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const local = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  return local && (protocol === 'http:' || protocol === 'https:')
}

const isAccepted = (version: 'v2' | 'v3', status: number, answer: string): boolean => {
  if (status < 200 || status >= 300) return false
  return version === 'v3' || /<return_code>\s*(?:<!\[CDATA\[)?SUCCESS/.test(answer)
}

/** What is answered, as far as anyone wants to read it */
const post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  closing: AbortSignal,
): Promise<{ status: number; answer: string }> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(PATIENCE)])
    const request = url.startsWith('https:') ? secure : plain
    const options = { method: 'POST', signal, rejectUnauthorized: false, agent: false } as const
    const sent = request(
      url,
      { ...options, headers: { ...headers, 'Content-Length': body.length } },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (answer.length < MAX_ANSWER) answer += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, answer }))
        response.on('error', reject)
      },
    )
    sent.on('error', (error) => reject(signal.aborted ? new Error('no answer within five seconds') : error))
    sent.end(body)
  })
