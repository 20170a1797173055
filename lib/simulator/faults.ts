import { randomBytes } from 'node:crypto'
import type { Exchange } from './exchange'
import { createKeyPair, createSerial, type KeyPair } from './keys'
import { Problem } from './problem'
import type { Seal } from './sign'

/** An answer as it goes over the wire */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What becomes of an answer on its way out */
export type Delivery = 'hang' | 'reset' | 'truncate' | 'truncate-chunked'

/** Each kind of fault and what it takes */
export interface FaultKinds {
  /** answers late, after the operation was carried out; milliseconds */
  delay: { readonly ms: number }
  /** never answers: the connection stays open until the client gives up */
  hang: object
  /** resets the connection instead of answering */
  reset: object
  /** breaks off after half the body, announced by `Content-Length`, or with `chunked` in chunks */
  truncate: { readonly chunked?: boolean }
  /** an unsigned error, in JSON or as a proxy's HTML page */
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
  /** signed by a key that is not the platform's, under the serial of one that is */
  foreign: object
  /** signed correctly under a serial that nobody knows */
  serial: { readonly serial?: string }
  /** the body changed after it was signed: JSON still, with `tampered: true` in front */
  tamper: object
  /** headers left out, whatever their case */
  drop: { readonly header: string | readonly string[] }
  /** a probe: a signature that begins `WECHATPAY/SIGNTEST/` and must not be taken for one */
  probe: object
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

/** What a fault does at each step of an answer */
export interface Effect {
  readonly acts: boolean
  readonly wait?: number
  readonly replace?: Reply
  readonly seal?: (seal: Seal) => Seal | Promise<Seal>
  readonly alter?: (reply: Reply) => Reply
  readonly delivery?: Delivery
}

const CODES: Readonly<Record<number, string>> = {
  429: 'FREQUENCY_LIMITED',
  500: 'SYSTEM_ERROR',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
}

const page = (status: number): Buffer =>
  Buffer.from(`<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`)

const errorReply = ({ status, html, code, headers }: FaultKinds['status']): Reply => ({
  status,
  headers: { 'Content-Type': html ? 'text/html' : 'application/json; charset=utf-8', ...headers },
  body: html
    ? page(status)
    : Buffer.from(JSON.stringify(new Problem(status, code ?? CODES[status] ?? 'SYSTEM_ERROR', '模拟的故障'))),
})

/** Only 200 can carry a body where there was none */
const tampered = ({ status, headers, body }: Reply): Reply => {
  const text = body.toString()
  if (text === '') return { status: 200, headers, body: Buffer.from('{"tampered":true}') }
  const rest = text.startsWith('{') ? text.slice(1) : `"body":${JSON.stringify(text)}}`
  return { status, headers, body: Buffer.from(`{"tampered":true${rest === '}' ? '' : ','}${rest}`) }
}

const without = (header: string | readonly string[], reply: Reply): Reply => {
  const names = [header].flat().map((name) => name.toLowerCase())
  const kept = Object.entries(reply.headers).filter(([name]) => !names.includes(name.toLowerCase()))
  return { ...reply, headers: Object.fromEntries(kept) }
}

const probed = (reply: Reply): Reply => {
  const signature = `WECHATPAY/SIGNTEST/${randomBytes(256).toString('base64')}`
  return { ...reply, headers: { ...reply.headers, 'Wechatpay-Signature': signature } }
}

let stranger: Promise<KeyPair> | undefined

/** One foreign key is enough for a process, made when it is first needed */
const foreignKey = async (): Promise<KeyPair> => {
  stranger ??= createKeyPair()
  return stranger
}

const EFFECTS: { readonly [K in keyof FaultKinds]: (fault: FaultKinds[K]) => Omit<Effect, 'acts'> } = {
  delay: ({ ms }) => ({ wait: ms }),
  hang: () => ({ delivery: 'hang' }),
  reset: () => ({ delivery: 'reset' }),
  truncate: ({ chunked }) => ({ delivery: chunked ? 'truncate-chunked' : 'truncate' }),
  status: (fault) => ({ replace: errorReply(fault) }),
  redirect: ({ location, status = 302 }) => ({
    replace: { status, headers: { Location: location }, body: Buffer.alloc(0) },
  }),
  stale: ({ seconds }) => ({ seal: (seal) => ({ ...seal, timestamp: seal.timestamp + seconds }) }),
  foreign: () => ({
    seal: async (seal) => ({ ...seal, privateKey: (await foreignKey()).privateKey }),
  }),
  serial: ({ serial = createSerial() }) => ({ seal: (seal) => ({ ...seal, serial }) }),
  tamper: () => ({ alter: tampered }),
  drop: ({ header }) => ({ alter: (reply) => without(header, reply) }),
  probe: () => ({ alter: probed }),
}

const effectOf = <K extends keyof FaultKinds>(kind: K, fault: FaultKinds[K]): Omit<Effect, 'acts'> => {
  if (!Object.hasOwn(EFFECTS, kind))
    throw new TypeError(`unknown fault "${kind}": there are ${Object.keys(EFFECTS).join(', ')}`)
  return EFFECTS[kind](fault)
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
    const effect = { ...effectOf(fault.kind, fault), acts: fault.acts ?? false }
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
