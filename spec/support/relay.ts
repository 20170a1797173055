import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A host that can go dark: whatever it is sent goes on to another port, until it is killed. */
export class Relay {
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  /** One change after the other: a server that is closed before it listens would listen for ever. */
  #changed: Promise<void> = Promise.resolve()

  private constructor(target: number) {
    this.#target = target
  }

  static async to(url: string): Promise<Relay> {
    const relay = new Relay(Number(new URL(url).port))
    await relay.revive()
    return relay
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Breaks all connections; new ones are refused. */
  kill(): Promise<void> {
    return this.#then(() => this.#kill())
  }

  /** Listens again, on the same port. */
  revive(): Promise<void> {
    return this.#then(() => this.#revive())
  }

  #then(change: () => Promise<void>): Promise<void> {
    this.#changed = this.#changed.then(change)
    return this.#changed
  }

  async #kill(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    server.close()
    for (const socket of this.#sockets) {
      // Of one that is being shut down, a reset would never end, and neither would this process.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
    if (server.listening) await once(server, 'close')
  }

  async #revive(): Promise<void> {
    if (this.#server) return
    const server = createServer((incoming) => this.#join(incoming))
    this.#server = server
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
  }

  #join(incoming: Socket): void {
    const outgoing = connect(this.#target, '127.0.0.1')
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }
}
