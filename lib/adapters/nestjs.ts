import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { CallbackHandler, CallbackHandling } from '../handle-callback'
import { rawBodyOf } from './raw-body'

/** What `@Req()` gives: Express's request, or Fastify's around Node's. */
export interface NestRequest {
  readonly headers: IncomingHttpHeaders
  readonly body?: unknown
  readonly rawBody?: unknown
  readonly raw?: unknown
}

/** What `@Res()` gives. */
export interface NestResponse {
  status(status: number): unknown
  header(name: string, value: string): unknown
  send(body: string): unknown
}

const REMEDY = 'create the application with them, NestFactory.create(AppModule, { rawBody: true })'

/**
 * Receives callbacks in a controller of NestJS, on either of its platforms.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example
 * ```ts
 * @Controller()
 * class NotifyController {
 *   readonly #receive = wechatpay(notifications, async (event) => { … })
 *
 *   @Post('notify')
 *   notify(@Req() request: NestRequest, @Res() response: NestResponse) {
 *     return this.#receive(request, response)
 *   }
 * }
 * ```
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return async (request: NestRequest, response: NestResponse): Promise<void> => {
    const stream = (request.raw ?? request) as IncomingMessage
    const rawBody = rawBodyOf(stream, [request.rawBody, request.body], REMEDY)
    const { status, headers, body } = await notifications.handle(rawBody, request.headers, handler)
    response.status(status)
    for (const [name, value] of Object.entries(headers)) response.header(name, value)
    response.send(body)
  }
}
