import type { Behaviour, Bill, Credentials, Tally } from './platform'

/** Whoever is measured. */
export type Name =
  | 'wechatpay-chain'
  | 'wechatpay-axios-plugin'
  | 'wechatpay-node-v3'
  | 'fast-xml-parser'
  | 'uri-template'
  | 'crypto'
  | 'undici'

/** What a client can do wrong, on purpose. */
export type Flaw = 'signs another body' | 'signs another path' | 'verifies nothing'

/** What a process of a client's is told first. */
export interface ClientSetup {
  /** `stub` is a client of the bench's own, that needs no package: see stub.ts. */
  readonly name: Name | 'stub'
  /** `package.json` of the folder whose packages it may load. */
  readonly home: string
  readonly url: string
  readonly credentials: Credentials
  /** Only a stub has one. */
  readonly flaw?: Flaw
}

/** What it is told then, again and again. */
export type Task =
  | { readonly task: 'requests'; readonly count: number; readonly atATime: number }
  | { readonly task: 'delay'; readonly count: number; readonly atATime: number }
  | { readonly task: 'heap'; readonly marks: readonly number[]; readonly atATime: number }
  | { readonly task: 'bill'; readonly path: string }
  | { readonly task: 'walk' | 'expand' | 'expandParsed' | 'parse'; readonly count: number }
  /** One request, that may well fail. */
  | { readonly task: 'try' }

/** Requests that are made before memory is looked at, for a bill. */
export const BEFORE_BILL = 20

interface Elapsed {
  /** Milliseconds for all of them. */
  readonly elapsed: number
}

export interface Reports {
  /** Milliseconds; CPU of the whole process, its threads included, likewise. */
  readonly requests: { readonly elapsed: number; readonly cpu: number }
  /** Milliseconds: of the event loop, and of `fs.stat` in between. */
  readonly delay: { readonly loop: number; readonly stat: number; readonly worst: number }
  /** Bytes in use at each mark. */
  readonly heap: { readonly used: readonly number[] }
  /** Bytes of memory (RSS), at most, above those before; milliseconds. */
  readonly bill: { readonly grown: number; readonly elapsed: number }
  readonly walk: Elapsed
  readonly expand: Elapsed
  readonly expandParsed: Elapsed
  readonly parse: Elapsed
  readonly try: { readonly accepted: boolean }
}

export interface PlatformSetup {
  readonly credentials: Credentials
  readonly bill?: Bill
}

/** What the platform's process is told: to behave so from here on, or to say what came in since it was told. */
export type PlatformTask = { readonly behave: Behaviour } | { readonly tally: true }
export type PlatformReport = { readonly url: string } | Tally

/** What a process answers to anything: the report, or why there is none. */
export type Answer<T> = { readonly report: T } | { readonly error: string }
