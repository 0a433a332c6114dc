import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { PacedText } from '../../common/platform/coalesce.js'
import { Positions } from '../../common/positions/positions.js'
import { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { ReportReaderService } from './cluster-reports.js'
import { type StatusReport, statusText } from './status-report.js'

const unixSeconds = () => Math.floor(Date.now() / 1000)

/** The status document of this node, as JSON. */
@Injectable()
export class StatusService implements OnModuleInit, BeforeApplicationShutdown {
  /** Whole Unix seconds. */
  readonly startupTime = unixSeconds()
  private readonly forAuthorised: PacedText
  private readonly forPublic: PacedText

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly stats: StreamStats,
    private readonly node: NodeState,
    private readonly counters: NodeCounters,
    private readonly reader: ReportReaderService,
    private readonly positions: Positions,
    timers: SchedulerRegistry,
  ) {
    this.forAuthorised = new PacedText('admin-status', timers, () => this.build(true))
    this.forPublic = new PacedText('admin-status-public', timers, () => this.build(false))
  }

  onModuleInit(): void {
    for (const event of ['subscriber.opened', 'subscriber.closed', 'ingest.changed', 'positions.changed', 'node.draining'] as const) {
      this.bus.on(event, () => {
        this.forAuthorised.invalidate()
        this.forPublic.invalidate()
      })
    }
  }

  beforeApplicationShutdown(): void {
    this.forAuthorised.flushWaiters()
    this.forPublic.flushWaiters()
  }

  /** Built at most once a second. Without authorisation, addresses and user agents are left empty. */
  text(isAuthorised: boolean): Promise<Buffer> {
    return (isAuthorised ? this.forAuthorised : this.forPublic).get()
  }

  /** Builds a new document now. */
  build(isAuthorised: boolean): Promise<string> {
    const now = unixSeconds()
    const { maxConnections } = this.config.admin
    return statusText(this.stats.each(), () => this.head(now), { now, isAuthorised, maxConnections })
  }

  private head(now: number): Omit<StatusReport, 'connections'> {
    const { config, stats, node, counters, reader, positions } = this
    return {
      node: config.nodeName,
      status: 'OK',
      reported_at: now,
      startup_time: this.startupTime,
      report_ms: config.admin.reportMs,
      draining: node.isDraining,
      ingest: { source: node.source, state: node.state, since: Math.floor(node.sinceMs / 1000) },
      positions: positions.status,
      updates: counters.received.score,
      msgs_broadcast: stats.msgsBroadcast,
      eps_rate: Math.round(stats.epsRate * 10) / 10,
      frames_sent: stats.traffic.frames,
      bytes_sent: stats.traffic.bytes,
      conflated: stats.traffic.conflated,
      refused: counters.discarded.total,
      handler_failures: counters.handlerFailures,
      report_failures: counters.failedReports.of('admin'),
      unparsable_reports: reader.unparsable,
      streams: Object.fromEntries(counters.openByNamespace.counts),
      connections_total: stats.total,
    }
  }
}
