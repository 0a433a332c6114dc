import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig, type GraphiteConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../common/platform/rate-limited-log.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Refusals } from '../../common/stats/refusals.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import type { CarbonClient } from './carbon-client.js'
import { createCarbonClient } from './create-carbon-client.js'
import { EventLoopDelay } from './event-loop-delay.js'
import { NodeFigures } from './node-figures.js'
import { encodeReport } from './plaintext.js'
import { processMetrics } from './process-metrics.js'

/** How long stopping may wait for the last report. */
const FLUSH_MS = 500

/** Reports this node to Graphite every GRAPHITE_MS. What fails there is counted and told, and nothing else changes. */
@Injectable()
export class GraphiteReportService implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('GraphiteMetrics')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  private readonly loop = new EventLoopDelay()
  private readonly graphite: GraphiteConfig
  private readonly figures: NodeFigures
  private readonly client: CarbonClient

  constructor(
    config: AppConfig,
    private readonly bus: EventBus,
    stats: StreamStats,
    refusals: Refusals,
    ingest: NodeState,
    private readonly timers: SchedulerRegistry,
  ) {
    if (config.graphite === null) throw new TypeError('GraphiteMetrics needs config.graphite')
    this.graphite = config.graphite
    this.figures = new NodeFigures({ bus, stats, refusals, ingest })
    this.client = createCarbonClient(config.graphite, {
      onFailure: (cause) => this.fail(cause),
      onRecovery: () => this.logger.log('Graphite takes reports again'),
    })
  }

  onModuleInit(): void {
    this.figures.listen()
    this.bus.on('node.draining', () => this.client.settle())
  }

  onApplicationBootstrap(): void {
    const { protocol, host, port, periodMs } = this.graphite
    this.logger.log({ msg: 'reporting to Graphite', protocol, host, port, periodMs })
    this.loop.start()
    this.timers.addInterval(
      'graphite-report',
      setInterval(() => this.report(), periodMs),
    )
  }

  /** The streams are closed and counted by now. */
  async onApplicationShutdown(): Promise<void> {
    this.report()
    this.loop.stop()
    await this.client.close(FLUSH_MS)
  }

  private report(): void {
    const metrics = [
      ...this.figures.take(performance.now()),
      ...processMetrics(this.loop.take()),
      ['reports.dropped', this.client.dropped] as const,
    ]
    this.client.send(encodeReport(this.graphite.path, metrics, Date.now()))
  }

  private fail(cause: string): void {
    this.bus.emit('report.failed', { report: 'graphite' })
    this.warnings.note('failure', { msg: 'Graphite takes no reports', cause, dropped: this.client.dropped })
  }
}
