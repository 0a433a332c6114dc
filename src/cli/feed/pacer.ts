/** The rate of updates. */
export interface Pace {
  /** The average. */
  readonly perSecond: number
  /** True: calm periods and bursts alternate. */
  readonly burst: boolean
}

/** The limits at which a run ends; Infinity is none. */
export interface RunLimits {
  readonly count: number
  readonly durationMs: number
}

const PERIOD_S = 10
const BURST_S = 2
const BURST_FACTOR = 10
const CALM_S = PERIOD_S - BURST_S
/** The calm rate as a share of the average rate: 1/2.8. */
const CALM_SHARE = PERIOD_S / (CALM_S + BURST_S * BURST_FACTOR)

/** The maximum delay of an update, seconds. Later ones are skipped, since the posts of a firehose don't wait either. */
const MAX_LATE_S = 1

/**
 * The shortest and the longest time to the next turn, ms. A timer can't wait for less; a longer wait would see a burst, or the end, late.
 */
const MIN_WAIT_MS = 1
const MAX_WAIT_MS = 4
/** A turn that comes later than this after the previous one, ms, is late: its backlog is spread over several turns. */
const PUNCTUAL_MS = 2
/** The number of turns over which the backlog of a late turn is spread. */
const CATCH_UP_TURNS = 16

/** The number of updates due at a time after the start, as a fraction. */
export function dueAfter({ perSecond, burst }: Pace, seconds: number): number {
  if (!burst) return perSecond * seconds
  const calm = perSecond * CALM_SHARE
  const periods = Math.floor(seconds / PERIOD_S)
  const within = seconds - periods * PERIOD_S
  const inPeriod = calm * Math.min(within, CALM_S) + calm * BURST_FACTOR * Math.max(0, within - CALM_S)
  return periods * PERIOD_S * perSecond + inPeriod
}

/**
 * Decides how many updates to send at a time. Deadlines are absolute: a late turn sends more, and the rate doesn't drift. Updates that
 * are late by more than a second are skipped and counted. `sent + skipped <= due` always holds, with equality at the end. Pure; times are
 * monotonic ms.
 */
export class Pacer {
  sent = 0
  skipped = 0
  /** The updates due by the schedule until now. */
  due = 0

  constructor(
    private readonly pace: Pace,
    private readonly limits: RunLimits,
    private readonly startMs: number,
  ) {}

  /** The number of updates to send now, at most `room`. */
  take(nowMs: number, room: number): number {
    const seconds = Math.min(nowMs - this.startMs, this.limits.durationMs) / 1000
    this.due = Math.floor(dueAfter(this.pace, seconds))
    const punctual = this.due - Math.floor(dueAfter(this.pace, Math.max(0, seconds - MAX_LATE_S)))
    // At rates below one per second the last update is never too late.
    this.skipped += Math.max(0, this.owed - Math.max(1, punctual))
    const count = Math.min(this.owed, room, this.limits.count - this.sent)
    this.sent += count
    return count
  }

  /** The time until the next update is due, in the bounds of a timer: updates leave one by one as far as its resolution allows. */
  waitMs(nowMs: number): number {
    const seconds = (nowMs - this.startMs) / 1000
    const due = dueAfter(this.pace, seconds)
    const perMs = dueAfter(this.pace, seconds + 0.001) - due
    const waitMs = this.owed > 0 ? 0 : Math.ceil((Math.floor(due) + 1 - due) / perMs)
    return Math.min(Math.max(waitMs, MIN_WAIT_MS), MAX_WAIT_MS)
  }

  /**
   * The number of updates that a turn may send, `turnMs` after the previous one, so that the gaps stay even: the updates that became due
   * in the time of a punctual turn, and a part of the backlog. A late turn sends no burst, and turns that are always late still keep up.
   */
  share(nowMs: number, turnMs: number): number {
    const seconds = (nowMs - this.startMs) / 1000
    const due = dueAfter(this.pace, seconds)
    const punctual = due - dueAfter(this.pace, Math.max(0, seconds - Math.min(turnMs, PUNCTUAL_MS) / 1000))
    const backlog = due - this.sent - this.skipped - punctual
    return Math.max(1, Math.floor(punctual + backlog / CATCH_UP_TURNS))
  }

  /** True when no more updates will be due. */
  isOver(nowMs: number): boolean {
    return this.sent >= this.limits.count || nowMs - this.startMs >= this.limits.durationMs
  }

  /** Counts the updates that are still due as skipped. */
  finish(): void {
    if (this.sent >= this.limits.count) this.due = this.sent + this.skipped
    this.skipped += this.owed
  }

  private get owed(): number {
    return this.due - this.sent - this.skipped
  }
}
