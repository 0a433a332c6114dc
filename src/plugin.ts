/**
 * The plug-in surface, `emojitrack-streamer/plugin` (docs/plug-ins.md). A plug-in is a Nest module that STREAMER_MODULES names; it
 * injects the classes exported here, without importing any module.
 */

// Classes of other packages that a plug-in needs, from the instance and version that the server runs.
export { HttpAdapterHost } from '@nestjs/core'
export { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule'
export { Counter, Gauge, Histogram } from 'prom-client'
export { AdminGuard } from './common/access/admin-access.js'
export { type IdFault, idFault, MAX_ID_BYTES } from './common/core/namespace.js'
// A star export: declaration merging, by which a plug-in adds to AppEvents, needs it.
export * from './common/event-bus/app-events.js'
export { PluginBus as EventBus, type PluginHandler as EventHandler } from './common/event-bus/event-bus.js'
export { AppError } from './common/platform/errors.js'
export {
  type IncrementsNamespace,
  type LatestNamespace,
  MAX_INCREMENT,
  Namespaces,
  type QueueNamespace,
} from './common/plugin-api/namespaces.js'
export { type HealthCheck, HealthChecks, MetricsRegistry } from './common/plugin-api/registries.js'
export type { RelayPayload, RelayValue } from './common/relay/relay.js'
export { Relay } from './common/relay/relay.js'
export { StreamStats, type SubscriberInfo } from './common/stats/stream-stats.js'
