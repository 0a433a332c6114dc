import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { FlushSchedule } from '../../common/core/flush-schedule.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { OneShot } from '../../common/platform/timers.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { Refusals } from '../../common/stats/refusals.js'

/** Appends score updates to the log, and announces at most 60 times a second how far it has grown. No update, no flush, no timer. */
@Injectable()
export class SummarizerService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly schedule = new FlushSchedule(performance.now())
  private readonly timer: OneShot
  private flushed: number
  /** When the first update after the last flush came. Monotonic ms. */
  private wantedMs = 0
  private isStopped = false

  constructor(
    private readonly bus: EventBus,
    private readonly log: ScoreLog,
    private readonly refusals: Refusals,
    registry: SchedulerRegistry,
    @Inject(FatalErrorService) private readonly fatal: Pick<FatalErrorService, 'end'>,
  ) {
    this.flushed = log.position
    this.timer = new OneShot(registry, 'flush', () => this.flushWhenDue(performance.now()))
  }

  onModuleInit(): void {
    this.bus.on('scores.received', ({ ids }) => this.append(ids))
  }

  /** From here on @nestjs/schedule ends timers, so that none may be armed any more. */
  beforeApplicationShutdown(): void {
    this.isStopped = true
  }

  private append(ids: readonly Uint8Array[]): void {
    const nowMs = performance.now()
    if (this.log.position === this.flushed) this.wantedMs = nowMs
    this.guard(() => {
      for (const id of ids) {
        const refusal = this.log.append(id)
        if (refusal !== null) this.refusals.count(refusal)
      }
    })
    this.bus.emit('scores.appended', { to: this.log.position, updates: ids.length })
    this.flushWhenDue(nowMs)
  }

  private flushWhenDue(nowMs: number): void {
    if (this.isStopped || this.log.position === this.flushed) return
    const lateMs = this.schedule.lateness(nowMs, this.wantedMs)
    if (this.schedule.take(nowMs)) this.flush(nowMs, lateMs)
    else this.timer.arm(this.schedule.wait(nowMs))
  }

  private flush(atMs: number, lateMs: number): void {
    const from = this.flushed
    this.flushed = this.log.position
    this.guard(() => this.log.seal())
    this.bus.emit('scores.summarized', { from, to: this.flushed, atMs, lateMs })
  }

  /** Changes the log. An error leaves it in an unknown state, from which every sum could be wrong; the bus would only log it. */
  private guard(change: () => void): void {
    try {
      change()
    } catch (error) {
      this.fatal.end('score log', error)
    }
  }
}
