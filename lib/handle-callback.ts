import { warn } from './callback-warning'
import type { Claimer, OwnClaim } from './claims'
import { ConfigError, VerificationError } from './errors'
import { claimerOf, type Seen } from './seen'
import { suggestion } from './suggestion'

/** What to send back to WeChat Pay. */
export interface CallbackAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Bytes as they came, or text that holds nothing but them. */
export type RawBody = Uint8Array | string

/**
 * What a callback is for. That it returns means: handled, never to come again. What it throws brings the callback back.
 * @returns for an event that needs data in the answer, the data; of all others it is ignored
 */
export type CallbackHandler<E> = (event: E) => unknown

/** What adapters need of `Notifications`. */
export interface CallbackHandling<E> {
  handle(
    rawBody: RawBody | Promise<RawBody>,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    handler: CallbackHandler<E>,
  ): Promise<CallbackAnswer>
}

/**
 * Hears of what went wrong with a callback: nobody else does, for WeChat Pay is told no details.
 * @param error a VerificationError for what is not WeChat Pay's, a RequestError for a body that is no longer raw, the
 * handler's own error, a TransportError (`ERR_STORE`) when duplicates could not be told
 * @param event `undefined` when it could not be read
 */
export type OnCallbackError<E> = (error: unknown, event: E | undefined) => void

/** What handling needs to know of callbacks. */
export interface CallbackReceiver<E> {
  parse(rawBody: RawBody, headers: unknown): Promise<E>
  /** The same for every delivery; `undefined` for what may be handled as often as it comes. */
  keyOf(event: E): string | undefined
  /** @param data what the handler returned */
  success(event: E, data: unknown): CallbackAnswer
  failure(message: string, status: number): CallbackAnswer
}

/** How callbacks are handled. */
export interface HandlingOptions<E> {
  /** Where those already handled are remembered: in this process unless told otherwise; with several, `redisStore(client)`. */
  readonly seen?: Seen | undefined
  /** Hears of what went wrong. Without it, that is a warning of the process (`process.on('warning')`). */
  readonly onError?: OnCallbackError<E> | undefined
}

export interface Handling<E> {
  readonly claimer: Claimer | undefined
  readonly onError: OnCallbackError<E> | undefined
}

const OPTIONS = ['seen', 'onError'] as const satisfies readonly (keyof HandlingOptions<unknown>)[]

/** @throws ConfigError that names the option */
export function handlingOf<E>(options: HandlingOptions<E>): Handling<E> {
  for (const name of Object.keys(options)) {
    if (!(OPTIONS as readonly string[]).includes(name)) {
      throw new ConfigError(name, `no such option${suggestion(name, OPTIONS)}`)
    }
  }
  const { seen, onError } = options
  if (onError !== undefined && typeof onError !== 'function')
    throw new ConfigError('onError', 'expected a function')
  return { claimer: claimerOf(seen), onError }
}

/**
 * Reads a callback, has it handled unless it was, and gives the answer. It never rejects.
 *
 * - 2xx: handled, now or before
 * - 401: not WeChat Pay's; the handler was not called
 * - 500: something failed; 503: another delivery is being handled. Both come again
 */
export async function handleCallback<E>(
  receiver: CallbackReceiver<E>,
  { claimer, onError }: Handling<E>,
  body: RawBody | Promise<RawBody>,
  headers: unknown,
  handler: CallbackHandler<E>,
): Promise<CallbackAnswer> {
  let event: E | undefined
  let key: string | undefined
  const report = (error: unknown): void => tell(onError, error, event, key)
  try {
    event = await receiver.parse(await body, headers)
    key = receiver.keyOf(event)
    const claim = key === undefined || !claimer ? UNSHARED : await claimer.claim(key)
    if (claim.state === 'processing') return receiver.failure('being handled', 503)
    if (claim.state === 'done') return answered(receiver, event, claim.answer)
    return await run(receiver, event, handler, claim, report)
  } catch (error) {
    report(error)
    const forged = error instanceof VerificationError && event === undefined
    return forged ? receiver.failure('not verified', 401) : receiver.failure('failed', 500)
  }
}

const UNSHARED: OwnClaim = { state: 'mine', done: async () => {}, release: async () => {} }

/** A duplicate is answered as the first delivery was. */
function answered<E>(receiver: CallbackReceiver<E>, event: E, answer: string): CallbackAnswer {
  return answer ? (JSON.parse(answer) as CallbackAnswer) : receiver.success(event, undefined)
}

async function run<E>(
  receiver: CallbackReceiver<E>,
  event: E,
  handler: CallbackHandler<E>,
  claim: OwnClaim,
  report: (error: unknown) => void,
): Promise<CallbackAnswer> {
  let answer: CallbackAnswer
  try {
    answer = receiver.success(event, await handler(event))
  } catch (error) {
    await claim.release().catch(report)
    throw error
  }
  // It is handled, whether that could be remembered or not: a failure would bring it back.
  await claim.done(JSON.stringify(answer)).catch(report)
  return answer
}

/** Nothing is swallowed: without a listener, or with one that fails itself, it is a warning of the process. */
function tell<E>(
  onError: OnCallbackError<E> | undefined,
  error: unknown,
  event: E | undefined,
  key: string | undefined,
): void {
  if (onError === undefined) {
    warn(error, key)
    return
  }
  new Promise((resolve) => resolve(onError(error, event))).catch((failure: unknown) => {
    warn(error, key)
    warn(failure, key)
  })
}
