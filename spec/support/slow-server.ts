import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What came of a request's body. */
export interface Arrival {
  readonly length: number
  readonly sha256: string
  /** Did it come to its end? */
  readonly whole: boolean
}

/** Reads bodies without holding them, answers 404, and can be made to read as slowly as one likes. */
export class SlowServer {
  /** Milliseconds between two pieces. */
  delay = 0
  readonly #arrivals: Promise<Arrival>[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#arrivals.push(
        this.#read(request).finally(() => response.writeHead(404, { 'Content-Length': 0 }).end()),
      )
    })
  }

  static async start(): Promise<SlowServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new SlowServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** All since it was last asked, once they have ended. */
  arrivals(): Promise<Arrival[]> {
    return Promise.all(this.#arrivals.splice(0))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #read(request: IncomingMessage): Promise<Arrival> {
    const hash = createHash('sha256')
    let length = 0
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        hash.update(chunk)
        length += chunk.length
        if (this.delay > 0) await delay(this.delay)
      }
    } catch {
      // Cut off.
    }
    return { length, sha256: hash.digest('hex'), whole: request.complete }
  }
}
