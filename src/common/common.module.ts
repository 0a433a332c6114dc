import { type DynamicModule, Global, Logger, Module } from '@nestjs/common'
import { AdminAccess } from './access/admin-access.js'
import { AdminGuard } from './access/admin-guard.js'
import { ClientAddresses } from './access/client-addresses.js'
import { AppConfig } from './config/app-config.js'
import { EventBus } from './event-bus/event-bus.js'
import { PlugInBus } from './event-bus/plug-in-bus.js'
import { RateLimitedLog } from './logging/rate-limited-log.js'
import { HealthChecks } from './plug-in/health-checks.js'
import { MetricsRegistry } from './plug-in/metrics-registry.js'
import { Relay } from './relay/relay.js'
import { ScoreLog } from './score-log/score-log.js'
import { Discards, Failures } from './stats/counters.js'
import { NodeState } from './stats/node-state.js'
import { WebFiles } from './web-files/web-files.js'

/** What every module may inject, plug-ins included. */
@Global()
@Module({})
export class CommonModule {
  static register(config: AppConfig, relay: Relay, failures: Failures): DynamicModule {
    const busLogger = new Logger('EventBus')
    // What fails, or is slow, does so as often as its event comes, which may be 60 times a second.
    const errors = new RateLimitedLog((fields) => busLogger.error(fields))
    const warnings = new RateLimitedLog((fields) => busLogger.warn(fields))
    const bus = new EventBus((event, error) => errors.note(event, { msg: 'a handler has thrown', event, err: error }))
    const plugInBus = new PlugInBus(bus, (slow) =>
      warnings.note(`${slow.event} ${slow.handler}`, { msg: 'a handler is slow: it holds up the streams', ...slow }),
    )
    const healthLogger = new Logger('Health')
    const failedChecks = new RateLimitedLog((fields) => healthLogger.error(fields))
    const healthChecks = new HealthChecks((check, error) => {
      failures.count('check')
      failedChecks.note(check, { msg: 'a health check has failed', check, err: error })
    })
    return {
      module: CommonModule,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: EventBus, useValue: bus },
        { provide: PlugInBus, useValue: plugInBus },
        { provide: HealthChecks, useValue: healthChecks },
        { provide: MetricsRegistry, useValue: new MetricsRegistry() },
        { provide: ScoreLog, useValue: new ScoreLog(config.scoreLog) },
        { provide: Relay, useValue: relay },
        { provide: Failures, useValue: failures },
        NodeState,
        Discards,
        AdminAccess,
        AdminGuard,
        ClientAddresses,
        WebFiles,
      ],
      exports: [
        AppConfig,
        EventBus,
        PlugInBus,
        HealthChecks,
        MetricsRegistry,
        ScoreLog,
        Relay,
        Failures,
        NodeState,
        Discards,
        AdminAccess,
        AdminGuard,
        ClientAddresses,
        WebFiles,
      ],
    }
  }
}
