import { Injectable } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { FlushSchedule } from '../../../common/core/flush-schedule.js'
import { OneShot, TurnEnd } from '../../../common/platform/timers.js'
import { HubService } from '../fan-out/hub.service.js'
import { SliceScheduler } from '../fan-out/slice.scheduler.js'

/** The name of the timer, and of the task in the log. */
const NAME = 'namespace-flush'

/** A stream that collects data until its flush. */
export interface Flushable {
  flush(atMs: number): void
}

/**
 * Flushes the namespaces of plug-ins, all together, at most 60 times a second. A flush begins at the end of a turn of the event loop: it
 * takes in all that a plug-in publishes in one turn, and never runs within a plug-in's handler.
 */
@Injectable()
export class PluginFlushScheduler {
  private readonly schedule = new FlushSchedule(performance.now())
  private readonly turn = new TurnEnd(() => this.run())
  private readonly timer: OneShot
  private readonly requested = new Set<Flushable>()

  constructor(
    timers: SchedulerRegistry,
    private readonly hub: HubService,
    private readonly slices: SliceScheduler,
  ) {
    this.timer = new OneShot(timers, NAME, () => this.run())
  }

  /** Flushes a stream soon. */
  request(stream: Flushable): void {
    this.requested.add(stream)
    this.turn.schedule()
  }

  /** No code of a plug-in runs in it: an error is one of the server. */
  private run(): void {
    this.slices.guard(NAME, () => this.flushWhenDue())
  }

  private flushWhenDue(): void {
    if (this.requested.size === 0) return
    const nowMs = performance.now()
    if (!this.schedule.take(nowMs)) {
      this.timer.arm(this.schedule.wait(nowMs))
      return
    }
    const due = [...this.requested]
    this.requested.clear()
    for (const stream of due) stream.flush(nowMs)
    this.hub.msgsBroadcast += due.length
  }
}
