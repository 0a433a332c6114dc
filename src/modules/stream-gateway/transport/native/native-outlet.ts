import type { Socket } from 'node:net'
import { descriptorOf, destroyAfter } from '../../../../common/platform/node-internals.js'
import type { WriteOutcome } from '../outlet.js'
import { outletOf, SocketOutlet } from '../socket-outlet.js'
import type { NativeCalls } from './native-calls.js'
import type { BatchTarget, WriteBatch } from './write-batch.js'

/** The `_destroy` of all sockets that have such an outlet. */
const destroyAndAbandon = destroyAfter((socket) => {
  const outlet = outletOf(socket)
  if (outlet instanceof NativeOutlet) outlet.abandon()
})

/**
 * An outlet that writes to the socket's descriptor, by send(2) or in a batch, while nothing is queued in Node for it. The rest of a write
 * that the kernel took in part goes to Node, whose callback for that write reports that the outlet is drained.
 */
export class NativeOutlet extends SocketOutlet implements BatchTarget {
  private isAbandoned = false
  /** The round of the batch that the last post went into. */
  private postedIn = -1

  private constructor(
    socket: Socket,
    private readonly calls: NativeCalls,
    private readonly batch: WriteBatch | null,
    private readonly ackTimeoutMs: number,
    readonly descriptor: number,
  ) {
    super(socket)
    socket._destroy = destroyAndAbandon
  }

  /**
   * Falls back to Node's writer for a socket without a descriptor: TLS, a pipe, one that is closed already.
   * @param ackTimeoutMs the TCP_USER_TIMEOUT that the connection has
   */
  static over(socket: Socket, calls: NativeCalls, batch: WriteBatch | null, ackTimeoutMs: number): SocketOutlet {
    const descriptor = descriptorOf(socket)
    return descriptor < 0 ? new SocketOutlet(socket) : new NativeOutlet(socket, calls, batch, ackTimeoutMs, descriptor)
  }

  /** Replaces the timeout of the kernel, which is off while the outlet is stalled. */
  override get isSilent(): boolean {
    const { ackTimeoutMs } = this
    return ackTimeoutMs > 0 && this.isStalled && !this.isAbandoned && this.calls.isSilent(this.descriptor, ackTimeoutMs)
  }

  /** The socket is being destroyed: its descriptor may be that of another connection from now on. */
  abandon(): void {
    this.batch?.commit()
    this.isAbandoned = true
  }

  override post(bytes: Buffer): void {
    this.assertDrained()
    const { batch } = this
    // Of two posts in one batch the kernel could refuse the first and take the second.
    if (batch !== null && this.postedIn === batch.round) batch.commit()
    if (batch?.isOpen && !this.isStalled && !this.isAbandoned) {
      batch.add(this, bytes)
      this.postedIn = batch.round
    } else this.report(this.retry(bytes))
  }

  override end(bytes: Buffer): void {
    this.batch?.commit()
    super.end(bytes)
  }

  resume(bytes: Buffer, taken: number): WriteOutcome {
    return this.enqueue(bytes.subarray(taken))
  }

  retry(bytes: Buffer): WriteOutcome {
    if (this.isAbandoned) return 'broken'
    if (this.isStalled) return this.enqueue(bytes)
    const taken = this.calls.send(this.descriptor, bytes)
    if (taken === bytes.length) return 'sent'
    return taken === -1 ? 'broken' : this.resume(bytes, taken)
  }

  protected override writeNow(bytes: Buffer): WriteOutcome {
    this.batch?.commit()
    return this.retry(bytes)
  }

  protected override onFlushed(error?: Error | null): void {
    const wasStalled = this.isStalled
    super.onFlushed(error)
    if (wasStalled && !this.isStalled && !this.isAbandoned) this.setAckTimeout(this.ackTimeoutMs)
  }

  private enqueue(bytes: Buffer): WriteOutcome {
    const { socket } = this
    if (socket.destroyed) return 'broken'
    socket.write(bytes, (error) => this.onFlushed(error))
    if (socket.writableLength === 0) return 'sent'
    this.isStalled = true
    // The timeout would also end a client that only does not read, which other bounds allow to be behind for longer.
    this.setAckTimeout(0)
    return 'queued'
  }

  private setAckTimeout(ms: number): void {
    if (this.ackTimeoutMs > 0) this.calls.setAckTimeout(this.descriptor, ms)
  }
}
