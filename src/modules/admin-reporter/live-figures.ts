import type { AppConfig } from '../../common/config/app-config.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { NodeState } from '../../common/stats/node-state.js'
import { RateMeter } from '../../common/stats/rate-meter.js'
import type { Refusals } from '../../common/stats/refusals.js'
import type { StreamStats } from '../../common/stats/stream-stats.js'
import type { LiveIngest, LiveReport } from './live-report.js'
import type { NodeActivity } from './node-activity.js'

/** Where the figures come from, beside the bus's events. */
export interface FigureSources {
  readonly config: Pick<AppConfig, 'nodeName' | 'readyMaxSilenceMs'>
  readonly bus: EventBus
  readonly stats: StreamStats
  readonly activity: Pick<NodeActivity, 'updates' | 'streams' | 'isDraining'>
  readonly ingest: NodeState
  readonly refusals: Pick<Refusals, 'total'>
}

/** Counts what the bus tells from the start on, an addition per event, and makes a report when asked. */
export class LiveFigures {
  private flushes = 0
  private closedSlow = 0
  private roundLagMs = 0
  private readonly rates = { updates: new RateMeter(0), flushes: new RateMeter(0), frames: new RateMeter(0), bytes: new RateMeter(0) }

  constructor(private readonly sources: FigureSources) {}

  listen(): void {
    const { bus } = this.sources
    bus.on('scores.summarized', () => {
      this.flushes++
    })
    bus.on('round.finished', ({ lagMs }) => {
      this.roundLagMs = Math.max(this.roundLagMs, lagMs)
    })
    bus.on('subscriber.closed', ({ reason }) => {
      if (reason === 'slow') this.closedSlow++
    })
  }

  /** Rates are those since the last sample, of which one begins each row of reports. `nowMs` is monotonic. */
  sample(nowMs: number): void {
    const { activity, stats } = this.sources
    this.rates.updates.sample(activity.updates, nowMs)
    this.rates.flushes.sample(this.flushes, nowMs)
    this.rates.frames.sample(stats.traffic.frames, nowMs)
    this.rates.bytes.sample(stats.traffic.bytes, nowMs)
  }

  /** @param uptimeS whole seconds; `unixMs`: the time of day; `nowMs`: monotonic */
  report(nowMs: number, unixMs: number, uptimeS: number): LiveReport {
    this.sample(nowMs)
    const { config, stats, activity, refusals, bus } = this.sources
    const { rates } = this
    const round_lag_ms = tenth(this.roundLagMs)
    this.roundLagMs = 0
    return {
      node: config.nodeName,
      state: activity.isDraining ? 'draining' : 'serving',
      reported_at_ms: unixMs,
      uptime_s: uptimeS,
      connections_total: stats.total,
      streams: { ...activity.streams },
      updates_per_s: tenth(rates.updates.perSecond),
      flushes_per_s: tenth(rates.flushes.perSecond),
      rounds_per_s: tenth(stats.epsRate),
      round_lag_ms,
      frames_per_s: tenth(rates.frames.perSecond),
      bytes_per_s: Math.round(rates.bytes.perSecond),
      slow_connections: stats.backlog.subscribers,
      buffered_bytes: stats.backlog.bytes,
      conflated: stats.traffic.conflated,
      closed_slow: this.closedSlow,
      refused: refusals.total,
      handler_failures: bus.failures,
      ingest: this.ingest(nowMs),
    }
  }

  private ingest(nowMs: number): LiveIngest {
    const { source, state, heardAtMs, lastError } = this.sources.ingest
    const silentMs = Math.round(nowMs - heardAtMs)
    const isSilent = state === 'ready' && silentMs > this.sources.config.readyMaxSilenceMs
    return { source, state: isSilent ? 'silent' : state, silent_ms: Number.isFinite(silentMs) ? silentMs : null, last_error: lastError }
  }
}

const tenth = (value: number) => Math.round(value * 10) / 10
