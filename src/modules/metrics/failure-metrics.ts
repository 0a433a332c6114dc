import type { Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { Failures } from '../../common/stats/failures.js'
import { LabelCounts } from './label-counts.js'
import { addCounter } from './read-metrics.js'

const REPORTS = ['admin', 'graphite'] as const

const REJECTION_REASONS = ['timeout', 'too-large', 'malformed'] as const

/** What went wrong without touching the streams. */
export function addFailureMetrics(registry: Registry, bus: EventBus, failures: Failures): void {
  const reports = new LabelCounts(REPORTS)
  bus.on('report.failed', ({ report }) => reports.add(report))
  addCounter(registry, {
    name: 'emojitrack_report_failures_total',
    help: 'Periodic reports that did not get through.',
    label: 'report',
    read: () => reports.counts,
  })
  const rejected = new LabelCounts(REJECTION_REASONS)
  bus.on('request.rejected', ({ reason }) => rejected.add(reason))
  addCounter(registry, {
    name: 'emojitrack_requests_rejected_total',
    help: 'Requests that were too slow, too large or malformed.',
    label: 'reason',
    read: () => rejected.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_handler_failures_total',
    help: 'Handlers of internal events that have thrown: bugs.',
    read: () => bus.failures,
  })
  addCounter(registry, {
    name: 'emojitrack_caught_failures_total',
    help: 'Failures elsewhere that were caught: bugs, of plug-ins as a rule.',
    label: 'in',
    read: () => failures.counts,
  })
}
