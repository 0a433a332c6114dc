import type { ChildProcess } from 'node:child_process'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type Server as NetServer, Socket } from 'node:net'
import { firstLine } from './errors.js'

/**
 * Every API of Node that the server relies on and that Node's documentation does not promise. All have the same shape in Node 20 to 24.
 *
 * | API | used for | without it |
 * | --- | --- | --- |
 * | `socket._handle.fd` | system calls on a connection (docs/decisions/0010) | Node's own writer |
 * | `server._handle.fd` | options of TCP that connections inherit (0024) | two more system calls for each connection |
 * | an own `socket._destroy` | the moment before the descriptor closes | Node's own writer |
 * | `socket._handle.readStart`, `readStop` | reading Redis in step with the flush (0012) | Redis is read at once |
 * | `socket.parser` and its three methods | taking a connection over (0011) | streams over `ServerResponse` |
 * | `response.detachSocket` | taking a connection over | streams over `ServerResponse` |
 * | the names in `HTTP_LISTENERS` | taking a connection over | streams over `ServerResponse` |
 * | `socket.parser.onIncoming` | closing a connection in the middle of a packet (0023) | the other requests in it are parsed in vain |
 * | `child.send` as the path of a connection to a worker | closing the copy that a dead worker never accepted (0014) | that client waits |
 */

/** Starts and stops reading from the kernel; after `socket.pause()` Node still reads into a buffer. */
export interface ReadSwitch {
  readStart(): number
  readStop(): number
}

/** Node's own handle of a connection. */
export interface SocketHandle extends ReadSwitch {
  /** -1 if there is none. */
  readonly fd: number
}

/** Node's HTTP parser of a connection (lib/_http_server.js). */
interface HttpParser {
  unconsume(): void
  remove(): void
  close(): void
  /** Called with each request whose headers are complete. The result 2 ends the parsing of a packet, as for an upgrade. */
  onIncoming: (...args: never[]) => number
}

declare module 'node:net' {
  interface Socket {
    /** Null as soon as the socket is destroyed, which is before `close` is emitted. */
    readonly _handle?: SocketHandle | null
    parser?: HttpParser | null
  }
  interface Server {
    /** Null for a server that does not listen; in a worker of node:cluster one without a descriptor. */
    readonly _handle?: { readonly fd?: number } | null
  }
}

/** The listeners that Node's HTTP server adds to each connection, and removes for an upgrade: event and name of the function. */
const HTTP_LISTENERS: readonly (readonly [event: string, name: string])[] = [
  ['data', 'bound socketOnData'],
  ['end', 'bound socketOnEnd'],
  ['close', 'bound socketOnClose'],
  ['drain', 'bound socketOnDrain'],
  ['error', 'socketOnError'],
  ['timeout', 'socketOnTimeout'],
]

const SKIP_PACKET = 2

/** A probe that takes longer than this has failed. A few milliseconds are usual. */
const PROBE_MS = 5000

/** The first missing API of each use, by name; null if all are there. */
export interface MissingInternals {
  readonly takeOver: string | null
  readonly nativeSend: string | null
}

/** The descriptor of a socket that is connected or listens, or -1: it is closed, TLS, another kind of stream, or with another process. */
export function descriptorOf(socket: Socket | NetServer): number {
  const fd = socket._handle?.fd
  return typeof fd === 'number' ? fd : -1
}

/** Null if the socket is closed, or has no such switch. */
export function readSwitchOf(socket: Socket): ReadSwitch | null {
  const handle = socket._handle
  return typeof handle?.readStart === 'function' && typeof handle.readStop === 'function' ? handle : null
}

/**
 * A `_destroy` for any number of sockets, which calls `hook` before Node closes the descriptor: `close` is emitted when its number may be
 * in use again.
 */
export function destroyAfter(hook: (socket: Socket) => void): Socket['_destroy'] {
  return function (this: Socket, error, callback) {
    hook(this)
    Socket.prototype._destroy.call(this, error, callback)
  }
}

/** Detaches Node's HTTP server from a connection: its response, its listeners and its parser. Other listeners stay. */
export function detachFromHttp(socket: Socket, response: ServerResponse): void {
  response.detachSocket(socket)
  for (const [event, name] of HTTP_LISTENERS) {
    const listeners = socket.listeners(event)
    const [only] = listeners
    if (listeners.length === 1 && only !== undefined && isNamed(only, name)) socket.removeAllListeners(event)
    else for (const listener of listeners) if (isNamed(listener, name)) socket.removeListener(event, listener)
  }
  const { parser } = socket
  if (!parser) return
  socket.parser = null
  // Gives reading back to the socket, takes the connection off the server's list, and frees half of the memory of an open stream.
  parser.unconsume()
  parser.remove()
  parser.close()
}

/** Closes a connection of Node's HTTP server. Of a packet that is being parsed, only one more request comes to its end. */
export function closeConnection(socket: Socket): void {
  if (socket.parser) socket.parser.onIncoming = () => SKIP_PACKET
  socket.destroy()
}

/** Calls `onHandle` with each handle that goes to a child process, a connection among them. */
export function observeHandles(child: ChildProcess, onHandle: (handle: unknown) => void): void {
  const { send } = child
  child.send = (...args: unknown[]): boolean => {
    if (args[1] !== undefined) onHandle(args[1])
    return Reflect.apply(send, child, args)
  }
}

/** Examines a connection of a temporary HTTP server on the loopback interface. */
export async function findMissingInternals(): Promise<MissingInternals> {
  const server = createServer()
  const client = new Socket()
  try {
    const response = await firstResponse(server, client)
    const { socket } = response
    if (socket === null) return { takeOver: 'response.socket', nativeSend: 'response.socket' }
    return missingInternals(socket, response)
  } catch (error) {
    const reason = `a request on the loopback interface: ${firstLine(error)}`
    return { takeOver: reason, nativeSend: reason }
  } finally {
    client.destroy()
    server.closeAllConnections()
    server.close()
  }
}

/** The response to a request that `client` sends to `server`, not yet answered. */
const firstResponse = (server: Server, client: Socket): Promise<ServerResponse> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).once('request', (_request, response) => resolve(response))
    client.on('error', reject).setTimeout(PROBE_MS, () => reject(new Error(`no answer within ${PROBE_MS} ms`)))
    // `exclusive`: a worker of node:cluster would ask the primary for the port.
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no address'))
      else client.connect(address.port, '127.0.0.1').write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    })
  })

/** Examines a connection in use. */
export const missingInternals = (socket: Socket, response: ServerResponse): MissingInternals => ({
  takeOver: missingForTakeOver(socket, response),
  nativeSend: missingForNativeSend(socket),
})

function missingForTakeOver(socket: Socket, response: ServerResponse): string | null {
  const { parser } = socket
  if (!parser) return 'socket.parser'
  for (const name of ['unconsume', 'remove', 'close'] as const) {
    if (typeof parser[name] !== 'function') return `socket.parser.${name}`
  }
  if (typeof response.detachSocket !== 'function') return 'response.detachSocket'
  for (const [event, name] of HTTP_LISTENERS) {
    if (!socket.listeners(event).some((listener) => isNamed(listener, name))) return `the listener '${name}' of '${event}'`
  }
  return null
}

function missingForNativeSend(socket: Socket): string | null {
  if (descriptorOf(socket) < 0) return 'socket._handle.fd'
  return typeof Socket.prototype._destroy === 'function' ? null : 'socket._destroy'
}

const isNamed = (listener: { readonly name: string }, name: string): listener is (...args: unknown[]) => void => listener.name === name
