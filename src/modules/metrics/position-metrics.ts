import { Gauge, Histogram, type Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { Positions } from '../../common/positions/positions.js'
import type { NodeCounters } from '../../common/stats/node-stats.js'
import { addCounter, addGauge } from './prometheus.js'

/** From a cut of some hundred ids to the timeout of one. */
const BUCKETS_S = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The positions of this node, the cuts that check them, and the streams that resume. */
export function addPositionMetrics(
  registry: Registry,
  bus: EventBus,
  counters: NodeCounters,
  positions: Pick<Positions, 'status' | 'healed'>,
): void {
  addGauge(registry, {
    name: 'emojitrack_positions_shared',
    help: '1 while event ids are valid on every node, 0 while they are valid in this process alone.',
    read: () => Number(positions.status.mode === 'shared'),
  })
  new Gauge({
    name: 'emojitrack_positions_info',
    help: 'Always 1; the labels name the mode, the epoch, and the reason of the private mode.',
    labelNames: ['mode', 'epoch', 'reason'],
    registers: [registry],
    collect() {
      const { mode, epoch, reason } = positions.status
      this.reset()
      this.set({ mode, epoch, reason: reason ?? '' }, 1)
    },
  })
  addGauge(registry, {
    name: 'emojitrack_position',
    help: 'The newest position: the sum of all scores, or with private positions the number of entries of the score log.',
    read: () => positions.status.position,
  })
  addCounter(registry, {
    name: 'emojitrack_resumes_total',
    help: 'Streams that gave an event id, by whether they went on from it, or why they began anew.',
    label: 'outcome',
    read: () => counters.resumes.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_healed_updates_total',
    help: 'Updates that were missed and added later.',
    read: () => positions.healed,
  })
  addCounter(registry, {
    name: 'emojitrack_cuts_total',
    help: 'Cuts through the scores in Redis, by what they showed.',
    label: 'outcome',
    read: () => counters.cuts.counts,
  })
  const duration = new Histogram({
    name: 'emojitrack_cut_duration_seconds',
    help: 'From the request for each cut to its verdict or its failure.',
    buckets: BUCKETS_S,
    registers: [registry],
  })
  bus.on('cut.finished', ({ tookMs }) => duration.observe(tookMs / 1000))
}
