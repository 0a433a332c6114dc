import { connect, type Socket } from 'node:net'
import { type CarbonClient, causeOf, type Reachability, type ReportQueue } from './carbon-client.js'

export interface CarbonTimeouts {
  /** The longest time for a connection, look-up included. */
  readonly connectMs: number
  /** The longest time in which the peer takes nothing of a report. */
  readonly stallMs: number
}

/**
 * Sends reports over one TCP connection, one write per report, in order. After a loss, the next report that is due opens a new connection.
 * Reports that were written but not confirmed are sent again: it is unknown whether they got through, and Carbon keeps one value per path
 * and time.
 */
export class TcpCarbonClient implements CarbonClient {
  private socket: Socket | null = null
  private isConnected = false
  private isWriting = false
  private mayConnect = true
  private isClosing = false
  /** Reports written since the connection was last known to be open. */
  private unconfirmed: Buffer[] = []

  constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private readonly queue: ReportQueue,
    private readonly reachability: Reachability,
    private readonly timeouts: CarbonTimeouts,
  ) {}

  get dropped(): number {
    return this.queue.dropped
  }

  send(report: string): void {
    this.queue.push(Buffer.from(report))
    if (this.isConnected && !this.isWriting) this.confirm()
    if (this.socket === null) this.connect()
    else this.pump(this.socket)
  }

  stopConnecting(): void {
    this.mayConnect = false
    if (!this.isConnected) this.socket?.destroy()
  }

  close(boundMs: number): Promise<void> {
    this.mayConnect = false
    this.isClosing = true
    const { socket } = this
    if (socket === null) return Promise.resolve()
    return new Promise((resolve) => {
      const late = setTimeout(() => socket.destroy(), boundMs)
      socket.once('close', () => {
        clearTimeout(late)
        resolve()
      })
      if (this.isConnected) this.pump(socket)
      else socket.destroy()
    })
  }

  private connect(): void {
    if (!this.mayConnect || !this.reachability.isDue(performance.now())) return
    const { host, port } = this.target
    const socket = connect({ host, port })
    let cause = 'closed'
    this.socket = socket
    socket.setTimeout(this.timeouts.connectMs)
    socket.on('timeout', () => {
      cause = this.isConnected ? 'stalled' : 'timeout'
      socket.destroy()
    })
    socket.on('error', (error) => {
      cause = causeOf(error)
    })
    socket.on('connect', () => {
      this.isConnected = true
      socket.setTimeout(0)
      this.pump(socket)
    })
    socket.on('close', () => this.lose(cause))
    // Carbon sends nothing, but the end of the connection is noticed only while the socket is read.
    socket.resume()
  }

  private pump(socket: Socket): void {
    if (!this.isConnected || this.isWriting) return
    const report = this.queue.shift()
    if (report === undefined) {
      if (this.isClosing) socket.destroySoon()
      return
    }
    this.unconfirmed.push(report)
    this.isWriting = true
    socket.setTimeout(this.timeouts.stallMs)
    socket.write(report, (error) => {
      if (error) return
      this.isWriting = false
      socket.setTimeout(0)
      this.pump(socket)
    })
  }

  /** Called a period after the last report went out, if the connection is still open. */
  private confirm(): void {
    this.unconfirmed = []
    this.reachability.confirmed()
  }

  private lose(cause: string): void {
    this.socket = null
    this.isConnected = false
    this.isWriting = false
    this.queue.putBack(this.unconfirmed)
    this.unconfirmed = []
    if (this.mayConnect) this.reachability.failed(cause, performance.now())
  }
}
