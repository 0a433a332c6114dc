import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { StreamHeaders } from './outlet.js'
import { SocketOutlet } from './socket-outlet.js'

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

  /** Node holds the pieces of a chunk back until the turn of the event loop ends: whether the kernel takes them is wanted now. */
  private uncork(): void {
    while (this.socket.writableCorked > 0) this.socket.uncork()
  }
}
