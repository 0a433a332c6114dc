import { Histogram, type Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { NodeCounters } from '../../common/stats/node-stats.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import { addCounter, addGauge } from './prometheus.js'

/** From a delay that no client notices to one that every user sees. 0.017 s is one flush period. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.017, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Streams opened and closed, and the data sent to them. */
export function addStreamMetrics(registry: Registry, counters: NodeCounters, stats: StreamStats): void {
  addGauge(registry, { name: 'emojitrack_subscribers', help: 'Open streams.', label: 'kind', read: () => counters.open.counts })
  addCounter(registry, {
    name: 'emojitrack_subscribers_opened_total',
    help: 'Streams opened.',
    label: 'kind',
    read: () => counters.opened.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_subscribers_closed_total',
    help: 'Streams closed.',
    label: 'reason',
    read: () => counters.closed.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_connections_refused_total',
    help: 'Streams not opened, because of a limit or because the node drains.',
    label: 'reason',
    read: () => counters.refused.counts,
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
    help: 'Subscribers that were not drained at the last sweep.',
    read: () => stats.backlog.subscribers,
  })
  addGauge(registry, {
    name: 'emojitrack_backlog_bytes',
    help: 'Bytes of a write, of messages and of raw updates that subscribers had yet to get at the last sweep.',
    read: () => stats.backlog.bytes,
  })
}

/** The delay between an update and the eps subscribers. Histograms need every sample, so they listen to the bus themselves. */
export function addFanOutMetrics(registry: Registry, bus: EventBus, stats: StreamStats): void {
  const histogram = (name: string, help: string) => new Histogram({ name, help, buckets: BUCKETS_S, registers: [registry] })
  const flushLag = histogram('emojitrack_flush_lag_seconds', 'Delay of each flush after its deadline.')
  const roundDuration = histogram('emojitrack_round_duration_seconds', 'From the first write of each round of eps frames to its last.')
  const fanOutLag = histogram(
    'emojitrack_fan_out_lag_seconds',
    'From the flush to the last write of the round that brings it to the eps subscribers.',
  )
  bus.on('scores.summarized', ({ lateMs }) => flushLag.observe(lateMs / 1000))
  bus.on('round.finished', ({ tookMs, lagMs }) => {
    roundDuration.observe(tookMs / 1000)
    fanOutLag.observe(lagMs / 1000)
  })
  addGauge(registry, {
    name: 'emojitrack_eps_rounds_per_second',
    help: 'Rounds of eps frames per second, over the last second.',
    read: () => stats.epsRate,
  })
}
