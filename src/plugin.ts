/**
 * The plug-in surface, `emojitrack-streamer/plugin` (docs/plug-ins.md). A plug-in is a Nest module that STREAMER_MODULES names; it injects what is
 * exported here, without importing any module.
 */

// What a plug-in needs of other packages, in the one instance and version that the server runs.
export { HttpAdapterHost } from '@nestjs/core'
export { Cron, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule'
export { Counter, Gauge, Histogram } from 'prom-client'
export { AdminGuard } from './common/access/admin-guard.js'
export { AppError } from './common/app-error.js'
// By star, for only so can a plug-in add to AppEvents by declaration merging.
export * from './common/event-bus/app-events.js'
export { PlugInBus as EventBus, type PlugInHandler as EventHandler } from './common/event-bus/plug-in-bus.js'
export { type IdFault, idFault, MAX_ID_BYTES } from './common/ids/id-fault.js'
export { type HealthCheck, HealthChecks } from './common/plug-in/health-checks.js'
export { MetricsRegistry } from './common/plug-in/metrics-registry.js'
export {
  type IncrementsNamespace,
  type LatestNamespace,
  MAX_INCREMENT,
  Namespaces,
  type QueueNamespace,
} from './common/plug-in/namespaces.js'
export { Relay } from './common/relay/relay.js'
export type { RelayPayload, RelayValue } from './common/relay/relay-message.js'
export { StreamStats, type SubscriberInfo } from './common/stats/stream-stats.js'
