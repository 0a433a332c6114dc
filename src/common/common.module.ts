import { randomInt } from 'node:crypto'
import { type DynamicModule, Global, Logger, Module } from '@nestjs/common'
import { AdminAccess, AdminGuard } from './access/admin-access.js'
import { ClientAddressResolver } from './access/client-address.js'
import { ConnectionsRegistry } from './access/connections.registry.js'
import { AppConfig } from './config/app-config.js'
import { EventBus, PluginBus } from './event-bus/event-bus.js'
import { FatalErrorService } from './platform/fatal-error.service.js'
import { RateLimitedLog } from './platform/rate-limited-log.js'
import { StaticPages } from './platform/static-pages.js'
import { HealthChecks, MetricsRegistry } from './plugin-api/registries.js'
import { newEpoch } from './positions/epoch.js'
import { Positions } from './positions/positions.js'
import { Sequence } from './positions/sequence.js'
import { Snapshots } from './positions/snapshots.js'
import { Totals } from './positions/totals.js'
import { Relay } from './relay/relay.js'
import { ScoreLog } from './score-log/score-log.js'
import { Discards, Failures } from './stats/counters.js'
import { NodeState } from './stats/node-stats.js'

/** The providers that every module may inject, plug-ins included. */
@Global()
@Module({})
export class CommonModule {
  static register(config: AppConfig, relay: Relay, failures: Failures): DynamicModule {
    return {
      module: CommonModule,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: Relay, useValue: relay },
        { provide: Failures, useValue: failures },
        { provide: EventBus, useFactory: createEventBus },
        { provide: PluginBus, useFactory: createPluginBus, inject: [EventBus] },
        { provide: HealthChecks, useFactory: createHealthChecks, inject: [Failures] },
        {
          provide: ScoreLog,
          useFactory: ({ scoreLog }: AppConfig) => new ScoreLog({ ...scoreLog, seed: randomInt(2 ** 32) }),
          inject: [AppConfig],
        },
        {
          provide: Totals,
          useFactory: (log: ScoreLog, { positions }: AppConfig) => new Totals(log, positions.maxIds),
          inject: [ScoreLog, AppConfig],
        },
        { provide: Positions, useFactory: (log: ScoreLog) => new Positions(log, newEpoch, Date.now()), inject: [ScoreLog] },
        {
          provide: Sequence,
          useFactory: (log: ScoreLog, totals: Totals, positions: Positions, config: AppConfig) =>
            new Sequence(log, totals, positions, config.positions.heal),
          inject: [ScoreLog, Totals, Positions, AppConfig],
        },
        {
          provide: Snapshots,
          useFactory: (log: ScoreLog, totals: Totals, positions: Positions, { redis }: AppConfig) =>
            new Snapshots(log, totals, positions, redis === null),
          inject: [ScoreLog, Totals, Positions, AppConfig],
        },
        { provide: MetricsRegistry, useFactory: () => new MetricsRegistry() },
        FatalErrorService,
        NodeState,
        Discards,
        AdminAccess,
        AdminGuard,
        ClientAddressResolver,
        ConnectionsRegistry,
        StaticPages,
      ],
      exports: [
        AppConfig,
        EventBus,
        PluginBus,
        HealthChecks,
        MetricsRegistry,
        ScoreLog,
        Totals,
        Positions,
        Sequence,
        Snapshots,
        Relay,
        Failures,
        FatalErrorService,
        NodeState,
        Discards,
        AdminAccess,
        AdminGuard,
        ClientAddressResolver,
        ConnectionsRegistry,
        StaticPages,
      ],
    }
  }
}

// A handler can fail, or be slow, each time its event comes, up to 60 times a second: the lines are limited.
function createEventBus(): EventBus {
  const logger = new Logger('EventBus')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  return new EventBus((event, error) => errors.note(event, { msg: 'a handler has thrown', event, err: error }))
}

function createPluginBus(bus: EventBus): PluginBus {
  const logger = new Logger('EventBus')
  const warnings = new RateLimitedLog((fields) => logger.warn(fields))
  return new PluginBus(bus, (slow) =>
    warnings.note(`${slow.event} ${slow.handler}`, { msg: 'a handler is slow: it holds up the streams', ...slow }),
  )
}

function createHealthChecks(failures: Failures): HealthChecks {
  const logger = new Logger('Health')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  return new HealthChecks((check, error) => {
    failures.count('check')
    errors.note(check, { msg: 'a health check has failed', check, err: error })
  })
}
