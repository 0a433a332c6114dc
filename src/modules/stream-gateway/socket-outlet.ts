import type { Socket } from 'node:net'
import type { Outlet, Poster, WriteOutcome } from './outlet.js'

const NOTHING = Buffer.alloc(0)

/** An outlet over a Node socket. */
export class SocketOutlet implements Outlet {
  constructor(protected readonly socket: Socket) {}

  get queuedBytes(): number {
    return this.socket.writableLength
  }

  write(bytes: Buffer): WriteOutcome {
    const { socket } = this
    if (socket.destroyed) return 'broken'
    socket.write(bytes)
    // Not the result of `write`, which compares with the high-water mark: what counts here is whether anything waits at all.
    return socket.writableLength === 0 ? 'sent' : 'queued'
  }

  post(bytes: Buffer, poster: Poster): void {
    const outcome = this.write(bytes)
    if (outcome !== 'sent') poster.settle(outcome)
  }

  whenDrained(callback: () => void): void {
    // 'drain' is not emitted for a queue that stayed below the high-water mark; an empty write at the end of the queue calls back in any case.
    this.socket.write(NOTHING, (error) => {
      if (!error) callback()
    })
  }

  end(bytes: Buffer): void {
    this.socket.end(bytes)
    // A client that doesn't read would keep the socket for ever; one that does has all bytes in its kernel already.
    if (this.socket.writableLength > 0) this.socket.destroy()
    else this.socket.destroySoon()
  }

  destroy(): void {
    this.socket.destroy()
  }
}
