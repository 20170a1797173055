import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallbackHandler, CallbackHandling } from '../handle-callback'
import { rawBodyOf } from './raw-body'

/** A request of Express, Connect or Node itself, and what parsers leave on it. */
export interface ExpressRequest extends IncomingMessage {
  readonly body?: unknown
  readonly rawBody?: unknown
}

const REMEDY =
  'mount this route before app.use(express.json()), or keep them: express.json({ verify: keepRawBody }), from wechatpay-chain/express'

/**
 * A route of Express that receives callbacks. It does for Connect and for `http.createServer` as well.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example app.post('/notify', wechatpay(notifications, async (event) => { … }))
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return async (request: ExpressRequest, response: ServerResponse): Promise<void> => {
    const rawBody = rawBodyOf(request, [request.rawBody, request.body], REMEDY)
    const { status, headers, body } = await notifications.handle(rawBody, request.headers, handler)
    response.writeHead(status, headers).end(body)
  }
}

/**
 * For a parser that comes before the route: keeps the bytes as `request.rawBody`.
 * @example app.use(express.json({ verify: keepRawBody }))
 */
export function keepRawBody(request: IncomingMessage, _response: unknown, body: Uint8Array): void {
  Object.assign(request, { rawBody: body })
}
