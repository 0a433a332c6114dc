import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { DETAILS } from '../../common/core/namespace.js'
import type { Positions } from '../../common/positions/positions.js'
import type { CountsByLabel } from '../../common/stats/counters.js'
import type { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import type { Figure } from './carbon-client.js'

/** The original streamers' word for details. */
const ORIGINAL_DETAILS = 'detail'
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

/** The figures of this node, each of which docs/graphite.md explains. Counters grow from the start of the process. */
export class NodeFigures {
  private readonly rounds: ReturnType<NodeCounters['roundMeter']>

  constructor(
    private readonly counters: NodeCounters,
    private readonly stats: StreamStats,
    private readonly node: Pick<NodeState, 'state' | 'heardAtMs'>,
    private readonly positions: Pick<Positions, 'status'>,
  ) {
    this.rounds = counters.roundMeter()
  }

  /** The present figures. The longest round is that since the last call. `nowMs` is monotonic. */
  take(nowMs: number): Figure[] {
    const { counters, stats, node } = this
    const { received } = counters
    const { mode, position, healed } = this.positions.status
    const { tookMs, lagMs } = this.rounds.take()
    return [
      ...Array.from(
        counters.openByNamespace.counts,
        ([kind, count]): Figure => [`stream.${kind === DETAILS ? ORIGINAL_DETAILS : kind}.clients`, count],
      ),
      ['stream.open', stats.total],
      ['stream.opened', counters.opened.total],
      ...byReason('stream.closed', counters.closed),
      ...byReason('stream.refused', counters.refused),
      ...byReason('requests.rejected', counters.rejected),
      ['stream.msgs_broadcast', stats.msgsBroadcast],
      ['stream.frames', stats.traffic.frames],
      ['stream.bytes', stats.traffic.bytes],
      ['stream.conflated', stats.traffic.conflated],
      ['stream.eps.rate', stats.epsRate],
      ['stream.round.took_ms', tookMs],
      ['stream.round.lag_ms', lagMs],
      ['ingest.updates', received.score],
      ['ingest.details', received.detail],
      ['ingest.interactions', received.interaction],
      ['ingest.refused', counters.discarded.total],
      ['ingest.ready', node.state === 'ready' ? 1 : 0],
      ['ingest.connects', counters.ingestGaps.connects],
      ['ingest.silent_ms', nowMs - node.heardAtMs],
      ['positions.shared', mode === 'shared' ? 1 : 0],
      ['positions.position', position],
      ['positions.healed', healed],
      ...byReason('positions.cuts', counters.cuts),
      ...byReason('stream.resumed', counters.resumes),
      ['handlers.failed', counters.handlerFailures],
      ['reports.failed', counters.failedReports.total],
    ]
  }
}

/** A reason appears once it has occurred. */
const byReason = (name: string, { nonZero }: CountsByLabel) => nonZero.map(([reason, count]): Figure => [`${name}.${reason}`, count])

/** The figures of this process: its memory, its processor time since the start, and the delay of its event loop. */
export function processFigures(delay: LoopDelay): Figure[] {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    ['process.loop_delay_ms.p50', delay.p50],
    ['process.loop_delay_ms.p99', delay.p99],
    ['process.loop_delay_ms.max', delay.max],
    ['process.cpu_ms', (user + system) / 1000],
    ['process.rss_bytes', rss],
    ['process.heap_used_bytes', heapUsed],
    ['process.uptime_s', process.uptime()],
  ]
}

/** The delay of the event loop since the last reading, ms. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Measures how long callbacks wait for their turn, by Node's own timer in native code. */
export class EventLoopDelay {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  start(): void {
    this.histogram.enable()
  }

  stop(): void {
    this.histogram.disable()
  }

  /** The delay since the last call. */
  take(): LoopDelay {
    const { histogram } = this
    const delay = { p50: delayOf(histogram.percentile(50)), p99: delayOf(histogram.percentile(99)), max: delayOf(histogram.max) }
    histogram.reset()
    return delay
  }
}

/** The histogram holds the times between two samples, so a sample without delay counts as one period. The `max` of an empty one is 0. */
const delayOf = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
