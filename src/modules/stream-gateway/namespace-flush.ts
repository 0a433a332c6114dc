import { FlushSchedule } from '../../common/core/flush-schedule.js'
import type { OneShot } from '../../common/platform/timers.js'
import { TurnEnd } from '../../common/platform/timers.js'

/** What is flushed. */
export interface Flushed {
  flush(atMs: number): void
}

/**
 * Flushes the namespaces of plug-ins, all together, at most 60 times a second. It begins at the end of a turn of the event loop: what a plug-in publishes
 * in one turn goes out together, and not within its handler.
 */
export class NamespaceFlush {
  private readonly schedule = new FlushSchedule(performance.now())
  private readonly turn = new TurnEnd(() => this.flushWhenDue())
  private readonly wanting = new Set<Flushed>()

  /**
   * @param timer calls `flushWhenDue`
   * @param onFlush hears of each flush of each of them
   */
  constructor(
    private readonly timer: Pick<OneShot, 'arm'>,
    private readonly onFlush: () => void,
  ) {}

  /** Has this flushed soon. */
  want(one: Flushed): void {
    this.wanting.add(one)
    this.turn.schedule()
  }

  flushWhenDue(): void {
    if (this.wanting.size === 0) return
    const nowMs = performance.now()
    if (!this.schedule.take(nowMs)) {
      this.timer.arm(this.schedule.wait(nowMs))
      return
    }
    for (const one of this.wanting) {
      one.flush(nowMs)
      this.onFlush()
    }
    this.wanting.clear()
  }
}
