import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { Registry } from 'prom-client'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../common/platform/rate-limited-log.js'
import { MetricsRegistry } from '../../common/plugin-api/metrics-registry.js'
import { Relay } from '../../common/relay/relay.js'
import { Failures } from '../../common/stats/failures.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Refusals } from '../../common/stats/refusals.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { expositionOf, joinExpositions } from './exposition.js'
import { addNodeMetrics } from './node-metrics.js'
import { addGauge } from './read-metrics.js'

const QUESTION = 'metrics'

/** The metrics of this process, or of all workers, whichever of them is asked. */
@Injectable()
export class MetricsService implements OnModuleInit {
  private readonly logger = new Logger('Metrics')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  private readonly team = new Registry()
  private answered = 0
  private scrape: Promise<string> | null = null

  constructor(
    @Inject(AppConfig) private readonly config: Pick<AppConfig, 'worker' | 'workers'>,
    private readonly bus: EventBus,
    private readonly stats: StreamStats,
    private readonly ingest: NodeState,
    private readonly refusals: Refusals,
    private readonly relay: Relay,
    private readonly failures: Failures,
    private readonly registry: MetricsRegistry,
  ) {
    addGauge(this.team, { name: 'emojitrack_workers', help: 'Processes that should serve.', read: () => config.workers })
    addGauge(this.team, {
      name: 'emojitrack_workers_answered',
      help: 'Processes whose metrics are in this scrape.',
      read: () => this.answered,
    })
  }

  onModuleInit(): void {
    const { registry, config, bus, stats, ingest, refusals, failures } = this
    addNodeMetrics(registry, { config, bus, stats, ingest, refusals, failures })
    this.relay.on(QUESTION, () => expositionOf(registry, (name, error) => this.skip(name, error)))
  }

  /** In Prometheus' text format. Who asks while a scrape is under way gets that one, so that scrapers don't add up. */
  text(): Promise<string> {
    this.scrape ??= this.gather().finally(() => {
      this.scrape = null
    })
    return this.scrape
  }

  private async gather(): Promise<string> {
    const documents = await this.relay.gather(QUESTION, {})
    this.answered = documents.length
    return joinExpositions([...documents, await expositionOf(this.team)])
  }

  private skip(metric: string, error: unknown): void {
    this.failures.count('metric')
    this.warnings.note(metric, { msg: 'a metric could not be read, and is left out', metric, err: error })
  }
}
