/**
 * Node's own handle of a connection, which no public interface shows: the descriptor of direct system calls, and the switch that really stops reading
 * (`socket.pause()` goes on reading into a buffer). The tests hold its ways on all versions of Node that we run on.
 */
export interface SocketHandle {
  /** -1 where there is none. */
  readonly fd: number
  readStart(): number
  readStop(): number
}

declare module 'node:net' {
  interface Socket {
    /** Null as soon as the socket is destroyed, which is before `close` is emitted. */
    readonly _handle?: SocketHandle | null
  }
}
