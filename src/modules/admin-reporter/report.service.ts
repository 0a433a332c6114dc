import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { firstLine } from '../../common/platform/errors.js'
import { FailureLog } from '../../common/platform/rate-limited-log.js'
import { ageOf, ReportReaderService, ReportStoreService } from './cluster-reports.js'
import { StatusService } from './status.service.js'

const SWEEP_MS = 60_000
const OLD_S = 3600
const ADVICE = 'the user of REDIS_URL needs this as well: ACL SETUSER <user> ~admin_stream_status +hset +hgetall +hget +hdel +eval'

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
  private sweptAtMs = Number.NEGATIVE_INFINITY

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
    if (nowMs - this.sweptAtMs < SWEEP_MS) return
    this.sweptAtMs = nowMs
    const old: string[] = []
    for await (const [node, report] of this.reader.read()) {
      if ((ageOf(report, Date.now() / 1000) ?? 0) > OLD_S) old.push(node)
    }
    await store.remove(old)
  }

  private fail(error: unknown): void {
    this.bus.emit('report.failed', { report: 'admin' })
    this.failures.note(error)
  }
}
