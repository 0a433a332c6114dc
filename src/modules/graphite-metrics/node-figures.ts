import { DETAILS } from '../../common/core/namespace.js'
import type { AppEvents, CloseReason } from '../../common/event-bus/app-events.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { NodeState } from '../../common/stats/node-state.js'
import { OpenStreams } from '../../common/stats/open-streams.js'
import type { Refusals } from '../../common/stats/refusals.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import type { Metric } from './plaintext.js'

type RefusalReason = AppEvents['connection.refused']['reason']
type RejectionReason = AppEvents['request.rejected']['reason']

/** The original streamers' word for details. */
const ORIGINAL_DETAILS = 'detail'

export interface FigureSources {
  readonly bus: EventBus
  readonly stats: StreamStats
  readonly refusals: Pick<Refusals, 'total'>
  readonly ingest: Pick<NodeState, 'state' | 'heardAtMs'>
}

/**
 * What this node has to tell of itself, counted from the bus and asked of the statistics port: docs/graphite.md says what each figure means. Counters
 * grow from the start of the process.
 */
export class NodeFigures {
  private readonly open = new OpenStreams()
  private readonly closed = new Map<CloseReason, number>()
  private readonly refused = new Map<RefusalReason, number>()
  private readonly rejected = new Map<RejectionReason, number>()
  private opened = 0
  private updates = 0
  private details = 0
  private interactions = 0
  private connects = 0
  private failedReports = 0
  private roundTookMs = 0
  private roundLagMs = 0

  constructor(private readonly sources: FigureSources) {}

  listen(): void {
    const { bus, stats } = this.sources
    this.open.listen(bus, stats.plugInNamespaces)
    bus.on('subscriber.opened', () => {
      this.opened++
    })
    bus.on('subscriber.closed', ({ reason }) => increase(this.closed, reason))
    bus.on('connection.refused', ({ reason }) => increase(this.refused, reason))
    bus.on('request.rejected', ({ reason }) => increase(this.rejected, reason))
    bus.on('scores.received', ({ ids }) => {
      this.updates += ids.length
    })
    bus.on('detail.received', () => {
      this.details++
    })
    bus.on('interaction.received', () => {
      this.interactions++
    })
    bus.on('ingest.changed', ({ state }) => {
      if (state === 'ready') this.connects++
    })
    bus.on('round.finished', ({ tookMs, lagMs }) => {
      this.roundTookMs = Math.max(this.roundTookMs, tookMs)
      this.roundLagMs = Math.max(this.roundLagMs, lagMs)
    })
    bus.on('report.failed', () => {
      this.failedReports++
    })
  }

  /** The figures of now; the longest round is that since the last call. `nowMs` is monotonic. */
  take(nowMs: number): Metric[] {
    const { bus, stats, refusals, ingest } = this.sources
    const { roundTookMs, roundLagMs } = this
    this.roundTookMs = 0
    this.roundLagMs = 0
    return [
      ...Object.entries(this.open.counts).map(
        ([kind, count]): Metric => [`stream.${kind === DETAILS ? ORIGINAL_DETAILS : kind}.clients`, count],
      ),
      ['stream.open', stats.total],
      ['stream.opened', this.opened],
      ...byReason('stream.closed', this.closed),
      ...byReason('stream.refused', this.refused),
      ...byReason('requests.rejected', this.rejected),
      ['stream.msgs_broadcast', stats.msgsBroadcast],
      ['stream.frames', stats.traffic.frames],
      ['stream.bytes', stats.traffic.bytes],
      ['stream.conflated', stats.traffic.conflated],
      ['stream.eps.rate', stats.epsRate],
      ['stream.round.took_ms', roundTookMs],
      ['stream.round.lag_ms', roundLagMs],
      ['ingest.updates', this.updates],
      ['ingest.details', this.details],
      ['ingest.interactions', this.interactions],
      ['ingest.refused', refusals.total],
      ['ingest.ready', ingest.state === 'ready' ? 1 : 0],
      ['ingest.connects', this.connects],
      ['ingest.silent_ms', nowMs - ingest.heardAtMs],
      ['handlers.failed', bus.failures],
      ['reports.failed', this.failedReports],
    ]
  }
}

function increase<Reason>(counts: Map<Reason, number>, reason: Reason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1)
}

const byReason = (name: string, counts: ReadonlyMap<string, number>) =>
  Array.from(counts, ([reason, count]): Metric => [`${name}.${reason}`, count])
