import { type Channel, channel } from 'node:diagnostics_channel'
import { debuglog } from 'node:util'
import type { Delivery, WechatpayError } from './errors'

/**
 * What can be seen of a client from outside, by `node:diagnostics_channel` or with `NODE_DEBUG=wechatpay`. Nothing of it is
 * a secret or someone's data: calls go by their verb and template, never by the values in them.
 *
 * A listener that throws changes nothing of the call: Node makes an `uncaughtException` of it, after the call has gone on.
 */
interface Call {
  /** Tells the attempts of one call, in this process. */
  readonly id: number
  /** Verb and template: `GET v3/pay/transactions/id/{transaction_id}`. */
  readonly label: string
  readonly protocol: 'v2' | 'v3'
  /** The host that was asked. */
  readonly origin: string
  /** From 1. */
  readonly attempt: number
}

/** `wechatpay-chain:request`: an attempt is handed to the connection pool, before it is signed. */
export interface RequestEvent extends Call {}

/** `wechatpay-chain:answer`: an attempt has ended, with an answer or without. */
export interface AnswerEvent extends Call {
  /** Milliseconds since the attempt began. */
  readonly duration: number
  /** Absent when no answer could be read. */
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly verified?: boolean | undefined
  /** Of a failure. */
  readonly code?: string | undefined
  readonly delivery?: Delivery | undefined
}

/** `wechatpay-chain:retry`: another attempt will be made. */
export interface RetryEvent extends Call {
  /** Milliseconds until then. */
  readonly wait: number
  /** Of the failure, or `HTTP_202`. */
  readonly code: string
}

/** `wechatpay-chain:failover`: from now on another host is asked. */
export interface FailoverEvent {
  /** The host that is missing; `undefined` when the first one is back. */
  readonly from: string | undefined
  readonly to: string
}

/** `wechatpay-chain:keys`: the platform certificates were asked for. */
export interface KeysEvent {
  readonly duration: number
  /** The serial numbers that are known now. */
  readonly serials: readonly string[]
  /** Of a failure. */
  readonly code?: string | undefined
}

const CHANNELS = {
  request: channel('wechatpay-chain:request'),
  answer: channel('wechatpay-chain:answer'),
  retry: channel('wechatpay-chain:retry'),
  failover: channel('wechatpay-chain:failover'),
  keys: channel('wechatpay-chain:keys'),
}

const debug = debuglog('wechatpay')
const seen = (to: Channel): boolean => to.hasSubscribers || debug.enabled

function tell(name: keyof typeof CHANNELS, event: object): void {
  CHANNELS[name].publish(event)
  if (!debug.enabled) return
  const fields = Object.entries(event).filter(([, value]) => value !== undefined)
  const text = fields.map(([key, value]) => `${key}=${typeof value === 'number' ? Math.round(value) : value}`)
  debug('%s %s', name, text.join(' '))
}

let calls = 0

/** A path may have been written with the values in it: what is no word of the documentation, and no variable, is left out. */
function withoutValues(label: string): string {
  // Loaded here: most processes never listen.
  const { VOCABULARY } = require('./vocabulary') as typeof import('./vocabulary')
  const end = label.indexOf(' ')
  const segments = label.slice(end + 1).split('/')
  const told = segments.map((text) =>
    text === '' || VARIABLE.test(text) || VOCABULARY.has(text) ? text : '*',
  )
  return `${label.slice(0, end)} ${told.join('/')}`
}

const VARIABLE = /^\{[A-Za-z_]\w*\}$/

/** Codes are the platform's words; in what only looks like an answer, anything can stand. */
function wordOf(code: string | undefined): string | undefined {
  return code === undefined || /^[\w.-]{1,64}$/.test(code) ? code : '*'
}

/** What one call tells of itself; `undefined` while nobody listens. */
export class Trace {
  readonly #id = ++calls
  readonly #label: string
  readonly #protocol: 'v2' | 'v3'
  #began = 0
  #origin = ''
  #attempt = 0

  static of(label: string, protocol: 'v2' | 'v3'): Trace | undefined {
    const { request, answer, retry } = CHANNELS
    return seen(request) || seen(answer) || seen(retry) ? new Trace(label, protocol) : undefined
  }

  private constructor(label: string, protocol: 'v2' | 'v3') {
    this.#label = withoutValues(label)
    this.#protocol = protocol
  }

  begin(origin: string, attempt: number): void {
    this.#began = performance.now()
    this.#origin = origin
    this.#attempt = attempt
    tell('request', this.#call satisfies RequestEvent)
  }

  end(outcome: Outcome): void {
    const { status, requestId, verified } = outcome.response ?? {}
    const { code, delivery } = outcome.error ?? {}
    const duration = performance.now() - this.#began
    const event = { ...this.#call, duration, status, requestId, verified, code: wordOf(code), delivery }
    tell('answer', event satisfies AnswerEvent)
  }

  repeat(wait: number, code: string): void {
    tell('retry', { ...this.#call, wait, code: wordOf(code) as string } satisfies RetryEvent)
  }

  get #call(): Call {
    return {
      id: this.#id,
      label: this.#label,
      protocol: this.#protocol,
      origin: this.#origin,
      attempt: this.#attempt,
    }
  }
}

interface Outcome {
  readonly response?:
    | { readonly status: number; readonly requestId: string | undefined; readonly verified: boolean }
    | undefined
  readonly error?: WechatpayError | undefined
}

export function failover(from: string | undefined, to: string): void {
  if (seen(CHANNELS.failover)) tell('failover', { from, to } satisfies FailoverEvent)
}

export function keysAsked(event: KeysEvent): void {
  if (seen(CHANNELS.keys)) tell('keys', event)
}
