import type { CallbackHandler, CallbackHandling, RawBody } from '../handle-callback'
import { collect, eaten } from './raw-body'

const REMEDY = 'take request.text() or request.json() only of a request.clone()'

/**
 * A function from the web's `Request` to its `Response` that receives callbacks: a route handler of Next.js, and whatever
 * else speaks fetch.
 * @param handler what it throws is answered as a failure, and the callback comes again
 * @example export const POST = wechatpay(notifications, async (event) => { … })
 */
export function wechatpay<E>(notifications: CallbackHandling<E>, handler: CallbackHandler<E>) {
  return (request: Request): Promise<Response> => respond(notifications, rawBodyOf(request), request, handler)
}

async function rawBodyOf(request: Request): Promise<RawBody> {
  if (request.bodyUsed) throw eaten(REMEDY)
  return collect(request.body)
}

/** Hands a callback on, and makes the answer a `Response`. */
export async function respond<E>(
  notifications: CallbackHandling<E>,
  rawBody: Promise<RawBody>,
  request: Request,
  handler: CallbackHandler<E>,
): Promise<Response> {
  const answer = await notifications.handle(rawBody, Object.fromEntries(request.headers), handler)
  // 204 has none, not even an empty one.
  return new Response(answer.body || null, { status: answer.status, headers: answer.headers })
}
