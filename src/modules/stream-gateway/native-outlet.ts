import { Socket } from 'node:net'
import type { Batched, NativeBatch } from './native-batch.js'
import type { NativeCalls } from './native-calls.js'
import type { Poster, WriteOutcome } from './outlet.js'
import { SocketOutlet } from './socket-outlet.js'

/** Whom to tell when a socket is destroyed. */
const outlets = new WeakMap<Socket, NativeOutlet>()

/** Runs as the socket's own `_destroy`, which closes the descriptor: `close` is emitted later, when the number may be another connection's already. */
function destroyAndTell(this: Socket, error: Error | null, callback: (error?: Error | null) => void): void {
  outlets.get(this)?.abandon()
  Socket.prototype._destroy.call(this, error, callback)
}

/**
 * An outlet that writes to the socket's descriptor, by send(2) or in a batch, while nothing is queued in Node for it; what the kernel doesn't take goes
 * the usual way. What a write needs to know stands in the outlet itself: a look into the socket for each of thousands costs as much as the rest.
 */
export class NativeOutlet extends SocketOutlet implements Batched {
  private isAbandoned = false
  /** A part waits in Node's queue, and what comes now has to go behind it. */
  private isBehind = false
  /** The round of the batch that the last post went into. */
  private postedIn = -1

  private constructor(
    socket: Socket,
    private readonly calls: NativeCalls,
    private readonly batch: NativeBatch | null,
    readonly descriptor: number,
  ) {
    super(socket)
    outlets.set(socket, this)
    socket._destroy = destroyAndTell
  }

  /** Falls back to Node's way for a socket without a descriptor (TLS, a pipe, one that is closed already). */
  static over(socket: Socket, calls: NativeCalls, batch: NativeBatch | null, notsentLowatBytes: number): SocketOutlet {
    const descriptor = socket._handle?.fd ?? -1
    if (descriptor < 0) return new SocketOutlet(socket)
    calls.limitUnsent(descriptor, notsentLowatBytes)
    return new NativeOutlet(socket, calls, batch, descriptor)
  }

  /** The socket is being destroyed: its descriptor is not ours any more. */
  abandon(): void {
    this.batch?.commit()
    this.isAbandoned = true
  }

  override write(bytes: Buffer): WriteOutcome {
    this.batch?.commit()
    if (this.isAbandoned) return 'broken'
    if (this.isBehind && this.queuedBytes > 0) return super.write(bytes)
    this.isBehind = false
    return this.follow(bytes, this.calls.send(this.descriptor, bytes))
  }

  override post(bytes: Buffer, poster: Poster): void {
    const { batch } = this
    // Of two posts in one batch the kernel could refuse the first and take the second.
    if (this.postedIn === batch?.round) batch.commit()
    if (batch === null || this.isBehind || this.isAbandoned) super.post(bytes, poster)
    else {
      batch.add(this, bytes, poster)
      this.postedIn = batch.round
    }
  }

  override end(bytes: Buffer): void {
    this.batch?.commit()
    super.end(bytes)
  }

  /** Goes on after the kernel took so many of the bytes; -1 says that the connection is broken. */
  follow(bytes: Buffer, taken: number): WriteOutcome {
    if (taken === bytes.length) return 'sent'
    if (taken === -1) return 'broken'
    this.isBehind = true
    return super.write(bytes.subarray(taken))
  }
}
