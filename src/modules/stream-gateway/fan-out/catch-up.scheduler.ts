import { Injectable } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { OneShot } from '../../../common/platform/timers.js'

/** How long a subscriber that has drained waits for its data when no flush comes before: one period of the flush. */
const CATCH_UP_MS = 17

/** What brings subscribers up to date that have drained while they were behind. */
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
    this.timer.arm(CATCH_UP_MS)
  }

  private run(): void {
    const due = [...this.waiting]
    this.waiting.clear()
    for (const fanOut of due) fanOut.catchUp()
  }
}
