import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { FlushSchedule } from '../../common/core/flush-schedule.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { OneShot } from '../../common/platform/timers.js'
import { Sequence } from '../../common/positions/sequence.js'
import { Totals } from '../../common/positions/totals.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { Discards } from '../../common/stats/counters.js'

/** How many updates of new ids may wait for the next flushes, of at most 128 bytes each. */
const MAX_WAITING = 131_072
/** How many entries of missed updates are appended for a flush. */
const MAX_HEALED = 1024

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
  /** Missed updates that the log does not have yet, one entry for each id. */
  private missed: [id: Buffer, amount: number][] = []
  private healed = { entries: 0, updates: 0 }
  private isStopped = false

  constructor(
    private readonly bus: EventBus,
    private readonly log: ScoreLog,
    private readonly totals: Totals,
    private readonly sequence: Sequence,
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
    this.bus.on('scores.refused', ({ count }) => this.guard(() => this.sequence.refuse(count)))
    this.bus.on('scores.missed', ({ missed }) => this.guard(() => this.heal(missed)))
  }

  /** From here on @nestjs/schedule ends timers, so the service arms no more of them. */
  beforeApplicationShutdown(): void {
    this.isStopped = true
  }

  /** True while updates wait for the next flush. */
  private get hasBacklog(): boolean {
    return this.waiting.length > 0 || this.missed.length > 0
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
    const { log, totals, waiting, sequence } = this
    const before = log.position
    for (const id of ids) {
      // The totals read an entry before the next lap of the ring overwrites it.
      if (log.position - totals.position >= log.capacity) totals.advance()
      const reason = log.append(id)
      if (reason === null) continue
      if (reason === 'too-many-new' && waiting.length < MAX_WAITING) {
        waiting.push(Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1'))
        sequence.postpone()
        continue
      }
      this.discards.count(reason)
      if (reason === 'too-many-new') sequence.interrupt()
    }
    this.announce(before, log.position - before)
  }

  /** Appends the updates that have waited, as far as the log takes them now. */
  private appendWaiting(): void {
    const before = this.log.position
    let count = 0
    for (const id of this.waiting) {
      if (this.log.position - this.totals.position >= this.log.capacity) this.totals.advance()
      if (this.log.append(Buffer.from(id, 'latin1')) !== null) break
      count++
    }
    this.waiting.splice(0, count)
    if (this.waiting.length === 0) this.sequence.caughtUp()
    this.announce(before, this.log.position - before)
  }

  private heal(missed: ReadonlyMap<string, number>): void {
    const nowMs = performance.now()
    if (this.log.position === this.flushed) this.wantedMs = nowMs
    this.missed = Array.from(missed, ([id, amount]) => [Buffer.from(id), amount])
    this.healed = { entries: 0, updates: 0 }
    this.appendMissed()
    this.flushWhenDue(nowMs)
  }

  /** Appends missed updates, as far as the log takes them now, and announces when it has all of them. */
  private appendMissed(): void {
    const { log, missed, healed } = this
    const before = log.position
    let count = 0
    for (const [id, amount] of missed) {
      if (count === MAX_HEALED || log.heal(id, amount) !== null) break
      count++
      healed.updates += amount
    }
    missed.splice(0, count)
    healed.entries += count
    // Before raw streams get ids of positions behind the gap.
    if (missed.length === 0) this.bus.emit('scores.healed', healed)
    this.announce(before, 0)
  }

  private announce(before: number, updates: number): void {
    const { position } = this.log
    this.totals.advance()
    if (position > before) this.bus.emit('scores.appended', { to: position, updates })
  }

  private flushWhenDue(nowMs: number): void {
    if (this.isStopped || (this.log.position === this.flushed && !this.hasBacklog)) return
    const lateMs = this.schedule.lateness(nowMs, this.wantedMs)
    if (this.schedule.take(nowMs)) this.flush(nowMs, lateMs)
    else this.timer.arm(this.schedule.wait(nowMs))
  }

  private flush(atMs: number, lateMs: number): void {
    const from = this.flushed
    this.flushed = this.log.position
    this.log.seal()
    if (this.flushed > from) this.bus.emit('scores.summarized', { from, to: this.flushed, atMs, lateMs })
    if (!this.hasBacklog) return
    this.wantedMs = atMs
    if (this.missed.length > 0) this.appendMissed()
    if (this.waiting.length > 0) this.appendWaiting()
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
