import { RequestError, WechatpayError } from '../../../lib'
import type { Answered, Chain, Driver } from '../chain'
import { DEFAULT_BODY, type Loopback, type Responder } from '../platform'

/*
 * The words the tables are written in. An entry holds our call for a behaviour of the PHP SDK; what is expected of it
 * is the record's, unless the entry differs and says why, and then pins what ours does instead.
 */

/** A body as recorded: text, bytes, or a digest where there are many. */
export type RecordedBody =
  | string
  | { readonly base64: string }
  | { readonly bytes: number; readonly sha256: string }

/** A behaviour of the PHP SDK. */
export interface Recorded {
  readonly id: string
  readonly group: string
  readonly requests?: readonly {
    readonly method: string
    readonly uri: string
    readonly target: string
    /** `null`: the request did not arrive. */
    readonly headers: Readonly<Record<string, string>> | null
    readonly body: RecordedBody | null
  }[]
  readonly result?: unknown
  readonly throws?: string
}

/** One request, as it must arrive. */
export interface Sent {
  readonly method: string
  readonly origin: string
  readonly target: string
  /** By lower-case name; `undefined`: must be absent. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: RecordedBody
}

/** The error a call must end with. */
export interface Fault {
  readonly type: abstract new (...args: never[]) => Error
  readonly message?: RegExp
  /** Further members of the error. */
  readonly has?: Readonly<Record<string, unknown>>
}

export type Outcome =
  | { readonly kind: 'response'; readonly status: number; readonly body: string; readonly verified: boolean }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly fault: Fault }

export interface Expected {
  readonly sent: readonly Sent[]
  readonly outcome: Outcome
}

/** What a call may use besides the chain. */
export interface Bench {
  readonly driver: Driver
  readonly loopback: Loopback
  /** A file with the bytes of the recorded body. */
  readonly file: string
  /** A path where nothing is yet. */
  readonly vacancy: string
}

export type Call = (root: Chain, bench: Bench) => unknown

export interface Setup {
  /** Laid over the complete configuration. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly answer?: Responder
  /** Stop the clock. */
  readonly frozen?: true
  /** Is the answer to count as verified? Default: yes. */
  readonly verified?: boolean
  /** Compare JSON bodies to the byte. */
  readonly exactly?: true
  /** APIv2: with a key and a fixed nonce; answered in signed XML. */
  readonly apiv2?: true
}

export interface Run extends Setup {
  readonly call: Call
  /** Why ours does something else. */
  readonly differs?: string
  readonly change: Change
}

type Entry = Call | Run
export type Table = Readonly<Record<string, Entry>>

/** From what the PHP SDK does to what ours does. */
export type Change = (recorded: Expected) => Expected

const unchanged: Change = (recorded) => recorded

/** As the PHP SDK. A bare call in a table means the same. */
export function same(call: Call, setup: Setup = {}): Run {
  return { ...setup, call, change: unchanged }
}

/** Fails as in the PHP SDK; here with this error. */
export function fails(call: Call, fault: Fault, setup: Setup = {}): Run {
  const change: Change = (recorded) => {
    if (recorded.outcome.kind !== 'fault')
      throw new Error('the PHP SDK does not fail here: say why ours does')
    return { ...recorded, outcome: { kind: 'fault', fault } }
  }
  return { ...setup, call, change }
}

/** Refused before anything is sent, as in the PHP SDK. */
export function refused(call: Call, message: RegExp, setup: Setup = {}): Run {
  return fails(call, { type: RequestError, message }, setup)
}

export function differs(why: string, call: Call, change: Change, setup: Setup = {}): Run {
  return { ...setup, call, differs: why, change }
}

export const DEFAULT_HEADERS = {
  accept: 'application/json, text/plain, application/x-gzip, application/pdf, image/png, image/*;q=0.5',
  'content-type': 'application/json; charset=utf-8',
} as const

export const V2_HEADERS = {
  accept: 'text/xml, text/plain, application/x-gzip',
  'content-type': 'text/xml; charset=utf-8',
} as const

/** Fields that are absent unless the record has them. */
const ABSENT: Readonly<Record<string, undefined>> = Object.fromEntries(
  [
    'accept',
    'accept-encoding',
    'content-type',
    'expect',
    'idempotency-key',
    'transfer-encoding',
    'upgrade',
    'wechatpay-serial',
  ].map((name) => [name, undefined]),
)

const PLAIN: Sent = {
  method: 'GET',
  origin: 'https://api.mch.weixin.qq.com',
  target: '/',
  headers: { ...ABSENT, ...DEFAULT_HEADERS },
  body: '',
}

const ACCEPTED: Outcome = { kind: 'response', status: 200, body: DEFAULT_BODY, verified: true }

/** Sends one request that is like the recorded one but for this, and is answered. */
export function sends(request: Partial<Sent>, outcome: Outcome = ACCEPTED): Change {
  return ({ sent: [first = PLAIN] }) => ({
    sent: [{ ...first, ...request, headers: { ...DEFAULT_HEADERS, ...first.headers, ...request.headers } }],
    outcome,
  })
}

/** A `RequestError`, and nothing is sent. */
export function refusal(message: RegExp): Change {
  return failure({ type: RequestError, message })
}

/** An error before anything is sent. */
export function failure(fault: Fault): Change {
  return () => ({ sent: [], outcome: { kind: 'fault', fault } })
}

/** The first of the recorded requests is sent, and its answer taken for a failure. */
export function fault(wanted: Fault): Change {
  return ({ sent }) => ({ sent: sent.slice(0, 1), outcome: { kind: 'fault', fault: wanted } })
}

/** What is sent is the same, what comes back is not. */
export function gives(value: unknown): Change {
  return ({ sent }) => ({ sent, outcome: { kind: 'value', value } })
}

/** Nothing is sent, and this comes back. */
export function yields(value: unknown): Change {
  return () => ({ sent: [], outcome: { kind: 'value', value } })
}

/** What a record says, in our terms. */
export function read(record: Recorded, verified = true): Expected {
  const arrived = (record.requests ?? []).filter(({ headers }) => headers !== null)
  return {
    sent: arrived.map(({ method, uri, target, headers, body }) => ({
      method,
      origin: originOf(uri),
      target,
      headers: { ...ABSENT, ...headers },
      body: body ?? '',
    })),
    outcome: outcome(record, verified),
  }
}

function outcome({ result, throws }: Recorded, verified: boolean): Outcome {
  if (throws !== undefined) return { kind: 'fault', fault: { type: WechatpayError } }
  return isResponse(result)
    ? { kind: 'response', status: result.status, body: result.body, verified }
    : { kind: 'value', value: result }
}

function isResponse(result: unknown): result is { type: 'Response'; status: number; body: string } {
  return typeof result === 'object' && result !== null && 'type' in result && result.type === 'Response'
}

export function isAnswered(value: unknown): value is Answered {
  return typeof value === 'object' && value !== null && 'status' in value && 'verified' in value
}

function originOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).origin : uri
}
