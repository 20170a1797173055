import type { CallbackHandler, CallbackHandling, RawBody } from '../handle-callback'
import { collect, eaten } from './raw-body'
import { respond } from './web'

/** As much of Hono's context as is needed. */
export interface HonoContext {
  readonly req: {
    readonly raw: Request
    readonly bodyCache: object
  }
}

const REMEDY = 'register this route before whatever takes c.req.formData() or reads c.req.raw'

/**
 * A route of Hono that receives callbacks.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example app.post('/notify', wechatpay(notifications, async (event) => { … }))
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return ({ req }: HonoContext): Promise<Response> => respond(notifications, rawBodyOf(req), req.raw, handler)
}

/** Not by `c.req.arrayBuffer()`: of a body that was read as JSON it makes another one. */
async function rawBodyOf({ raw, bodyCache }: HonoContext['req']): Promise<RawBody> {
  const { arrayBuffer, text } = bodyCache as {
    readonly arrayBuffer?: Promise<ArrayBuffer>
    readonly text?: Promise<string>
  }
  if (arrayBuffer) return new Uint8Array(await arrayBuffer)
  if (text) return text
  if (raw.bodyUsed) throw eaten(REMEDY)
  return collect(raw.body)
}
