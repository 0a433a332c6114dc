import { Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../../common/config/app-config.js'
import { EPS } from '../../../common/core/namespace.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { Positions } from '../../../common/positions/positions.js'
import { Totals } from '../../../common/positions/totals.js'
import { TotalsDigest } from '../../../common/positions/totals-digest.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import type { AudienceKind } from '../fan-out/audience.js'
import { BroadcasterService } from '../fan-out/broadcaster.service.js'
import type { CursorOwner } from '../fan-out/cursor.js'
import type { OwnerSource } from '../fan-out/cursor-owners.js'
import { FanOut, type FanOutParts } from '../fan-out/fan-out.js'
import { HubService } from '../fan-out/hub.service.js'
import { CatchUpScheduler, SliceScheduler } from '../fan-out/slice.scheduler.js'
import { EpsTier } from './eps-tier.js'
import type { FilterFormat } from './filter.js'
import { FilterFanOut } from './filter-fan-out.js'
import { RateTiers } from './rate-tiers.js'

/** Chooses the fan-out of a stream of eps by its ids and its options. It flushes those of filters, and of rates. */
@Injectable()
export class EpsStreamsService implements OwnerSource, OnModuleInit {
  /** The subscribers that get each flush. */
  private readonly full: EpsTier
  private readonly tiers: RateTiers
  private readonly format: FilterFormat

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: HubService,
    broadcaster: BroadcasterService,
    private readonly log: ScoreLog,
    positions: Positions,
    totals: Totals,
    slices: SliceScheduler,
    lagging: CatchUpScheduler,
    registry: SchedulerRegistry,
  ) {
    const idAt = (at: number) => positions.idAt(at)
    this.format = { idAt, totals }
    // One digest of each kind serves all rates: a read is done when its call is.
    const name = encodeEventName(EPS)
    const increments = new ScoreSummary(log, name, idAt)
    const sums = new TotalsDigest(log, name, idAt, totals)
    this.full = new EpsTier(broadcaster.eps, broadcaster.totals, this.filters({ slices, lagging }))
    this.tiers = new RateTiers(registry, log, slices, (requests) => {
      const parts = { slices, lagging: requests }
      const fanOut = (digest: ScoreSummary) => new FanOut(EPS, log, digest, parts, EPS)
      return new EpsTier(fanOut(increments), fanOut(sums), this.filters(parts))
    })
  }

  onModuleInit(): void {
    this.hub.choose(EPS, this)
    this.bus.on('scores.summarized', ({ to, atMs }) => {
      this.full.filters.flush(to)
      this.tiers.flush(to, atMs)
    })
  }

  /** True while neither a filter nor a rate has subscribers. */
  get isIdle(): boolean {
    return this.full.filters.isEmpty && this.tiers.size === 0
  }

  ownerOf(kind: AudienceKind): CursorOwner {
    return (kind.rate < this.config.streams.epsMaxHz ? this.tiers.at(kind.rate) : this.full).ownerOf(kind)
  }

  markDrainTarget(): void {
    this.full.filters.markDrainTarget()
    this.tiers.markDrainTarget()
  }

  private filters(parts: FanOutParts): FilterFanOut {
    return new FilterFanOut(this.log, parts, this.format)
  }
}
