import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { firstLine } from '../../common/platform/errors.js'
import { FailureLog } from '../../common/platform/rate-limited-log.js'
import {
  ageOf,
  type ClusterReport,
  DEAD_AFTER_PERIODS,
  type NodeReport,
  periodOf,
  ReportReaderService,
  ReportStoreService,
} from './cluster-reports.js'
import { StatusService } from './status.service.js'

/** The interval between two looks for reports of nodes that are gone. */
const SWEEP_MS = 60_000
/** The age from which a report may be one of them. */
const OLD_S = 3600
const ADVICE =
  'the user of REDIS_URL needs this as well: ACL SETUSER <user> ~admin_stream_status +hset +hkeys +hstrlen +hget +hdel +time +eval'

/**
 * Reports into Redis every REPORT_MS, and removes the report when the node stops. A failure is counted and logged, and the next report is
 * the next attempt.
 */
@Injectable()
export class ReportService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AdminReporter')
  private readonly failures = new FailureLog((fields) => this.logger.warn(fields), 'the report could not be written to Redis', ADVICE)
  private isReporting = false
  private isStopping = false
  private hasReported = false
  private readonly leftovers = new Leftovers()
  private nextSweepAtMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly status: StatusService,
    private readonly reader: ReportReaderService,
    @Inject(ReportStoreService) private readonly store: ReportStoreService | null,
    private readonly timers: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    const { store } = this
    if (store === null) return
    store.connect(() => void this.report(store))
    this.timers.addInterval(
      'admin-report',
      setInterval(() => void this.report(store), this.config.admin.reportMs),
    )
  }

  /**
   * Removes the report after the drain, which the cluster may watch. Over the same connection, the command follows a report that is under
   * way.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true
    const { store } = this
    if (store === null) return
    try {
      await store.removeOwn(this.config.nodeName, this.status.startupTime)
    } catch (error) {
      if (this.hasReported)
        this.logger.warn({
          msg: 'the report of this node could not be removed: other nodes show it as dead, and remove it after an hour',
          error: firstLine(error),
        })
    }
    store.disconnect()
  }

  private async report(store: ReportStoreService): Promise<void> {
    if (this.isReporting || this.isStopping) return
    this.isReporting = true
    try {
      const text = await this.status.build(true)
      if (this.isStopping) return
      await store.put(this.config.nodeName, text)
      this.hasReported = true
      await this.sweep(store)
    } catch (error) {
      if (!this.isStopping) this.fail(error)
    } finally {
      this.isReporting = false
    }
  }

  /** Removes the reports of nodes that did not stop in an orderly way. */
  private async sweep(store: ReportStoreService): Promise<void> {
    const nowMs = performance.now()
    if (nowMs < this.nextSweepAtMs) return
    this.nextSweepAtMs = nowMs + SWEEP_MS
    const { nodes, againMs } = await this.leftovers.find(this.reader.read(), nowMs)
    this.nextSweepAtMs = nowMs + againMs
    await store.remove(nodes)
  }

  private fail(error: unknown): void {
    this.bus.emit('report.failed', { report: 'admin' })
    this.failures.note(error)
  }
}

interface Finding {
  /** The nodes whose reports are left over. */
  readonly nodes: readonly string[]
  /** The time after which to look again. */
  readonly againMs: number
}

/**
 * Finds the reports of nodes that did not stop in an orderly way. The time of a report alone doesn't show that: the clock of its node may
 * be wrong. So the report must also stay the same: for three periods if its time is an hour ago, and for an hour if its time is still to
 * come.
 */
export class Leftovers {
  /** Node → the time of its report, and the monotonic time at which it was first seen. */
  private seen = new Map<string, { readonly reportedAt: unknown; readonly sinceMs: number }>()

  /** `nowMs` is monotonic. */
  async find(reports: AsyncIterable<ClusterReport>, nowMs: number): Promise<Finding> {
    const seen: typeof this.seen = new Map()
    const nodes: string[] = []
    let againMs = SWEEP_MS
    for await (const { node, report, nowS } of reports) {
      const patienceMs = patienceWith(report, nowS)
      if (patienceMs === null) continue
      const { reported_at: reportedAt } = report
      const before = this.seen.get(node)
      const sighting = before !== undefined && before.reportedAt === reportedAt ? before : { reportedAt, sinceMs: nowMs }
      const restMs = sighting.sinceMs + patienceMs - nowMs
      if (restMs > 0) {
        seen.set(node, sighting)
        againMs = Math.min(againMs, restMs)
      } else nodes.push(node)
    }
    this.seen = seen
    return { nodes, againMs }
  }
}

/** How long a report must stay the same before it is removed; null if its time is not remarkable. */
function patienceWith(report: NodeReport, nowS: number): number | null {
  const age = ageOf(report, nowS)
  if (age === null || (age >= 0 && age <= OLD_S)) return null
  return age < 0 ? OLD_S * 1000 : DEAD_AFTER_PERIODS * periodOf(report)
}
