import { Injectable, type OnModuleInit } from '@nestjs/common'
import { kindsOf, NAMESPACE_KINDS } from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Discards, Failures, IngestGaps, LabelCounts, type LogLosses, RoundMeter } from '../../common/stats/counters.js'
import { NodeCounters, STREAM_KINDS, streamKind } from '../../common/stats/node-stats.js'
import { CLOSE_REASONS, CUT_OUTCOMES, REFUSAL_REASONS, REJECTION_REASONS, REPORTS, RESUME_OUTCOMES } from '../../common/stats/reasons.js'
import { StreamStats } from '../../common/stats/stream-stats.js'

/** Counts the events of the bus, each of them once for all reports. An event costs one addition per figure. */
@Injectable()
export class NodeCountersService extends NodeCounters implements OnModuleInit {
  readonly received = { score: 0, detail: 0, interaction: 0 }
  flushes = 0
  readonly open = new LabelCounts(STREAM_KINDS)
  readonly openByNamespace = new LabelCounts(NAMESPACE_KINDS)
  readonly opened = new LabelCounts(STREAM_KINDS)
  readonly closed = new LabelCounts(CLOSE_REASONS)
  readonly refused = new LabelCounts(REFUSAL_REASONS)
  readonly rejected = new LabelCounts(REJECTION_REASONS)
  readonly failedReports = new LabelCounts(REPORTS)
  readonly resumes = new LabelCounts(RESUME_OUTCOMES)
  readonly cuts = new LabelCounts(CUT_OUTCOMES)
  readonly ingestGaps = new IngestGaps(performance.now())
  private readonly roundMeters: RoundMeter[] = []

  constructor(
    private readonly bus: EventBus,
    private readonly stats: StreamStats,
    readonly discarded: Discards,
    readonly failures: Failures,
  ) {
    super()
  }

  override get logLosses(): LogLosses {
    return this.failures.log
  }

  override get handlerFailures(): number {
    return this.bus.failures
  }

  override roundMeter(): RoundMeter {
    const meter = new RoundMeter()
    this.roundMeters.push(meter)
    return meter
  }

  onModuleInit(): void {
    const { bus, received } = this
    // Constructors register namespaces, so all of them are known now.
    for (const namespace of this.stats.plugInNamespaces) {
      for (const counts of [this.open, this.opened, this.openByNamespace]) counts.count(namespace, 0)
    }
    bus.on('scores.received', ({ ids }) => {
      received.score += ids.length
    })
    bus.on('detail.received', () => {
      received.detail++
    })
    bus.on('interaction.received', () => {
      received.interaction++
    })
    bus.on('scores.summarized', () => {
      this.flushes++
    })
    bus.on('round.finished', (round) => {
      for (const meter of this.roundMeters) meter.see(round)
    })
    bus.on('subscriber.opened', ({ namespaces }) => {
      this.opened.count(streamKind(namespaces))
      this.changeOpen(namespaces, 1)
    })
    bus.on('subscriber.closed', ({ namespaces, reason }) => {
      this.closed.count(reason)
      this.changeOpen(namespaces, -1)
    })
    bus.on('connection.refused', ({ reason }) => this.refused.count(reason))
    bus.on('request.rejected', ({ reason }) => this.rejected.count(reason))
    bus.on('report.failed', ({ report }) => this.failedReports.count(report))
    bus.on('resume.answered', ({ outcome }) => this.resumes.count(outcome))
    bus.on('cut.finished', ({ outcome }) => this.cuts.count(outcome))
    bus.on('ingest.changed', ({ state }) => this.ingestGaps.change(state, performance.now()))
  }

  private changeOpen(namespaces: readonly string[], change: 1 | -1): void {
    this.open.count(streamKind(namespaces), change)
    for (const kind of kindsOf(namespaces)) this.openByNamespace.count(kind, change)
  }
}
