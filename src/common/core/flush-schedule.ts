/** The grid of flushes: one per 17 ms, as in the original streamers. */
export const FLUSH_PERIOD_MS = 17

/** The least time between two flushes, however late the first one was: just above 1000/60, so that no second holds more than 60. */
export const FLUSH_MIN_GAP_MS = 16.7

/**
 * Decides when to flush. Pure: the clock is a parameter (monotonic ms). Deadlines lie on a fixed grid of 17 ms; two flushes are at least
 * 16.7 ms apart, so a late one delays the next ones, which return to the grid by 0.3 ms each. A stall skips grid points and causes no
 * burst. (docs/decisions/0009-flush-grid.md)
 */
export class FlushSchedule {
  private gridMs: number
  private deadlineMs: number

  constructor(startMs: number) {
    this.gridMs = startMs
    this.deadlineMs = startMs
  }

  /** The time until the next flush, ms; 0 if it is due. */
  wait(nowMs: number): number {
    return Math.max(0, this.deadlineMs - nowMs)
  }

  /** The delay of a flush at `nowMs` after its deadline or after `wantedMs`, whichever is later, ms. */
  lateness(nowMs: number, wantedMs: number): number {
    return Math.max(0, nowMs - Math.max(this.deadlineMs, wantedMs))
  }

  /** True if a flush is due; the schedule then counts it as done at `nowMs`. */
  take(nowMs: number): boolean {
    if (nowMs < this.deadlineMs) return false
    this.gridMs += Math.max(1, Math.floor((nowMs - this.gridMs) / FLUSH_PERIOD_MS)) * FLUSH_PERIOD_MS
    if (this.gridMs <= nowMs) this.gridMs += FLUSH_PERIOD_MS
    this.deadlineMs = Math.max(this.gridMs, nowMs + FLUSH_MIN_GAP_MS)
    return true
  }
}
