import type { Registry } from 'prom-client'
import type { CloseReason } from '../../common/event-bus/app-events.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import { LabelCounts } from './label-counts.js'
import { addCounter, addGauge } from './read-metrics.js'
import { STREAM_KINDS, streamKind } from './stream-kind.js'

const CLOSE_REASONS: readonly CloseReason[] = ['client', 'slow', 'shutdown', 'expired', 'cleanup', 'error']

const REFUSAL_REASONS = ['full', 'per-address', 'rate', 'draining'] as const

/** Who is subscribed to what, who came and went, and what was sent. */
export function addStreamMetrics(registry: Registry, bus: EventBus, stats: StreamStats): void {
  const kinds = [...STREAM_KINDS, ...stats.plugInNamespaces]
  const open = new LabelCounts(kinds)
  const opened = new LabelCounts(kinds)
  const closed = new LabelCounts(CLOSE_REASONS)
  const refused = new LabelCounts(REFUSAL_REASONS)
  bus.on('subscriber.opened', ({ namespaces }) => {
    const kind = streamKind(namespaces)
    open.add(kind)
    opened.add(kind)
  })
  bus.on('subscriber.closed', ({ namespaces, reason }) => {
    open.add(streamKind(namespaces), -1)
    closed.add(reason)
  })
  bus.on('connection.refused', ({ reason }) => refused.add(reason))

  addGauge(registry, { name: 'emojitrack_subscribers', help: 'Open streams.', label: 'kind', read: () => open.counts })
  addCounter(registry, {
    name: 'emojitrack_subscribers_opened_total',
    help: 'Streams opened.',
    label: 'kind',
    read: () => opened.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_subscribers_closed_total',
    help: 'Streams closed.',
    label: 'reason',
    read: () => closed.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_connections_refused_total',
    help: 'Streams not opened, because of a limit or because the node drains.',
    label: 'reason',
    read: () => refused.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_broadcast_frames_total',
    help: 'Frames offered, once each however many subscribers took them.',
    read: () => stats.msgsBroadcast,
  })
  addCounter(registry, {
    name: 'emojitrack_sent_frames_total',
    help: 'Frames written to subscribers, once for each of them.',
    read: () => stats.traffic.frames,
  })
  addCounter(registry, {
    name: 'emojitrack_sent_bytes_total',
    help: 'Bytes written to subscribers, response heads and heartbeats included.',
    read: () => stats.traffic.bytes,
  })
  addCounter(registry, {
    name: 'emojitrack_conflated_frames_total',
    help: 'Frames that summed up more than one flush, for a subscriber that had been behind.',
    read: () => stats.traffic.conflated,
  })
  addGauge(registry, {
    name: 'emojitrack_backlog_subscribers',
    help: 'Subscribers that had not drained at the last look at all of them.',
    read: () => stats.backlog.subscribers,
  })
  addGauge(registry, {
    name: 'emojitrack_backlog_bytes',
    help: 'Bytes that waited in this process for those.',
    read: () => stats.backlog.bytes,
  })
}
