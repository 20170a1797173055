import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { CallbackHandler, CallbackHandling } from '../handle-callback'
import { streamed } from './raw-body'

/** As much of Fastify's instance, request and reply as is needed. */
export interface FastifyScope {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    type: string,
    parser: (request: unknown, body: IncomingMessage) => Promise<unknown>,
  ): unknown
  post(url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

export interface FastifyRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface FastifyReply {
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
  send(body: string): unknown
}

/**
 * A plugin of Fastify that receives callbacks at `url`. Inside it bodies stay streams; all other routes keep their parsers.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example app.register(wechatpay(notifications, async (event) => { … }), { url: '/notify' })
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return async (scope: FastifyScope, { url }: { readonly url: string }): Promise<void> => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', async (_, body) => body)
    scope.post(url, async (request, reply) => {
      const rawBody = streamed(request.body as IncomingMessage | undefined)
      const { status, headers, body } = await notifications.handle(rawBody, request.headers, handler)
      reply.code(status)
      reply.headers({ ...headers })
      return reply.send(body)
    })
  }
}
