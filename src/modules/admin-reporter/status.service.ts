import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { PacedText } from '../../common/platform/coalesce.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Refusals } from '../../common/stats/refusals.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { NodeActivity } from './node-activity.js'
import { ReportReader } from './report-reader.js'
import type { StatusReport } from './status-report.js'
import { statusText } from './status-text.js'

const unixSeconds = () => Math.floor(Date.now() / 1000)

/** This node's report on itself, as JSON. */
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
    private readonly ingest: NodeState,
    private readonly refusals: Refusals,
    private readonly activity: NodeActivity,
    private readonly reader: ReportReader,
    timers: SchedulerRegistry,
  ) {
    this.forAuthorised = new PacedText('admin-status', timers, () => this.build(true))
    this.forPublic = new PacedText('admin-status-public', timers, () => this.build(false))
  }

  onModuleInit(): void {
    for (const event of ['subscriber.opened', 'subscriber.closed', 'ingest.changed', 'node.draining'] as const) {
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

  /** For who asks, built at most once a second. Who isn't authorised sees neither addresses nor user agents. */
  text(isAuthorised: boolean): Promise<string> {
    return (isAuthorised ? this.forAuthorised : this.forPublic).get()
  }

  /** Built now, for the cluster. */
  build(isAuthorised: boolean): Promise<string> {
    const now = unixSeconds()
    const { maxConnections } = this.config.admin
    return statusText(this.stats.each(), () => this.head(now), { now, isAuthorised, maxConnections })
  }

  private head(now: number): Omit<StatusReport, 'connections'> {
    const { config, bus, stats, ingest, refusals, activity, reader } = this
    return {
      node: config.nodeName,
      status: 'OK',
      reported_at: now,
      startup_time: this.startupTime,
      report_ms: config.admin.reportMs,
      draining: activity.isDraining,
      ingest: { source: ingest.source, state: ingest.state, since: Math.floor(ingest.sinceMs / 1000) },
      updates: activity.updates,
      msgs_broadcast: stats.msgsBroadcast,
      eps_rate: Math.round(stats.epsRate * 10) / 10,
      frames_sent: stats.traffic.frames,
      bytes_sent: stats.traffic.bytes,
      conflated: stats.traffic.conflated,
      refused: refusals.total,
      handler_failures: bus.failures,
      report_failures: activity.reportFailures,
      unparsable_reports: reader.unparsable,
      streams: { ...activity.streams },
      connections_total: stats.total,
    }
  }
}
