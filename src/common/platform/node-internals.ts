/**
 * Node's private handle of a connection: it has the file descriptor, for direct system calls, and a way to really stop reading
 * (`socket.pause()` goes on reading into a buffer). Tests check its behaviour on every supported version of Node.
 */
export interface SocketHandle {
  /** -1 if there is none. */
  readonly fd: number
  readStart(): number
  readStop(): number
}

declare module 'node:net' {
  interface Socket {
    /** Null once the socket is destroyed, before it emits `close`. */
    readonly _handle?: SocketHandle | null
  }
}
