import { type DynamicModule, Global, Logger, Module } from '@nestjs/common'
import { AppConfig } from './config/app-config.js'
import { EventBus } from './event-bus/event-bus.js'
import { IngestStatus } from './ingest/ingest-status.js'
import { ScoreLog } from './score-log/score-log.js'

/** What every module may inject: the configuration, the bus, the score log and the ingest's status. */
@Global()
@Module({})
export class CommonModule {
  static register(config: AppConfig): DynamicModule {
    const logger = new Logger('EventBus')
    return {
      module: CommonModule,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: EventBus, useValue: new EventBus((event, error) => logger.error({ msg: 'a handler has thrown', event, err: error })) },
        { provide: ScoreLog, useValue: new ScoreLog(config.scoreLog) },
        IngestStatus,
      ],
      exports: [AppConfig, EventBus, ScoreLog, IngestStatus],
    }
  }
}
