import type { IncomingMessage } from 'node:http'
import type { CallbackHandler, CallbackHandling } from '../handle-callback'
import { rawBodyOf } from './raw-body'

/** As much of Koa's context as is needed. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly request: object
  status: number
  body: unknown
  set(headers: Record<string, string>): unknown
}

const REMEDY =
  'mount this route before the parser, or take koa-bodyparser, which keeps them as ctx.request.rawBody'

/**
 * A middleware or route of Koa that receives callbacks.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example router.post('/notify', wechatpay(notifications, async (event) => { … }))
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return async (context: KoaContext): Promise<void> => {
    const { rawBody, body: parsed } = context.request as { rawBody?: unknown; body?: unknown }
    const bytes = rawBodyOf(context.req, [rawBody, parsed], REMEDY)
    const { status, headers, body } = await notifications.handle(bytes, context.req.headers, handler)
    context.status = status
    context.set({ ...headers })
    context.body = body
  }
}
