/** The grid that flushes stand on: one per 17 ms, as the original streamers did. */
export const FLUSH_PERIOD_MS = 17

/** Two flushes are never closer than this, however late the one before came: a hair above 1000/60, so that no second holds more than 60. */
export const FLUSH_MIN_GAP_MS = 16.7

/**
 * Decides when to flush; pure, the clock is a parameter (monotonic ms). Deadlines stand on a grid of absolute times: after a late flush the next ones
 * move back onto it, a third of a ms each. (Timers that are always late by more than that stretch the period instead: the gap counts.) A stall of the event loop skips places of the grid and is never
 * caught up by a burst.
 */
export class FlushSchedule {
  private gridMs: number
  private deadlineMs: number

  constructor(startMs: number) {
    this.gridMs = startMs
    this.deadlineMs = startMs
  }

  /** How long to wait for the next flush, ms; 0 when it is due. */
  wait(nowMs: number): number {
    return Math.max(0, this.deadlineMs - nowMs)
  }

  /** How late a flush at `nowMs` is that was wanted from `wantedMs` on, ms: 0 up to its deadline. */
  lateness(nowMs: number, wantedMs: number): number {
    return Math.max(0, nowMs - Math.max(this.deadlineMs, wantedMs))
  }

  /** True when a flush is due; it then counts as done at `nowMs`. */
  take(nowMs: number): boolean {
    if (nowMs < this.deadlineMs) return false
    this.gridMs += Math.max(1, Math.floor((nowMs - this.gridMs) / FLUSH_PERIOD_MS)) * FLUSH_PERIOD_MS
    if (this.gridMs <= nowMs) this.gridMs += FLUSH_PERIOD_MS
    this.deadlineMs = Math.max(this.gridMs, nowMs + FLUSH_MIN_GAP_MS)
    return true
  }
}
