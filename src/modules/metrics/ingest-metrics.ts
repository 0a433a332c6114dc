import type { Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { Refusal } from '../../common/score-log/score-log.js'
import type { NodeState } from '../../common/stats/node-state.js'
import type { Refusals } from '../../common/stats/refusals.js'
import { ConnectionGaps } from './connection-gaps.js'
import { LabelCounts } from './label-counts.js'
import { addCounter, addGauge } from './read-metrics.js'

/** Those there are; counted from 0, so that the first one shows. */
const REFUSAL_REASONS: readonly (Refusal | 'too-large')[] = [
  'empty',
  'too-long',
  'control-character',
  'invalid-utf8',
  'too-many-new',
  'too-large',
]
const NO_REFUSALS = REFUSAL_REASONS.map((reason) => [reason, 0] as const)

/** What comes in, what is refused, and whether the source is there. */
export function addIngestMetrics(registry: Registry, bus: EventBus, status: NodeState, refusals: Refusals): void {
  const received = new LabelCounts(['score', 'detail', 'interaction'])
  const gaps = new ConnectionGaps(performance.now())
  bus.on('scores.received', ({ ids }) => received.add('score', ids.length))
  bus.on('detail.received', () => received.add('detail'))
  bus.on('interaction.received', () => received.add('interaction'))
  bus.on('ingest.changed', ({ state }) => gaps.change(state, performance.now()))

  addCounter(registry, {
    name: 'emojitrack_updates_received_total',
    help: 'Updates taken from the source.',
    label: 'type',
    read: () => received.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_updates_refused_total',
    help: 'Updates from the source that were not streamed.',
    label: 'reason',
    read: () => new Map<string, number>([...NO_REFUSALS, ...refusals.counts]),
  })
  addGauge(registry, {
    name: 'emojitrack_ingest_ready',
    help: '1 while the source is subscribed and heard, else 0.',
    read: () => Number(gaps.isReady),
  })
  addCounter(registry, {
    name: 'emojitrack_ingest_unready_seconds_total',
    help: 'Time without a source that is ready.',
    read: () => gaps.totalMs(performance.now()) / 1000,
  })
  addCounter(registry, {
    name: 'emojitrack_ingest_reconnects_total',
    help: 'How often the source was ready again after it had been lost.',
    read: () => gaps.returns,
  })
  addGauge(registry, {
    name: 'emojitrack_ingest_silence_seconds',
    help: 'Time since anything was last heard from the source, or since the process began.',
    // performance.now() counts from when the process began.
    read: () => (performance.now() - Math.max(0, status.heardAtMs)) / 1000,
  })
}
