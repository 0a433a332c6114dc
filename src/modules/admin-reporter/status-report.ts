import type { IngestState } from '../../common/event-bus/app-events.js'
import type { SubscriberInfo } from '../../common/stats/stream-stats.js'

/** A node's report on itself, in the shape that the original streamers gave it, and more. Times are whole Unix seconds; counts are since the start. */
export interface StatusReport {
  readonly node: string
  readonly status: 'OK'
  readonly reported_at: number
  readonly startup_time: number
  /** How often the node reports into Redis, ms. */
  readonly report_ms: number
  readonly draining: boolean
  readonly ingest: { readonly source: 'redis' | 'demo' | 'none'; readonly state: IngestState; readonly since: number }
  /** Score updates taken in. */
  readonly updates: number
  readonly msgs_broadcast: number
  /** Rounds of eps frames per second, over the last second. */
  readonly eps_rate: number
  /** Frames written, once for each subscriber. */
  readonly frames_sent: number
  readonly bytes_sent: number
  /** Frames that summed up more than one flush, for a subscriber that had been behind. */
  readonly conflated: number
  /** What was not taken from the source. */
  readonly refused: number
  /** Handlers of bus events that have thrown. */
  readonly handler_failures: number
  /** Reports that did not get into Redis. */
  readonly report_failures: number
  /** Reports of other nodes in Redis that couldn't be read, when they were last looked at. */
  readonly unparsable_reports: number
  /** Open streams by kind of namespace; a multiplexed one counts once in each kind that it holds. */
  readonly streams: Readonly<Record<string, number>>
  readonly connections_total: number
  /** Not all of them where there are more than STATUS_MAX_CONNECTIONS. Ascending by `created_at`. */
  readonly connections: readonly ConnectionReport[]
}

export interface ConnectionReport {
  readonly request_path: string
  /** With a leading slash; a multiplexed one joins its parts by commas. */
  readonly namespace: string
  /** The id on details/<id>, else null. */
  readonly tag: string | null
  readonly created_at: number
  readonly age: number
  readonly client_ip: string
  readonly user_agent: string
  readonly msgs_sent: number
  readonly conflated: number
  readonly buffered_bytes: number
  /** Since when it has not drained, whole ms; 0 for one that keeps up. */
  readonly lag_ms: number
}

/** `now` in whole Unix seconds. Who isn't authorised sees neither addresses nor user agents. */
export interface ConnectionReportOptions {
  readonly now: number
  readonly isAuthorised: boolean
}

export function connectionReport(info: SubscriberInfo, { now, isAuthorised }: ConnectionReportOptions): ConnectionReport {
  return {
    request_path: info.requestPath,
    namespace: `/${info.namespaces.join(',')}`,
    tag: info.tag,
    created_at: info.createdAt,
    age: Math.max(0, now - info.createdAt),
    client_ip: isAuthorised ? info.clientIp : '',
    user_agent: isAuthorised ? info.userAgent : '',
    msgs_sent: info.msgsSent,
    conflated: info.conflated,
    buffered_bytes: info.bufferedBytes,
    lag_ms: Math.round(info.lagMs),
  }
}
