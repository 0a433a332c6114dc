import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { FlushSchedule } from '../../common/core/flush-schedule.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { OneShot } from '../../common/platform/timers.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { Discards } from '../../common/stats/counters.js'

/** How many updates of new ids may wait for the next flushes, of at most 128 bytes each. */
const MAX_WAITING = 131_072

/**
 * Appends score updates to the log, and announces at most EPS_MAX_HZ times a second how far it has grown. No update, no flush, no timer.
 * The log takes a bounded number of new ids between two flushes, so that no turn of the event loop takes long; the updates of further ones
 * wait for the next flush.
 */
@Injectable()
export class SummarizerService implements OnModuleInit, BeforeApplicationShutdown {
  private schedule: FlushSchedule
  private readonly timer: OneShot
  private flushed: number
  /** When the first update after the last flush came. Monotonic ms. */
  private wantedMs = 0
  /** Updates of new ids that the log does not take before the next flush, oldest first. Latin-1 text holds bytes in the least memory. */
  private waiting: string[] = []
  private isStopped = false

  constructor(
    private readonly bus: EventBus,
    private readonly log: ScoreLog,
    private readonly discards: Discards,
    private readonly fatal: FatalErrorService,
    registry: SchedulerRegistry,
    @Inject(AppConfig) { streams }: { readonly streams: Pick<AppConfig['streams'], 'epsMaxHz'> },
  ) {
    this.schedule = new FlushSchedule(performance.now(), streams.epsMaxHz)
    this.flushed = log.position
    this.timer = new OneShot(registry, 'flush', () => this.guard(() => this.flushWhenDue(performance.now())))
  }

  onModuleInit(): void {
    this.bus.on('scores.received', ({ ids }) => this.guard(() => this.receive(ids)))
    this.bus.on('node.draining', () => this.guard(() => this.hurry()))
  }

  /** From here on @nestjs/schedule ends timers, so the service arms no more of them. */
  beforeApplicationShutdown(): void {
    this.isStopped = true
  }

  /** From now on flushes come at the full rate: the end of a stream waits for its last sum. */
  private hurry(): void {
    const nowMs = performance.now()
    this.schedule = new FlushSchedule(nowMs)
    this.timer.disarm()
    this.flushWhenDue(nowMs)
  }

  private receive(ids: readonly Uint8Array[]): void {
    const nowMs = performance.now()
    if (this.log.position === this.flushed) this.wantedMs = nowMs
    this.append(ids)
    this.flushWhenDue(nowMs)
  }

  private append(ids: readonly Uint8Array[]): void {
    const before = this.log.position
    for (const id of ids) {
      const reason = this.log.append(id)
      if (reason === 'too-many-new' && this.waiting.length < MAX_WAITING)
        this.waiting.push(Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1'))
      else if (reason !== null) this.discards.count(reason)
    }
    this.announce(before)
  }

  /** Appends the updates that have waited, as far as the log takes them now. */
  private appendWaiting(): void {
    const before = this.log.position
    let count = 0
    for (const id of this.waiting) {
      if (this.log.append(Buffer.from(id, 'latin1')) !== null) break
      count++
    }
    this.waiting.splice(0, count)
    this.announce(before)
  }

  private announce(before: number): void {
    const { position } = this.log
    if (position > before) this.bus.emit('scores.appended', { to: position, updates: position - before })
  }

  private flushWhenDue(nowMs: number): void {
    if (this.isStopped || (this.log.position === this.flushed && this.waiting.length === 0)) return
    const lateMs = this.schedule.lateness(nowMs, this.wantedMs)
    if (this.schedule.take(nowMs)) this.flush(nowMs, lateMs)
    else this.timer.arm(this.schedule.wait(nowMs))
  }

  private flush(atMs: number, lateMs: number): void {
    const from = this.flushed
    this.flushed = this.log.position
    this.log.seal()
    if (this.flushed > from) this.bus.emit('scores.summarized', { from, to: this.flushed, atMs, lateMs })
    if (this.waiting.length === 0) return
    this.wantedMs = atMs
    this.appendWaiting()
    this.timer.arm(this.schedule.wait(performance.now()))
  }

  /** Ends the process for an error: the bus would log it and continue, with a part of the updates lost. */
  private guard(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.fatal.end('score log', error)
    }
  }
}
