import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { type CarbonClient, causeOf, type Reachability, type ReportQueue } from './carbon-client.js'

/** Fits the smallest usual packet of the internet, headers included. */
const DATAGRAM_MAX_BYTES = 1400
/** Names are resolved again after this time, because the address may change. */
const LOOKUP_MS = 300_000
const NEWLINE = 0x0a

/**
 * Sends reports over UDP, in datagrams cut at line ends. The socket is connected, so that the kernel reports a peer that refuses. Reports
 * sent to such a peer are lost; only reports without an address to go to wait in the queue.
 */
export class UdpCarbonClient implements CarbonClient {
  private socket: Socket | null = null
  private lookedUpAtMs = Number.NEGATIVE_INFINITY
  private isConnected = false
  private isLookingUp = false
  private mayConnect = true
  private sending = 0
  private onIdle: (() => void) | null = null

  constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private readonly queue: ReportQueue,
    private readonly reachability: Reachability,
  ) {}

  get dropped(): number {
    return this.queue.dropped
  }

  send(report: string): void {
    this.queue.push(Buffer.from(report))
    if (this.socket !== null && this.isConnected) {
      this.reachability.confirmed()
      this.flush(this.socket)
    }
    if (this.socket === null || performance.now() - this.lookedUpAtMs > LOOKUP_MS) this.open()
  }

  stopConnecting(): void {
    this.mayConnect = false
  }

  async close(boundMs: number): Promise<void> {
    this.mayConnect = false
    if (this.sending > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, boundMs)
        this.onIdle = () => {
          clearTimeout(late)
          resolve()
        }
      })
    }
    this.drop()
  }

  private open(): void {
    if (this.isLookingUp || !this.mayConnect || !this.reachability.isDue(performance.now())) return
    this.isLookingUp = true
    lookup(this.target.host, (error, address, family) => {
      this.isLookingUp = false
      if (!this.mayConnect) return
      if (error) return this.reachability.failed(causeOf(error), performance.now())
      this.lookedUpAtMs = performance.now()
      this.use(createSocket(family === 6 ? 'udp6' : 'udp4'), address)
    })
  }

  private use(socket: Socket, address: string): void {
    this.socket?.close()
    this.socket = socket
    socket.on('error', (error) => this.lose(socket, error))
    socket.on('connect', () => {
      if (this.socket !== socket) return
      this.isConnected = true
      this.flush(socket)
    })
    this.isConnected = false
    socket.connect(this.target.port, address)
  }

  private flush(socket: Socket): void {
    for (let report = this.queue.shift(); report !== undefined; report = this.queue.shift()) {
      for (const datagram of datagrams(report, DATAGRAM_MAX_BYTES)) {
        this.sending++
        socket.send(datagram, (error) => {
          if (error) this.lose(socket, error)
          if (--this.sending === 0) this.onIdle?.()
        })
      }
    }
  }

  /** Counts one failure, however many datagrams of a report have failed. */
  private lose(socket: Socket, error: Error): void {
    if (this.socket !== socket) return
    this.drop()
    this.reachability.failed(causeOf(error), performance.now())
  }

  private drop(): void {
    this.socket?.close()
    this.socket = null
    this.isConnected = false
  }
}

/** Cuts a report at line ends into parts of at most `maxBytes`. A longer line becomes a part of its own. */
export function* datagrams(report: Buffer, maxBytes: number): Generator<Buffer, void> {
  for (let start = 0; start < report.length; ) {
    let end = report.length
    if (end - start > maxBytes) {
      end = report.lastIndexOf(NEWLINE, start + maxBytes - 1) + 1
      if (end <= start) end = report.indexOf(NEWLINE, start) + 1 || report.length
    }
    yield report.subarray(start, end)
    start = end
  }
}
