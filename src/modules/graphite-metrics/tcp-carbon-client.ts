import { connect, type Socket } from 'node:net'
import type { CarbonClient } from './carbon-client.js'
import { causeOf, type Reachability } from './reachability.js'
import type { ReportQueue } from './report-queue.js'

/** How long a connection may take, look-up included, and how long a peer may take nothing of a report. ms */
export interface CarbonTimeouts {
  readonly connectMs: number
  readonly stallMs: number
}

/**
 * Reports over one connection, one write each, in order. A lost connection is made again with the next report that is due. What was written since it was
 * last seen to stand goes out once more then: nobody can tell whether it got through, and Carbon keeps one value per path and time.
 */
export class TcpCarbonClient implements CarbonClient {
  private socket: Socket | null = null
  private isConnected = false
  private isWriting = false
  private isSettled = false
  private isClosing = false
  /** Written, and the connection hasn't been seen to stand since. At most what the queue has held. */
  private unsure: Buffer[] = []

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
    if (this.isConnected && !this.isWriting) this.stand()
    if (this.socket === null) this.connect()
    else this.pump(this.socket)
  }

  settle(): void {
    this.isSettled = true
    if (!this.isConnected) this.socket?.destroy()
  }

  close(boundMs: number): Promise<void> {
    this.isSettled = true
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
    if (this.isSettled || !this.reachability.isDue(performance.now())) return
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
    // Carbon says nothing; without reading, its end would go unnoticed.
    socket.resume()
  }

  private pump(socket: Socket): void {
    if (!this.isConnected || this.isWriting) return
    const report = this.queue.shift()
    if (report === undefined) {
      if (this.isClosing) socket.destroySoon()
      return
    }
    this.unsure.push(report)
    this.isWriting = true
    socket.setTimeout(this.timeouts.stallMs)
    socket.write(report, (error) => {
      if (error) return
      this.isWriting = false
      socket.setTimeout(0)
      this.pump(socket)
    })
  }

  /** A period after the last report went out. */
  private stand(): void {
    this.unsure = []
    this.reachability.stands()
  }

  private lose(cause: string): void {
    this.socket = null
    this.isConnected = false
    this.isWriting = false
    this.queue.putBack(this.unsure)
    this.unsure = []
    if (!this.isSettled) this.reachability.failed(cause, performance.now())
  }
}
