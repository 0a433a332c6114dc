import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { detachFromHttp } from '../../../common/platform/node-internals.js'
import { outletOf } from './socket-outlet.js'

/**
 * The idle time after which TCP asks the client's kernel for a sign of life. Where heartbeats come more often no connection is ever idle
 * for so long, and the system calls of `setKeepAlive` would change nothing.
 */
export const KEEP_ALIVE_MS = 30_000

/** The last request of a connection is a property of its socket: a map of all of them would cost the garbage collector more. */
const LATEST = Symbol('latest request')

declare module 'node:net' {
  interface Socket {
    [LATEST]?: IncomingMessage | undefined
  }
}

/** Notes every request, so that `claim` can tell whether another one came behind it. */
export function noteRequest(request: IncomingMessage): void {
  request.socket[LATEST] = request
}

/**
 * The connection of a request that can carry a stream, or null: it is gone, or the request was pipelined in front of or behind another one.
 * To be called from the event loop, never from within the parser.
 */
export function claim(request: IncomingMessage, response: ServerResponse): Socket | null {
  const { socket } = response
  if (socket === null || socket.destroyed || socket[LATEST] !== request) return null
  return socket
}

/** The most bytes of a body that `ignoreBody` reads. */
export const MAX_BODY_BYTES = 65_536

/** `gone`: the connection broke, or Node ended it, before the body was whole. */
export type BodyEnd = 'whole' | 'too-large' | 'gone'

/** True where the headers of a request announce a body, which may be empty (RFC 9112, section 6.3). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * Reads the body of a request to its end and ignores it. Proxies send a GET with the end of an empty body in a later packet, and Node
 * stops reading from a connection whose body nobody reads.
 */
export function ignoreBody(request: IncomingMessage): Promise<BodyEnd> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    let bytes = 0
    request.on('data', ({ length }: Buffer) => {
      bytes += length
      if (bytes <= MAX_BODY_BYTES) return
      request.pause()
      resolve('too-large')
    })
    request.once('end', () => resolve('whole')).once('close', () => resolve('gone'))
  })
}

/**
 * Takes the connection of a request away from Node's HTTP server, as an upgrade would: the response is detached, the parser is closed, and
 * bytes that the client sends from now on go to the caller's listeners, so that nothing can be answered into the stream. Nothing of the
 * request stays in memory.
 */
export function takeOver(socket: Socket, response: ServerResponse, hasKeepAlive: boolean): void {
  socket[LATEST] = undefined
  detachFromHttp(socket, response)
  if (socket.timeout) socket.setTimeout(0)
  if (hasKeepAlive) socket.setKeepAlive(true, KEEP_ALIVE_MS)
}

const CR = 0x0d
const LF = 0x0a

/** Codes of the errors by which Node reports a connection that the client itself has ended. */
const CLIENT_ENDINGS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** Connects the outlet of a socket to its events. The same functions serve all sockets, so that a stream has no closures of its own. */
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
