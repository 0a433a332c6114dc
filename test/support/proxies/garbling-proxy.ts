import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A link to a server on loopback that changes the answers of that server. */
export class GarblingProxy {
  /** Makes of each piece of an answer what the client gets. */
  garble: (bytes: Buffer) => Buffer = (bytes) => bytes
  /** How many connections there have been. */
  accepted = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(targetPort: number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      this.accepted++
      const upstream = createConnection({ port: targetPort, host: '127.0.0.1', noDelay: true })
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => undefined)
        from.once('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
      client.on('data', (bytes) => void upstream.write(bytes))
      upstream.on('data', (bytes: Buffer) => void client.write(this.garble(bytes)))
    })
  }

  static async start(targetPort: number): Promise<GarblingProxy> {
    const proxy = new GarblingProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  stop(): void {
    this.#server.close()
    this.cut()
  }
}
