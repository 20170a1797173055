import type { Dispatcher } from 'undici'

export type Handler = Dispatcher.DispatchHandler
export type Controller = Dispatcher.DispatchController
export type Dispatch = Dispatcher.Dispatch
export type Interceptor = Dispatcher.DispatcherComposeInterceptor
export type ResponseHeaders = Parameters<NonNullable<Handler['onResponseStart']>>[2]

/** What the verifier tells the client beside the answer itself. */
export interface Verdict {
  verified: boolean
  /** The answer, where verifying it meant reading it. */
  data?: unknown
}

/** What the client tells the interceptors of a call of its own: its headers are complete, its host is a trusted one. */
export interface CallContext {
  readonly verdict: Verdict
  /** How the call is called in messages. */
  readonly label: string
  /** What APIv2 signs, which is not in the request's bytes. */
  readonly fields: unknown
  readonly nonceless: boolean
  /** What the signer has signed: the lines before the body, and the body. */
  signed: { readonly head: string; readonly body: string | Buffer | null | undefined } | undefined
  /** What is to be given up with the call, before it has a connection. */
  sending: { abandon(): void } | undefined
}

/** The key of that. A request made with undici itself has none. */
export const CONTEXT = Symbol('context')
/** The key under which the APIv2 signer tells the verifier which algorithm was asked for. */
export const SIGN_TYPE = Symbol('sign type')

export type Options = Dispatcher.DispatchOptions & {
  readonly [CONTEXT]?: CallContext
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
