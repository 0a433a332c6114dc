import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig, type GraphiteConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../common/platform/rate-limited-log.js'
import { Positions } from '../../common/positions/positions.js'
import { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { type CarbonClient, encodeReport, Reachability, type ReachabilityListener, ReportQueue } from './carbon-client.js'
import { EventLoopDelay, NodeFigures, processFigures } from './figures.js'
import { TcpCarbonClient } from './tcp-carbon-client.js'
import { UdpCarbonClient } from './udp-carbon-client.js'

/** The longest time that a stop waits for the last report. */
const FLUSH_MS = 500
/** Reports of more than an hour, at the default period. */
const QUEUE_MAX_BYTES = 1_048_576
const TCP_TIMEOUTS = { connectMs: 5000, stallMs: 10_000 }

/** Reports this node to Graphite every GRAPHITE_MS. Failures are counted and logged, and have no other effect. */
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
    counters: NodeCounters,
    stats: StreamStats,
    node: NodeState,
    positions: Positions,
    private readonly timers: SchedulerRegistry,
  ) {
    if (config.graphite === null) throw new TypeError('GraphiteMetrics needs config.graphite')
    this.graphite = config.graphite
    this.figures = new NodeFigures(counters, stats, node, positions)
    this.client = createCarbonClient(config.graphite, {
      onFailure: (cause) => this.fail(cause),
      onRecovery: () => this.logger.log('Graphite takes reports again'),
    })
  }

  onModuleInit(): void {
    this.bus.on('node.draining', () => this.client.stopConnecting())
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

  /** Sends the last report: all streams are closed and counted now. */
  async onApplicationShutdown(): Promise<void> {
    this.report()
    this.loop.stop()
    await this.client.close(FLUSH_MS)
  }

  private report(): void {
    const figures = [
      ...this.figures.take(performance.now()),
      ...processFigures(this.loop.take()),
      ['reports.dropped', this.client.dropped] as const,
    ]
    this.client.send(encodeReport(this.graphite.path, figures, Date.now()))
  }

  private fail(cause: string): void {
    this.bus.emit('report.failed', { report: 'graphite' })
    this.warnings.note('failure', { msg: 'Graphite takes no reports', cause, dropped: this.client.dropped })
  }
}

function createCarbonClient(target: GraphiteConfig, listener: ReachabilityListener): CarbonClient {
  const queue = new ReportQueue(QUEUE_MAX_BYTES)
  const reachability = new Reachability(listener, Math.random)
  return target.protocol === 'udp'
    ? new UdpCarbonClient(target, queue, reachability)
    : new TcpCarbonClient(target, queue, reachability, TCP_TIMEOUTS)
}
