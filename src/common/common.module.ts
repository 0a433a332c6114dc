import { type DynamicModule, Global, Logger, Module } from '@nestjs/common'
import { AdminAccess } from './access/admin-access.js'
import { AdminGuard } from './access/admin-guard.js'
import { ClientAddresses } from './access/client-addresses.js'
import { AppConfig } from './config/app-config.js'
import { EventBus } from './event-bus/event-bus.js'
import { IngestStatus } from './ingest/ingest-status.js'
import { Relay } from './relay/relay.js'
import { ScoreLog } from './score-log/score-log.js'
import { Refusals } from './stats/refusals.js'

/** What every module may inject: the configuration, the bus, the score log, the relay, the ingest's status, the refusals, who asks and what they may see. */
@Global()
@Module({})
export class CommonModule {
  static register(config: AppConfig, relay: Relay): DynamicModule {
    const logger = new Logger('EventBus')
    return {
      module: CommonModule,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: EventBus, useValue: new EventBus((event, error) => logger.error({ msg: 'a handler has thrown', event, err: error })) },
        { provide: ScoreLog, useValue: new ScoreLog(config.scoreLog) },
        { provide: Relay, useValue: relay },
        IngestStatus,
        Refusals,
        AdminAccess,
        AdminGuard,
        ClientAddresses,
      ],
      exports: [AppConfig, EventBus, ScoreLog, Relay, IngestStatus, Refusals, AdminAccess, AdminGuard, ClientAddresses],
    }
  }
}
