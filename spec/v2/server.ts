import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Builder, type Config } from '../../lib/lite'
import { SECRET } from '../conformance/apiv2'
import { config, type Loopback } from '../conformance/platform'

/** The merchant of these specs: an APIv2 key beside what every client needs. */
export const v2Config = { ...config, secret: SECRET } as const
export const MCH_ID = config.mchid

/** A client whose requests all go to a loopback. */
export function instanceFor({ dispatcher }: Loopback, changes: Partial<Config> = {}) {
  return Builder.factory({ ...v2Config, dispatcher, ...changes })
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`was not refused: ${JSON.stringify(value)}`)
    },
    (reason: unknown) => reason,
  )
}

const closers: (() => unknown)[] = []
afterAll(async () => {
  await Promise.all(closers.map((close) => close()))
})

/** A server that answers as it likes, and a client for it with connections of its own. */
export async function serve(listener: RequestListener, changes: Partial<Config> = {}) {
  const server = createServer((request, response) => {
    // The answer may come first, but the request is always read.
    request.resume()
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base_uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const instance = Builder.factory({ ...v2Config, base_uri, ...changes })
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
    await Builder.driver(instance).close()
  })
  return { base_uri, instance }
}
