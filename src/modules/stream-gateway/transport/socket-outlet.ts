import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { AppError } from '../../../common/platform/errors.js'
import type { Outlet, OutletListener, StreamHeaders, WriteOutcome } from './outlet.js'

const NOTHING = Buffer.alloc(0)

/** The outlet of a socket is a property of the socket: a map of all of them would cost the garbage collector more. */
const OUTLET = Symbol('outlet')

declare module 'node:net' {
  interface Socket {
    [OUTLET]?: SocketOutlet
  }
}

/** Undefined for a connection that carries no stream. */
export const outletOf = (socket: Socket): SocketOutlet | undefined => socket[OUTLET]

/** The listener of an outlet that has no owner yet. */
const NO_OWNER: OutletListener = { onWritten() {}, onDrained() {}, onClosed() {} }

/** An outlet over a Node socket. */
export class SocketOutlet implements Outlet {
  listener = NO_OWNER
  readonly isFramedByNode: boolean = false
  /**
   * A part of a write waits in Node's queue. The flag is here because a look into thousands of sockets per round costs as much as the
   * rest of the round.
   */
  protected isStalled = false
  /** The owner has been notified of the stall. Bytes that it posts before that go behind the ones that wait. */
  private isStallKnown = false
  private isOver = false

  constructor(protected readonly socket: Socket) {
    socket[OUTLET] = this
  }

  get queuedBytes(): number {
    return this.socket.writableLength
  }

  /** Node does not say. */
  get isSilent(): boolean {
    return false
  }

  write(bytes: Buffer): WriteOutcome {
    this.assertDrained()
    const outcome = this.writeNow(bytes)
    if (outcome === 'queued') this.isStallKnown = true
    return outcome
  }

  post(bytes: Buffer): void {
    this.report(this.write(bytes))
  }

  end(bytes: Buffer): void {
    this.isOver = true
    this.finish(bytes)
    // A client that doesn't read would hold the socket without limit; one that does has all bytes in its kernel already.
    if (this.socket.writableLength > 0) this.socket.destroy()
    else this.socket.destroySoon()
  }

  destroy(): void {
    this.isOver = true
    this.socket.destroy()
  }

  /** To be called when the connection has closed or failed, or its client has sent bytes that a stream can't answer. */
  close(reason: 'client' | 'error'): void {
    if (this.isOver) return
    this.isOver = true
    this.listener.onClosed(reason)
  }

  /** Reports the outcome of a post to the owner. */
  report(outcome: WriteOutcome): void {
    if (outcome === 'sent' || this.isOver) return
    if (outcome === 'queued') this.isStallKnown = true
    this.listener.onWritten(outcome)
  }

  /** Writes behind all that waits in Node's queue. */
  protected writeNow(bytes: Buffer): WriteOutcome {
    const { socket } = this
    if (socket.destroyed) return 'broken'
    this.hand(bytes)
    // Not the result of `socket.write`, which compares with the high-water mark: the question is whether any byte waits.
    if (socket.writableLength === 0) return 'sent'
    this.isStalled = true
    // 'drain' is not emitted for a queue that stayed below the high-water mark; an empty write at its end calls back in any case.
    socket.write(NOTHING, (error) => this.onFlushed(error))
    return 'queued'
  }

  /** Hands bytes to Node. */
  protected hand(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Hands the last bytes to Node. */
  protected finish(bytes: Buffer): void {
    this.socket.end(bytes)
  }

  protected assertDrained(): void {
    if (!this.isStallKnown) return
    throw new AppError('ERR_OUTLET_NOT_DRAINED', 'a stream wrote to an outlet before it was drained: wait for onDrained')
  }

  /** A write has ended. Another one may be behind it, of which the callback comes later. */
  protected onFlushed(error?: Error | null): void {
    if (error || !this.isStalled || this.socket.writableLength > 0 || this.socket.destroyed) return
    this.isStalled = false
    this.isStallKnown = false
    this.listener.onDrained()
  }
}

/** The fall-back: an outlet over a ServerResponse, which stays with Node's HTTP server. Node writes the head and the chunk framing. */
export class ResponseOutlet extends SocketOutlet {
  override readonly isFramedByNode = true

  constructor(
    socket: Socket,
    private readonly response: ServerResponse,
    headers: StreamHeaders,
  ) {
    super(socket)
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
    response.writeHead(200)
    // Node tells a response that its client has left; the socket's own events stay with Node's HTTP server.
    response.once('close', () => this.close('client'))
  }

  protected override hand(bytes: Buffer): void {
    this.response.write(bytes)
    this.uncork()
  }

  protected override finish(bytes: Buffer): void {
    this.response.end(bytes)
    this.uncork()
  }

  /** Node holds the pieces of a chunk back until the turn of the event loop ends, but the outcome of the write is needed now. */
  private uncork(): void {
    while (this.socket.writableCorked > 0) this.socket.uncork()
  }
}
