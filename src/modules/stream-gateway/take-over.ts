import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import '../../common/platform/node-internals.js'

/** What Node's HTTP server listens to on a connection; nothing else does yet. */
const HTTP_LISTENERS = ['data', 'end', 'drain', 'error', 'timeout', 'close']

/** The request that came last on each connection. */
const latest = new WeakMap<Socket, IncomingMessage>()

/** Notes every request, so that `takeOver` can tell whether another one came behind it. */
export function noteRequest(request: IncomingMessage): void {
  latest.set(request.socket, request)
}

/**
 * Takes the connection of a request away from Node's HTTP server, as an upgrade would: the response is detached, the parser is closed, and
 * what the client sends from now on goes to the caller's listeners, so that nothing can be answered into the stream. Nothing of the
 * request stays in memory. Returns null when the connection can't carry a stream: it is gone, or the request was pipelined in front of or
 * behind another one. To be called from the event loop, never from within the parser.
 */
export function takeOver(request: IncomingMessage, response: ServerResponse): Socket | null {
  const { socket } = response
  if (socket === null || socket.destroyed || latest.get(socket) !== request) return null
  latest.delete(socket)
  response.detachSocket(socket)
  for (const event of HTTP_LISTENERS) socket.removeAllListeners(event)
  closeParser(socket)
  socket.setTimeout(0)
  socket.setKeepAlive(true, 30_000)
  return socket
}

/** Gives reading back to the socket, and half of the memory of an open stream to the machine. */
function closeParser(socket: Socket): void {
  const { parser } = socket
  if (!parser) return
  socket.parser = null
  parser.unconsume()
  parser.remove()
  parser.close()
}
