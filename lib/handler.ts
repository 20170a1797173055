import type { Dispatcher } from 'undici'

export type Handler = Dispatcher.DispatchHandler
export type Controller = Dispatcher.DispatchController
export type Dispatch = Dispatcher.Dispatch
export type Interceptor = Dispatcher.DispatcherComposeInterceptor
export type ResponseHeaders = Parameters<NonNullable<Handler['onResponseStart']>>[2]

/** The key under which the verifier tells the client what it found out, beside the answer itself. */
export const VERDICT = Symbol('verdict')
export interface Verdict {
  verified: boolean
  /** The answer, where verifying it meant reading it. */
  data?: unknown
}

/** The key under which the client takes a listener for the moment it gives a call up. */
export const ABANDONED = Symbol('abandoned')
/** The key under which the client says how a call is called in messages. */
export const LABEL = Symbol('label')

/** The keys under which the client gives the APIv2 signer what is not in a request's bytes. */
export const FIELDS = Symbol('fields')
export const NONCELESS = Symbol('nonceless')
/** The key under which the APIv2 signer tells the verifier which algorithm was asked for. */
export const SIGN_TYPE = Symbol('sign type')

export type Options = Dispatcher.DispatchOptions & {
  readonly [VERDICT]?: Verdict
  readonly [LABEL]?: string
  readonly [ABANDONED]?: (listener: () => void) => void
  readonly [FIELDS]?: unknown
  readonly [NONCELESS]?: boolean
  readonly [SIGN_TYPE]?: string
}

/** Passes everything on: what an interceptor extends to listen to one thing. */
export class PassingHandler implements Handler {
  protected readonly next: Handler

  constructor(next: Handler) {
    this.next = next
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.next.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.next.onRequestUpgrade?.(...args)
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    this.next.onResponseStart?.(controller, status, headers, message)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.next.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    this.next.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Controller, error: Error): void {
    this.next.onResponseError?.(controller, error)
  }
}

/**
 * A controller for what happens outside a connection: before the request has one, and after the answer was taken off
 * it, when the connection may already serve someone else.
 */
export class DetachedController implements Controller {
  reason: Error | null = null
  paused = false

  get aborted(): boolean {
    return this.reason !== null
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  abort(reason: Error): void {
    this.reason ??= reason
  }
}
