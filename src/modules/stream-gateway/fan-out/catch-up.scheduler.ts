import { Injectable } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { FLUSH_PERIOD_MS } from '../../../common/core/flush-schedule.js'
import { OneShot } from '../../../common/platform/timers.js'

/** A fan-out that can bring the subscribers up to date that have drained while they were behind. */
export interface CatchUp {
  catchUp(): void
}

/** Runs fan-outs for subscribers that have drained, all with one timer. */
@Injectable()
export class CatchUpScheduler {
  /** In the order of the requests, so that a slow subscriber gets something of each fan-out in turn. */
  private readonly waiting = new Set<CatchUp>()
  private readonly timer: OneShot

  constructor(timers: SchedulerRegistry) {
    this.timer = new OneShot(timers, 'catch-up', () => this.run())
  }

  request(fanOut: CatchUp): void {
    this.waiting.add(fanOut)
    // A flush that comes before the timer catches up as well.
    this.timer.arm(FLUSH_PERIOD_MS)
  }

  private run(): void {
    const due = [...this.waiting]
    this.waiting.clear()
    for (const fanOut of due) fanOut.catchUp()
  }
}
