import { type DynamicModule, Global, Logger, Module } from '@nestjs/common'
import { AdminAccess } from './access/admin-access.js'
import { AdminGuard } from './access/admin-guard.js'
import { ClientAddresses } from './access/client-addresses.js'
import { AppConfig } from './config/app-config.js'
import { EventBus } from './event-bus/event-bus.js'
import { IngestStatus } from './ingest/ingest-status.js'
import { RateLimitedLog } from './logging/rate-limited-log.js'
import { Relay } from './relay/relay.js'
import { ScoreLog } from './score-log/score-log.js'
import { Refusals } from './stats/refusals.js'
import { WebFiles } from './web-files/web-files.js'

/** What every module may inject: the configuration, the bus, the score log, the relay, the ingest's status, the refusals, who asks and what they may see, the built pages. */
@Global()
@Module({})
export class CommonModule {
  static register(config: AppConfig, relay: Relay): DynamicModule {
    const logger = new Logger('EventBus')
    // A handler that fails does so as often as its event comes, which may be 60 times a second.
    const failures = new RateLimitedLog((fields) => logger.error(fields))
    return {
      module: CommonModule,
      providers: [
        { provide: AppConfig, useValue: config },
        {
          provide: EventBus,
          useValue: new EventBus((event, error) => failures.note(event, { msg: 'a handler has thrown', event, err: error })),
        },
        { provide: ScoreLog, useValue: new ScoreLog(config.scoreLog) },
        { provide: Relay, useValue: relay },
        IngestStatus,
        Refusals,
        AdminAccess,
        AdminGuard,
        ClientAddresses,
        WebFiles,
      ],
      exports: [AppConfig, EventBus, ScoreLog, Relay, IngestStatus, Refusals, AdminAccess, AdminGuard, ClientAddresses, WebFiles],
    }
  }
}
