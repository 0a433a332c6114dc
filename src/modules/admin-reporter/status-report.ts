import type { AppConfig } from '../../common/config/app-config.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { Refusals } from '../../common/stats/refusals.js'
import type { StreamStats, SubscriberInfo } from '../../common/stats/stream-stats.js'

/** The most connections that a report lists; `connections_total` says how many there are. */
export const MAX_CONNECTIONS = 1000

/** This node's report, in the shape that the original streamers gave it. Times are whole Unix seconds. */
export interface StatusReport {
  readonly node: string
  readonly status: 'OK'
  readonly reported_at: number
  readonly startup_time: number
  readonly msgs_broadcast: number
  /** Rounds of eps frames per second, over the last second. */
  readonly eps_rate: number
  /** What was not taken from the source, in all. */
  readonly refused: number
  /** Handlers of bus events that have thrown. */
  readonly handler_failures: number
  readonly connections_total: number
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
}

/** Where a report's figures come from. */
export interface ReportSources {
  readonly config: Pick<AppConfig, 'nodeName'>
  readonly stats: StreamStats
  readonly refusals: Pick<Refusals, 'total'>
  readonly bus: Pick<EventBus, 'failures'>
}

/** `startupTime` and `now` in whole Unix seconds. Who isn't authorised sees neither addresses nor user agents. */
export interface ReportOptions {
  readonly startupTime: number
  readonly now: number
  readonly isAuthorised: boolean
}

export function statusReport(
  { config, stats, refusals, bus }: ReportSources,
  { startupTime, now, isAuthorised }: ReportOptions,
): StatusReport {
  return {
    node: config.nodeName,
    status: 'OK',
    reported_at: now,
    startup_time: startupTime,
    msgs_broadcast: stats.msgsBroadcast,
    eps_rate: Math.round(stats.epsRate * 10) / 10,
    refused: refusals.total,
    handler_failures: bus.failures,
    connections_total: stats.total,
    connections: stats.oldest(MAX_CONNECTIONS).map((info) => connectionReport(info, now, isAuthorised)),
  }
}

function connectionReport(info: SubscriberInfo, now: number, isAuthorised: boolean): ConnectionReport {
  return {
    request_path: info.requestPath,
    namespace: `/${info.namespaces.join(',')}`,
    tag: info.tag,
    created_at: info.createdAt,
    age: Math.max(0, now - info.createdAt),
    client_ip: isAuthorised ? info.clientIp : '',
    user_agent: isAuthorised ? info.userAgent : '',
    msgs_sent: info.msgsSent,
  }
}
