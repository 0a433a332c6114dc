import type { IngestState } from '../../common/event-bus/app-events.js'

/** What `GET /admin/live` tells once a second: this node, now. Rates are those of the last second. */
export interface LiveReport {
  readonly node: string
  readonly state: 'serving' | 'draining'
  /** Unix ms. */
  readonly reported_at_ms: number
  readonly uptime_s: number
  readonly connections_total: number
  /** By kind of namespace; a multiplexed stream counts once in each kind it holds. */
  readonly streams: Readonly<Record<string, number>>
  /** Score updates taken in. */
  readonly updates_per_s: number
  readonly flushes_per_s: number
  /** Rounds of eps frames; fewer than flushes where a round takes longer than a flush period. */
  readonly rounds_per_s: number
  /** The longest time from a flush to the last write of its round, ms; 0 where there was none. */
  readonly round_lag_ms: number
  /** Frames written, once for each subscriber. */
  readonly frames_per_s: number
  readonly bytes_per_s: number
  /** Subscribers that have not drained. */
  readonly slow_connections: number
  /** What waits for them in this process. */
  readonly buffered_bytes: number
  /** Frames that summed up more than one flush, in all. */
  readonly conflated: number
  /** Subscribers closed for being slow, in all. */
  readonly closed_slow: number
  readonly refused: number
  readonly handler_failures: number
  readonly ingest: LiveIngest
}

export interface LiveIngest {
  readonly source: 'redis' | 'demo' | 'none'
  /** `silent`: subscribed, and not heard for longer than READY_MAX_SILENCE_MS. */
  readonly state: IngestState | 'silent'
  /** Since anything was last heard, ms; null before the first time. */
  readonly silent_ms: number | null
  readonly last_error: string | null
}
