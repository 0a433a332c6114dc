import type { SchedulerRegistry } from '@nestjs/schedule'
import { FlushSchedule } from '../../../common/core/flush-schedule.js'
import { OneShot } from '../../../common/platform/timers.js'
import type { ScoreLog } from '../../../common/score-log/score-log.js'
import type { CatchUpScheduler, SliceScheduler } from '../fan-out/slice.scheduler.js'
import type { EpsTier } from './eps-tier.js'

/** A part of the ring that is not sent yet is at risk where it takes up more than this of what the ring holds, and the ring ages. */
const RISKY_PART = 1 / 2

/** The subscribers of one rate. */
interface RateTier {
  readonly tier: EpsTier
  readonly schedule: FlushSchedule
  /** True where there is something to flush when the schedule allows it. */
  isWanted: boolean
}

/**
 * The streams with a `rate`: the subscribers of the same rate have fan-outs of their own, which a part of the flushes reaches. So they
 * share their bytes, and a frame sums up what came since the last one. A tier is made for its first subscriber, and goes with its last. One
 * timer for all brings the last updates where no flush comes after them.
 */
export class RateTiers {
  private readonly tiers = new Map<number, RateTier>()
  private readonly timer: OneShot
  /** When the timer fires; Infinity while it is not armed. */
  private armedForMs = Number.POSITIVE_INFINITY
  private flushed: number
  private isDraining = false

  /** @param make a tier, whose subscribers that drain while they are behind call `request` */
  constructor(
    registry: SchedulerRegistry,
    private readonly log: ScoreLog,
    private readonly slices: Pick<SliceScheduler, 'guard'>,
    private readonly make: (lagging: Pick<CatchUpScheduler, 'request'>) => EpsTier,
  ) {
    this.flushed = log.position
    this.timer = new OneShot(registry, 'rate', () => this.slices.guard('rate', () => this.onTimer()))
  }

  /** How many rates have subscribers. */
  get size(): number {
    return this.tiers.size
  }

  /** @param rate the most frames in a second */
  at(rate: number): EpsTier {
    const known = this.tiers.get(rate)
    if (known !== undefined) return known.tier
    const tier: RateTier = {
      tier: this.make({ request: () => this.want(tier) }),
      schedule: new FlushSchedule(performance.now(), rate),
      isWanted: false,
    }
    // The log may have grown since the last flush, at which its streams start.
    tier.tier.flush(this.flushed, performance.now())
    this.tiers.set(rate, tier)
    return tier.tier
  }

  flush(to: number, atMs: number): void {
    this.flushed = to
    if (this.tiers.size === 0) return
    for (const [rate, tier] of this.tiers) {
      tier.isWanted = true
      tier.tier.postpone(to)
      if (tier.tier.isEmpty) this.tiers.delete(rate)
      else this.flushIfDue(tier, atMs)
    }
    this.arm(atMs)
  }

  /** From now on every flush reaches all: the end of a stream waits for its last sum. */
  markDrainTarget(): void {
    this.isDraining = true
    for (const { tier } of this.tiers.values()) tier.markDrainTarget()
    this.onTimer()
  }

  private want(tier: RateTier): void {
    tier.isWanted = true
    this.arm(performance.now())
  }

  private onTimer(): void {
    const nowMs = performance.now()
    this.armedForMs = Number.POSITIVE_INFINITY
    for (const tier of this.tiers.values()) if (tier.isWanted) this.flushIfDue(tier, nowMs)
    this.arm(nowMs)
  }

  private flushIfDue(tier: RateTier, nowMs: number): void {
    if (!tier.schedule.take(nowMs) && !this.isDraining && !this.isAtRisk(tier)) return
    tier.isWanted = false
    tier.tier.flush(this.flushed, nowMs)
  }

  /** A frame that comes early is better than a stream that ends because the ring has overwritten its updates. */
  private isAtRisk({ tier }: RateTier): boolean {
    const { position, oldest, capacity, ids } = this.log
    const held = position - oldest
    return (held === capacity || ids.isFull) && position - tier.flushed > held * RISKY_PART
  }

  /** Arms the timer for the first tier that has something to flush. */
  private arm(nowMs: number): void {
    let waitMs = Number.POSITIVE_INFINITY
    for (const { isWanted, schedule } of this.tiers.values()) if (isWanted) waitMs = Math.min(waitMs, schedule.wait(nowMs))
    // A sum of large times loses a few bits.
    if (waitMs === Number.POSITIVE_INFINITY || nowMs + waitMs > this.armedForMs - 0.5) return
    this.timer.disarm()
    this.armedForMs = nowMs + waitMs
    this.timer.arm(waitMs)
  }
}
