import type { Socket } from 'node:net'
import type { Subscriber } from './subscriber.js'

const CR = 0x0d
const LF = 0x0a

/** What Node says of a connection that the client itself has ended. */
const CLIENT_ENDINGS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** Ties the events of a socket to its subscriber. One set of functions serves all sockets, so that a stream has no closures of its own. */
export class SocketListeners {
  private readonly subscribers = new WeakMap<Socket, Subscriber>()
  private readonly onClose: (this: Socket) => void
  private readonly onError: (this: Socket, error: NodeJS.ErrnoException) => void
  private readonly onData: (this: Socket, bytes: Buffer) => void

  constructor() {
    const { subscribers } = this
    this.onClose = function (this: Socket) {
      subscribers.get(this)?.close('client')
    }
    this.onError = function (this: Socket, error) {
      subscribers.get(this)?.close(CLIENT_ENDINGS.has(error.code ?? '') ? 'client' : 'error')
    }
    this.onData = function (this: Socket, bytes) {
      // Empty lines are tolerated after a request (RFC 9112 section 2.2). Anything else asks for an answer that a stream can't hold.
      if (!bytes.every((byte) => byte === CR || byte === LF)) subscribers.get(this)?.close('error')
    }
  }

  attach(socket: Socket, subscriber: Subscriber): void {
    this.subscribers.set(socket, subscriber)
    socket.on('error', this.onError)
    socket.on('close', this.onClose)
    // A half-closed connection is a client that has left.
    socket.on('end', this.onClose)
    socket.on('data', this.onData)
  }
}
