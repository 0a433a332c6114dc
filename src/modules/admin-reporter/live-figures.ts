import type { AppConfig } from '../../common/config/app-config.js'
import type { IngestState } from '../../common/event-bus/app-events.js'
import type { Positions, PositionsStatus } from '../../common/positions/positions.js'
import { RateMeter } from '../../common/stats/counters.js'
import type { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'

/** The document that `GET /admin/live` sends once a second about this node. Rates are those of the last second. */
export interface LiveReport {
  readonly node: string
  readonly state: 'serving' | 'draining'
  /** Unix ms. */
  readonly reported_at_ms: number
  readonly uptime_s: number
  readonly connections_total: number
  /** By kind of namespace; a multiplexed stream counts once in each kind that it holds. */
  readonly streams: Readonly<Record<string, number>>
  /** Score updates received. */
  readonly updates_per_s: number
  readonly flushes_per_s: number
  /** Rounds of eps frames. Fewer than flushes if a round takes longer than a flush period. */
  readonly rounds_per_s: number
  /** The longest time from a flush to the last write of its round, ms. 0 if there was no round. */
  readonly round_lag_ms: number
  /** Frames written, once for each subscriber. */
  readonly frames_per_s: number
  readonly bytes_per_s: number
  /** Subscribers whose sockets are not drained. */
  readonly slow_connections: number
  /** Bytes that wait in this process for subscribers whose sockets are not drained. */
  readonly buffered_bytes: number
  /** Frames that summed up more than one flush, since the start. */
  readonly conflated: number
  /** Subscribers closed because they were slow, since the start. */
  readonly closed_slow: number
  readonly refused: number
  readonly handler_failures: number
  readonly ingest: LiveIngest
  readonly positions: PositionsStatus
  /** Streams that gave an event id, since the start, by whether they went on from it. */
  readonly resumes: { readonly served: number; readonly reset: number }
}

export interface LiveIngest {
  readonly source: 'redis' | 'demo' | 'none'
  /** `silent`: subscribed, but nothing was received for longer than READY_MAX_SILENCE_MS. */
  readonly state: IngestState | 'silent'
  /** Time since anything was received, ms. Null before the first time. */
  readonly silent_ms: number | null
  readonly last_error: string | null
}

export interface FigureSources {
  readonly config: Pick<AppConfig, 'nodeName' | 'readyMaxSilenceMs'>
  readonly stats: StreamStats
  readonly counters: NodeCounters
  readonly node: NodeState
  readonly positions: Pick<Positions, 'status'>
}

/** Makes live reports: the rates of counters between two samples, and the present state. */
export class LiveFigures {
  private readonly rounds: ReturnType<NodeCounters['roundMeter']>
  private readonly rates = { updates: new RateMeter(0), flushes: new RateMeter(0), frames: new RateMeter(0), bytes: new RateMeter(0) }

  constructor(private readonly sources: FigureSources) {
    this.rounds = sources.counters.roundMeter()
  }

  /** Samples the counters. A sample must precede the first of a series of reports. `nowMs` is monotonic. */
  sample(nowMs: number): void {
    const { counters, stats } = this.sources
    this.rates.updates.sample(counters.received.score, nowMs)
    this.rates.flushes.sample(counters.flushes, nowMs)
    this.rates.frames.sample(stats.traffic.frames, nowMs)
    this.rates.bytes.sample(stats.traffic.bytes, nowMs)
  }

  /** @param uptimeS whole seconds; `unixMs`: the time of day; `nowMs`: monotonic */
  report(nowMs: number, unixMs: number, uptimeS: number): LiveReport {
    this.sample(nowMs)
    const { config, stats, counters, node, positions } = this.sources
    const served = counters.resumes.of('served')
    const { rates } = this
    return {
      node: config.nodeName,
      state: node.isDraining ? 'draining' : 'serving',
      reported_at_ms: unixMs,
      uptime_s: uptimeS,
      connections_total: stats.total,
      streams: Object.fromEntries(counters.openByNamespace.counts),
      updates_per_s: tenth(rates.updates.perSecond),
      flushes_per_s: tenth(rates.flushes.perSecond),
      rounds_per_s: tenth(stats.epsRate),
      round_lag_ms: tenth(this.rounds.take().lagMs),
      frames_per_s: tenth(rates.frames.perSecond),
      bytes_per_s: Math.round(rates.bytes.perSecond),
      slow_connections: stats.backlog.subscribers,
      buffered_bytes: stats.backlog.bytes,
      conflated: stats.traffic.conflated,
      closed_slow: counters.closed.of('slow'),
      refused: counters.discarded.total,
      handler_failures: counters.handlerFailures,
      ingest: this.ingest(nowMs),
      positions: positions.status,
      resumes: { served, reset: counters.resumes.total - served },
    }
  }

  private ingest(nowMs: number): LiveIngest {
    const { source, state, heardAtMs, lastError } = this.sources.node
    const silentMs = Math.round(nowMs - heardAtMs)
    const isSilent = state === 'ready' && silentMs > this.sources.config.readyMaxSilenceMs
    return { source, state: isSilent ? 'silent' : state, silent_ms: Number.isFinite(silentMs) ? silentMs : null, last_error: lastError }
  }
}

const tenth = (value: number) => Math.round(value * 10) / 10
