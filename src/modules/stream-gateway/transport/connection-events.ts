import type { Socket } from 'node:net'
import { outletOf } from './socket-outlet.js'

const CR = 0x0d
const LF = 0x0a

/** Codes of the errors by which Node reports a connection that the client itself has ended. */
const CLIENT_ENDINGS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** Lets the outlet of a socket hear its events. The same functions serve all sockets, so that a stream has no closures of its own. */
export function listen(socket: Socket): void {
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
