import { type DynamicModule, Module, type OnModuleDestroy, type Type } from '@nestjs/common'
import { ScheduleModule } from '@nestjs/schedule'
import { CommonModule } from './common/common.module.js'
import type { AppConfig } from './common/config/app-config.js'
import type { Relay } from './common/relay/relay.js'
import type { Failures } from './common/stats/counters.js'
import { AdminReporterModule } from './modules/admin-reporter/admin-reporter.module.js'
import { DemoFeedModule } from './modules/demo-feed/demo-feed.module.js'
import { GraphiteMetricsModule } from './modules/graphite-metrics/graphite-metrics.module.js'
import { HealthModule } from './modules/health/health.module.js'
import { KioskInteractionModule } from './modules/kiosk-interaction/kiosk-interaction.module.js'
import { LiveBoardModule } from './modules/live-board/live-board.module.js'
import { MetricsModule } from './modules/metrics/metrics.module.js'
import { PositionsModule } from './modules/positions/positions.module.js'
import { RedisIngestModule } from './modules/redis-ingest/redis-ingest.module.js'
import { StatisticsModule } from './modules/statistics/statistics.module.js'
import { DrainService } from './modules/stream-gateway/lifecycle/drain.service.js'
import { StreamGatewayModule } from './modules/stream-gateway/stream-gateway.module.js'
import { SummarizerModule } from './modules/summarizer/summarizer.module.js'

/** The parts of the application that the process makes before it. */
export interface AppParts {
  readonly relay: Relay
  readonly failures: Failures
  /** The modules of STREAMER_MODULES. */
  readonly plugins: readonly (Type | DynamicModule)[]
}

/** The composition root: the only file that lists the modules. */
@Module({})
export class AppModule implements OnModuleDestroy {
  constructor(private readonly streams: DrainService) {}

  static register(config: AppConfig, { relay, failures, plugins }: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CommonModule.register(config, relay, failures),
        ScheduleModule.forRoot(),
        config.redis === null ? DemoFeedModule : RedisIngestModule,
        SummarizerModule,
        PositionsModule,
        StreamGatewayModule,
        StatisticsModule,
        ...(config.streams.kioskInteraction ? [KioskInteractionModule] : []),
        AdminReporterModule,
        LiveBoardModule,
        ...(config.graphite === null ? [] : [GraphiteMetricsModule]),
        HealthModule,
        MetricsModule,
        ...plugins,
      ],
    }
  }

  /** The hook of the root comes before those of all other modules: the hook of a plug-in may take long, or never end. */
  onModuleDestroy(): Promise<void> {
    return this.streams.drain()
  }
}
