import type { Socket } from 'node:net'

const SLICE_MS = 20
const QUEUE_LIMIT = 262_144

/** The state of a link: how late (milliseconds), how fast (bytes per second), in which pieces it forwards, and whether it forwards at all. */
export interface Link {
  readonly latencyMs: number
  readonly pieceBytes: number
  readonly bytesPerSecond: number
  readonly frozen: boolean
}

interface Parcel {
  readonly dueMs: number
  /** Undefined is the FIN. */
  bytes: Buffer | undefined
}

/** One direction of a proxied connection; it holds at most about 256 KiB and then leaves the rest with the sender. */
export class ProxyPipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #link: Link
  readonly #queue: Parcel[] = []
  #queuedBytes = 0
  #freeAtMs = 0
  #blocked = false
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(from: Socket, to: Socket, link: Link) {
    this.#from = from
    this.#to = to
    this.#link = link
    from.on('data', (bytes: Buffer) => this.#accept(bytes))
    from.on('end', () => this.#accept(undefined))
    to.on('drain', () => {
      this.#blocked = false
      this.pump()
    })
    to.on('close', () => clearTimeout(this.#timer))
  }

  /** Forwards the bytes that are due, and reads on if there is room. The owner also calls it when the state of the link has changed. */
  pump(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    if (this.#to.destroyed) return
    if (this.#link.frozen) {
      this.#from.pause()
      return
    }
    let parcel = this.#queue[0]
    let left = this.#link.pieceBytes === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : 1
    while (parcel && !this.#blocked) {
      if (left-- === 0) {
        // One piece in a turn, so that the system sends it by itself.
        this.#immediate = setImmediate(() => this.pump())
        break
      }
      const waitMs = Math.max(parcel.dueMs, this.#freeAtMs) - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs)
        break
      }
      this.#forward(parcel)
      parcel = this.#queue[0]
    }
    if (this.#queuedBytes < QUEUE_LIMIT) this.#from.resume()
    else this.#from.pause()
  }

  #accept(bytes: Buffer | undefined): void {
    this.#queue.push({ dueMs: performance.now() + this.#link.latencyMs, bytes })
    this.#queuedBytes += bytes?.length ?? 0
    this.pump()
  }

  #forward(parcel: Parcel): void {
    const { bytes } = parcel
    if (bytes === undefined) {
      this.#queue.shift()
      this.#to.end()
      return
    }
    const rate = this.#link.bytesPerSecond
    const slice = bytes.subarray(0, Math.max(1, Math.min(this.#link.pieceBytes, Math.floor((rate * SLICE_MS) / 1000))))
    if (slice.length === bytes.length) this.#queue.shift()
    else parcel.bytes = bytes.subarray(slice.length)
    this.#queuedBytes -= slice.length
    // A late timer is made good, an idle time is not.
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now() - SLICE_MS) + (slice.length / rate) * 1000
    this.#blocked = !this.#to.write(slice)
  }
}
