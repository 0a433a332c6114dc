import type { Socket } from 'node:net'
import type { SocketHandle } from '../../common/socket-handle.js'
import type { NativeCalls } from './native-calls.js'
import type { WriteOutcome } from './outlet.js'
import { SocketOutlet } from './socket-outlet.js'

/**
 * An outlet that calls send(2) on the socket's descriptor while nothing is queued in Node for it; what the kernel doesn't take goes the usual way.
 * A descriptor's number is given to another connection as soon as this one is closed, so it is used only while the handle it was read from is live.
 */
export class NativeOutlet extends SocketOutlet {
  private constructor(
    socket: Socket,
    private readonly calls: NativeCalls,
    private readonly handle: SocketHandle,
    private readonly descriptor: number,
  ) {
    super(socket)
  }

  /** Falls back to Node's way for a socket without a descriptor (TLS, a pipe, one that is closed already). */
  static over(socket: Socket, calls: NativeCalls, notsentLowatBytes: number): SocketOutlet {
    const handle = socket._handle
    if (!handle || !(handle.fd >= 0)) return new SocketOutlet(socket)
    calls.limitUnsent(handle.fd, notsentLowatBytes)
    return new NativeOutlet(socket, calls, handle, handle.fd)
  }

  override write(bytes: Buffer): WriteOutcome {
    const { socket } = this
    if (socket._handle !== this.handle) return 'broken'
    if (socket.writableLength > 0) return super.write(bytes)
    const sent = this.calls.send(this.descriptor, bytes)
    if (sent === bytes.length) return 'sent'
    return sent === -1 ? 'broken' : super.write(bytes.subarray(sent))
  }
}
