import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '../servers/free-port.js'
import { type Link, ProxyPipe } from './proxy-pipe.js'

interface Pair {
  readonly sockets: readonly Socket[]
  readonly pipes: readonly ProxyPipe[]
  /** True when one side was refused or reset. */
  broken: boolean
}

/** A TCP link on loopback that can be made late, narrow, half-open or broken; the settings hold for open and new connections alike. */
export class TcpProxy implements Link {
  readonly port: number
  /** Delay of each direction, milliseconds. */
  latencyMs = 0
  /** Bound of each direction of each connection, bytes per second, above 0. */
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** Bound of a TCP segment, bytes. */
  pieceBytes = Number.POSITIVE_INFINITY
  /** True accepts new connections and never answers on them. */
  refuse = false
  readonly #server: Server
  #target: { readonly port: number; readonly host: string }
  readonly #pairs = new Set<Pair>()
  #frozen = false

  private constructor(port: number, targetPort: number, targetHost: string) {
    this.port = port
    this.#target = { port: targetPort, host: targetHost }
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => this.#accept(client))
  }

  /** Listens on a free port and forwards to the target, which need not be there yet. */
  static async start(targetPort: number, targetHost = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), targetPort, targetHost)
    proxy.#server.listen(proxy.port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get frozen(): boolean {
    return this.#frozen
  }

  /** Open connections. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Sends new connections to another port, as a load balancer does when a node goes; open ones stay where they are. */
  retarget(port: number): void {
    this.#target = { ...this.#target, port }
  }

  /** Stops forwarding in both directions without closing anything: a half-open link. */
  freeze(): void {
    this.#frozen = true
    for (const pair of this.#pairs) this.#pump(pair)
  }

  /** Forwards again, beginning with the bytes that were held back. */
  thaw(): void {
    this.#frozen = false
    for (const pair of this.#pairs) this.#pump(pair)
  }

  /** Breaks all connections, on both sides, with a RST. */
  resetAll(): void {
    for (const { sockets } of this.#pairs) for (const socket of sockets) socket.resetAndDestroy()
  }

  /** Closes the listener and all connections. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const { sockets } of this.#pairs) for (const socket of sockets) socket.destroy()
    await closed
  }

  #accept(client: Socket): void {
    if (this.refuse) {
      this.#watch({ sockets: [client], pipes: [], broken: false })
      client.resume().once('end', () => client.end())
      return
    }
    const upstream = createConnection({ ...this.#target, allowHalfOpen: true, noDelay: true })
    const pipes = [new ProxyPipe(client, upstream, this), new ProxyPipe(upstream, client, this)]
    this.#watch({ sockets: [client, upstream], pipes, broken: false })
  }

  #watch(pair: Pair): void {
    this.#pairs.add(pair)
    for (const socket of pair.sockets) {
      socket.on('error', () => undefined)
      socket.once('close', (failed) => {
        if (failed) pair.broken = true
        this.#pump(pair)
        if (pair.sockets.every(({ destroyed }) => destroyed)) this.#pairs.delete(pair)
      })
    }
    this.#pump(pair)
  }

  #pump({ sockets, pipes, broken }: Pair): void {
    for (const pipe of pipes) pipe.pump()
    // An orderly end travels through the pipes; a broken one must not be seen through a frozen link either.
    if (broken && !this.#frozen) for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy()
  }
}
