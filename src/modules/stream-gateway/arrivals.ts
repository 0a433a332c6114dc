/** The longest that a fan-out waits for new connections before its next slice. */
const MAX_WAIT_MS = 10

/**
 * Lets new connections go first. Node accepts one connection per turn of the event loop (libuv stopped accepting in a loop, libuv/libuv#3696), so
 * while clients come in crowds a turn must be short: a fan-out then waits with its next slice, for a bounded time.
 */
export class Arrivals {
  private hasOneCome = false
  private lastSliceMs = 0

  /** A connection was accepted: others may wait behind it. */
  note(): void {
    this.hasOneCome = true
  }

  /** To be asked once a turn: true when the next slice should wait for the turn after. */
  goFirst(nowMs: number): boolean {
    const waits = this.hasOneCome && nowMs - this.lastSliceMs < MAX_WAIT_MS
    this.hasOneCome = false
    if (!waits) this.lastSliceMs = nowMs
    return waits
  }
}
