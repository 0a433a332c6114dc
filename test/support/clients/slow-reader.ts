import type { Socket } from 'node:net'

const SLICE_MS = 20

/** Reads a socket at a bounded rate; the rest waits at the sender, in the kernel and, up to about 64 KiB, in this process. */
export class SlowReader {
  bytesPerSecond: number
  paused = false
  readonly #socket: Socket
  readonly #onData: (bytes: Buffer) => void
  readonly #timer: NodeJS.Timeout
  #last = performance.now()
  #allowed = 0

  /** Takes over a socket that nothing else reads. */
  constructor(socket: Socket, bytesPerSecond: number, onData: (bytes: Buffer) => void) {
    this.#socket = socket
    this.bytesPerSecond = bytesPerSecond
    this.#onData = onData
    this.#timer = setInterval(() => this.#slice(), SLICE_MS)
    socket.once('close', () => clearInterval(this.#timer))
  }

  #slice(): void {
    const now = performance.now()
    const earned = ((now - this.#last) * this.bytesPerSecond) / 1000
    this.#last = now
    if (this.paused) return
    // A late slice is made good, but time in which nothing came is not saved up for a burst.
    this.#allowed = Math.min(this.#allowed + earned, Math.max(1, this.bytesPerSecond / 5))
    // Also when nothing is buffered: it is the read that makes the stream fetch more, or notice its end.
    const bytes: unknown = this.#socket.read(Math.min(Math.floor(this.#allowed), this.#socket.readableLength))
    if (!Buffer.isBuffer(bytes)) return
    this.#allowed -= bytes.length
    this.#onData(bytes)
  }
}
