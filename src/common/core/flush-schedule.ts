/** The most flushes in a second where nothing says otherwise. */
export const MAX_FLUSHES_PER_S = 60

/** The grid of so many flushes a second, ms: 17 for 60, as in the original streamers. */
export const flushPeriodMs = (perSecond: number): number => Math.floor(1000 / perSecond) + 1

/**
 * The least time between two flushes, however late the first one was, ms: just above 1000 / `perSecond`, so that no second holds more than
 * that. 16.7 for 60.
 */
export const flushGapMs = (perSecond: number): number => 1000 / perSecond + 1 / 30

/** The grid of 60 flushes a second, ms. */
export const FLUSH_PERIOD_MS = flushPeriodMs(MAX_FLUSHES_PER_S)

/** The least time between two of 60 flushes a second, ms. */
export const FLUSH_MIN_GAP_MS = flushGapMs(MAX_FLUSHES_PER_S)

/**
 * Decides when to flush. Pure: the clock is a parameter (monotonic ms). Deadlines lie on a fixed grid, of 17 ms for 60 flushes a second;
 * two flushes are at least 16.7 ms apart then, so a late one delays the next ones, which return to the grid by 0.3 ms each. A stall skips
 * grid points and causes no burst. (docs/decisions/0009-flush-grid.md)
 */
export class FlushSchedule {
  private readonly periodMs: number
  private readonly gapMs: number
  private gridMs: number
  private deadlineMs: number

  constructor(startMs: number, perSecond: number = MAX_FLUSHES_PER_S) {
    this.periodMs = flushPeriodMs(perSecond)
    this.gapMs = flushGapMs(perSecond)
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
    const { periodMs } = this
    this.gridMs += Math.max(1, Math.floor((nowMs - this.gridMs) / periodMs)) * periodMs
    if (this.gridMs <= nowMs) this.gridMs += periodMs
    this.deadlineMs = Math.max(this.gridMs, nowMs + this.gapMs)
    return true
  }
}
