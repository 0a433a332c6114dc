import type { Registry } from 'prom-client'
import type { AppConfig } from '../../common/config/app-config.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { Failures } from '../../common/stats/failures.js'
import type { NodeState } from '../../common/stats/node-state.js'
import type { Refusals } from '../../common/stats/refusals.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import { addFailureMetrics } from './failure-metrics.js'
import { addFanOutMetrics } from './fan-out-metrics.js'
import { addIngestMetrics } from './ingest-metrics.js'
import { addProcessMetrics } from './process-metrics.js'
import { addStreamMetrics } from './stream-metrics.js'

/** Where the metrics come from: the bus, and for what is asked rather than announced, the others. */
export interface MetricSources {
  readonly config: Pick<AppConfig, 'worker'>
  readonly bus: EventBus
  readonly stats: StreamStats
  readonly ingest: NodeState
  readonly refusals: Refusals
  readonly failures: Failures
}

/**
 * Adds every metric of this process. One of several workers puts its number on each of its series, and nothing adds them up before Prometheus does: when
 * a worker falls, a sum of counters would fall too, and count as a restart of all of them (docs/decisions/0017-metrics-of-workers.md).
 */
export function addNodeMetrics(registry: Registry, { config, bus, stats, ingest, refusals, failures }: MetricSources): void {
  if (config.worker !== null) registry.setDefaultLabels({ worker: String(config.worker) })
  addStreamMetrics(registry, bus, stats)
  addFanOutMetrics(registry, bus, stats)
  addIngestMetrics(registry, bus, ingest, refusals)
  addFailureMetrics(registry, bus, failures)
  addProcessMetrics(registry, stats.writer)
}
