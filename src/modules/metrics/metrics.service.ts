import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { Registry } from 'prom-client'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../common/platform/rate-limited-log.js'
import { MetricsRegistry } from '../../common/plugin-api/registries.js'
import { Positions } from '../../common/positions/positions.js'
import { Relay } from '../../common/relay/relay.js'
import { Failures } from '../../common/stats/counters.js'
import { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { addFailureMetrics, addIngestMetrics, addPositionMetrics, addProcessMetrics } from './node-metrics.js'
import { addGauge, expositionOf, joinExpositions } from './prometheus.js'
import { addFanOutMetrics, addStreamMetrics } from './stream-metrics.js'

const QUESTION = 'metrics'

/** The metrics of this process, or of all workers, whichever worker answers the request. */
@Injectable()
export class MetricsService implements OnModuleInit {
  private readonly logger = new Logger('Metrics')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  /** Metrics about all workers together. */
  private readonly clusterRegistry = new Registry()
  private answered = 0
  private scrape: Promise<string> | null = null

  constructor(
    @Inject(AppConfig) private readonly config: Pick<AppConfig, 'worker' | 'workers'>,
    private readonly bus: EventBus,
    private readonly stats: StreamStats,
    private readonly node: NodeState,
    private readonly counters: NodeCounters,
    private readonly relay: Relay,
    private readonly failures: Failures,
    private readonly registry: MetricsRegistry,
    private readonly positions: Positions,
  ) {
    addGauge(this.clusterRegistry, { name: 'emojitrack_workers', help: 'Processes that should serve.', read: () => config.workers })
    addGauge(this.clusterRegistry, {
      name: 'emojitrack_workers_answered',
      help: 'Processes whose metrics are in this scrape.',
      read: () => this.answered,
    })
  }

  onModuleInit(): void {
    this.register()
    this.relay.on(QUESTION, () => expositionOf(this.registry, (name, error) => this.leaveOut(name, error)))
  }

  /** In Prometheus' text format. A call during a scrape gets the result of that scrape, so that several scrapers cost no more than one. */
  text(): Promise<string> {
    this.scrape ??= this.gather().finally(() => {
      this.scrape = null
    })
    return this.scrape
  }

  /**
   * Adds every metric of this process. One of several workers puts its number on each of its series, and only Prometheus adds them up: a
   * sum of counters would drop when a worker exits, and look like a restart of all of them (docs/decisions/0017-metrics-of-workers.md).
   */
  private register(): void {
    const { registry, config, bus, stats, node, counters, positions } = this
    if (config.worker !== null) registry.setDefaultLabels({ worker: String(config.worker) })
    addStreamMetrics(registry, counters, stats)
    addFanOutMetrics(registry, bus, stats)
    addIngestMetrics(registry, counters, node)
    addPositionMetrics(registry, bus, counters, positions)
    addFailureMetrics(registry, counters)
    addProcessMetrics(registry, stats.writer)
  }

  private async gather(): Promise<string> {
    const documents = await this.relay.gather(QUESTION, {})
    this.answered = documents.length
    return joinExpositions([...documents, await expositionOf(this.clusterRegistry)])
  }

  private leaveOut(metric: string, error: unknown): void {
    this.failures.count('metric')
    this.warnings.note(metric, { msg: 'a metric could not be read, and is left out', metric, err: error })
  }
}
