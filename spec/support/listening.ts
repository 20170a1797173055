import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { Stage } from './adapter-suite'

/** A server of Node on a free loopback port. */
export async function listening(listener: RequestListener): Promise<Stage> {
  return staged(createServer(listener).listen(0, '127.0.0.1'))
}

/** One that was told to listen. */
export async function staged(server: Server): Promise<Stage> {
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What speaks fetch, behind a server of Node: the `Request` has the bytes of the wire, as a stream. */
export function listeningFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<Stage> {
  return listening(async (incoming, outgoing) => {
    const body = Readable.toWeb(incoming) as ReadableStream
    const headers = incoming.headers as Record<string, string>
    const { url = '/', method = 'POST' } = incoming
    const request = new Request(`http://127.0.0.1${url}`, { method, headers, body, duplex: 'half' })
    const response = await fetch(request)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
}
