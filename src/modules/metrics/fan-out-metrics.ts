import { Histogram, type Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import { addGauge } from './read-metrics.js'

/** From a flush that nobody notices to one that everybody does; 0.017 s is one period of the flush. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.017, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** How soon updates get to the eps subscribers. */
export function addFanOutMetrics(registry: Registry, bus: EventBus, stats: StreamStats): void {
  const histogram = (name: string, help: string) => new Histogram({ name, help, buckets: BUCKETS_S, registers: [registry] })
  const flushLag = histogram('emojitrack_flush_lag_seconds', 'How long after its deadline each flush came.')
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
