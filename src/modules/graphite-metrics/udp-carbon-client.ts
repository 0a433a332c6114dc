import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import type { CarbonClient } from './carbon-client.js'
import { datagrams } from './plaintext.js'
import { causeOf, type Reachability } from './reachability.js'
import type { ReportQueue } from './report-queue.js'

/** Fits the smallest usual packet of the internet, headers included. */
const DATAGRAM_MAX_BYTES = 1400
/** An address may change behind its name. */
const LOOKUP_MS = 300_000

/**
 * Reports over UDP, in datagrams cut at line ends. The socket is a connected one, so that the kernel tells of a peer that refuses; what was sent to that
 * one is lost. Only what could not be sent yet, for want of an address, waits.
 */
export class UdpCarbonClient implements CarbonClient {
  private socket: Socket | null = null
  private lookedUpAtMs = Number.NEGATIVE_INFINITY
  private isConnected = false
  private isLookingUp = false
  private isSettled = false
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
      this.reachability.stands()
      this.flush(this.socket)
    }
    if (this.socket === null || performance.now() - this.lookedUpAtMs > LOOKUP_MS) this.open()
  }

  settle(): void {
    this.isSettled = true
  }

  async close(boundMs: number): Promise<void> {
    this.isSettled = true
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
    if (this.isLookingUp || this.isSettled || !this.reachability.isDue(performance.now())) return
    this.isLookingUp = true
    lookup(this.target.host, (error, address, family) => {
      this.isLookingUp = false
      if (this.isSettled) return
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

  /** One failure, however many of its datagrams have failed. */
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
