import type { ConnectOpts, Socket } from 'node:net'
import { nowNs } from '../machine/time.js'
import { ChunkScanner } from './reading/chunk-scanner.js'
import { readerFor } from './reading/payload-readers.js'
import { SseScanner } from './reading/sse-scanner.js'
import { type Arrivals, StreamRecord } from './reading/stream-record.js'

const HEAD_END = '\r\n\r\n'
const MAX_HEAD = 4096
const GOOD_HEAD = /^HTTP\/1\.1 200 .*\r\ntransfer-encoding: chunked\r\n/is

export interface StreamClientHost {
  readonly port: number
  /** The clients count nothing of what they read. */
  readonly discards: boolean
  /** The read buffer of all sockets. A client scans its bytes before the next read. */
  readonly buffer: Buffer
  readonly arrivals: Arrivals
  connect(options: ConnectOpts): Socket
  /** The head of the answer has arrived. */
  opened(client: StreamClient): void
  /** The connection is gone; `isOpen` tells whether it was open before. */
  closed(client: StreamClient): void
}

/** In a path, the place of a name that is another one for each connection. */
const NEW_NAME = '#'
let names = 0

/** One stream over a plain socket. It has no parser and no object per read, so that thousands of clients fit into one process. */
export class StreamClient {
  readonly record: StreamRecord
  isOpen = false
  /** True stops the socket after each read, until `resume`. */
  isSipping = false
  private socket: Socket | undefined
  private head: string | null = ''
  private chunks: ChunkScanner

  constructor(
    readonly path: string,
    private readonly host: StreamClientHost,
  ) {
    this.record = new StreamRecord(host.arrivals)
    this.chunks = this.scanner()
  }

  dial(): void {
    this.head = ''
    this.chunks = this.scanner()
    const { port, buffer } = this.host
    const onread = { buffer, callback: (length: number) => this.take(length) }
    const socket = this.host.connect({ onread })
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('close', () => this.closed())
    const path = this.path.replace(NEW_NAME, () => `${process.pid}-${++names}`)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`)
  }

  /** Ends the connection. */
  hangUp(): void {
    this.socket?.destroy()
  }

  /** Stops reading: the bytes of the server stay in the kernel. */
  pause(): void {
    this.socket?.pause()
  }

  resume(): void {
    this.socket?.resume()
  }

  private scanner(): ChunkScanner {
    const events = new SseScanner(readerFor(this.path), this.record)
    return new ChunkScanner((bytes, from, to) => events.push(bytes, from, to))
  }

  private take(length: number): boolean {
    const { arrivals, buffer, discards } = this.host
    if (discards && this.head === null) return !this.isSipping
    arrivals.nowNs = nowNs()
    this.chunks.push(buffer, this.head === null ? 0 : this.takeHead(length), length)
    return !this.isSipping
  }

  /** Returns the place of the body in the buffer. */
  private takeHead(length: number): number {
    const before = this.head?.length ?? 0
    const head = this.head + this.host.buffer.toString('latin1', 0, length)
    const end = head.indexOf(HEAD_END)
    this.head = end === -1 ? head : null
    if (end === -1 ? head.length > MAX_HEAD : !GOOD_HEAD.test(head.slice(0, end + 2))) this.socket?.destroy()
    else if (end !== -1) {
      this.isOpen = true
      this.host.opened(this)
    }
    return end === -1 ? length : end + HEAD_END.length - before
  }

  private closed(): void {
    this.host.closed(this)
    this.isOpen = false
  }
}
