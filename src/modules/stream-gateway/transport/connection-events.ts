import type { Socket } from 'node:net'
import type { SocketOutlet } from './socket-outlet.js'

const CR = 0x0d
const LF = 0x0a

/** Codes of the errors by which Node reports a connection that the client itself has ended. */
const CLIENT_ENDINGS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** The outlet of a socket is a property of the socket: a map of all of them would cost the garbage collector more. */
const OUTLET = Symbol('outlet')

declare module 'node:net' {
  interface Socket {
    [OUTLET]?: SocketOutlet
  }
}

/** Undefined for a connection that carries no stream. */
export const outletOf = (socket: Socket): SocketOutlet | undefined => socket[OUTLET]

/** Ties a socket to its outlet. The bytes and the end of the client stay with Node's HTTP server. */
export function tie(socket: Socket, outlet: SocketOutlet): void {
  socket[OUTLET] = outlet
}

/** Ties a socket to its outlet, and the events of the socket as well. The same functions serve all sockets, so that a stream has no closures of its own. */
export function listen(socket: Socket, outlet: SocketOutlet): void {
  tie(socket, outlet)
  // A half-closed connection is a client that has left.
  socket.on('error', onError).on('close', onClose).on('end', onClose).on('data', onData)
}

function onClose(this: Socket): void {
  outletOf(this)?.close('client')
}

function onError(this: Socket, error: NodeJS.ErrnoException): void {
  outletOf(this)?.close(CLIENT_ENDINGS.has(error.code ?? '') ? 'client' : 'error')
}

function onData(this: Socket, bytes: Buffer): void {
  // Empty lines are tolerated after a request (RFC 9112 section 2.2). Anything else asks for an answer, for which a stream has no place.
  if (!bytes.every((byte) => byte === CR || byte === LF)) outletOf(this)?.close('error')
}
