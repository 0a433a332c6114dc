import type { AppConfig } from '../../common/config/app-config.js'
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

/** @param isAuthorised who isn't sees neither addresses nor user agents */
export function statusReport(
  { nodeName }: Pick<AppConfig, 'nodeName'>,
  stats: StreamStats,
  startupTime: number,
  now: number,
  isAuthorised: boolean,
): StatusReport {
  return {
    node: nodeName,
    status: 'OK',
    reported_at: now,
    startup_time: startupTime,
    msgs_broadcast: stats.msgsBroadcast,
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
