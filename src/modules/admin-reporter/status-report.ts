import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IngestState } from '../../common/event-bus/app-events.js'
import type { PositionsStatus } from '../../common/positions/positions.js'
import type { SubscriberInfo } from '../../common/stats/stream-stats.js'

/** The maximum size of a status document. It goes into Redis every REPORT_MS, and every other node reads it. */
export const MAX_STATUS_BYTES = 262_144
/** The maximum length of `namespace` and of `request_path`, in characters, as of `user_agent`. */
const MAX_TEXT = 256
/** Connections that are examined, or written, in one turn of the event loop: a slice takes well under 1 ms. */
const LOOK_SLICE = 200
const WRITE_SLICE = 100

/** The status document of a node: the original streamers' fields, and more. Times are whole Unix seconds; counts are since the start. */
export interface StatusReport {
  readonly node: string
  readonly status: 'OK'
  readonly reported_at: number
  readonly startup_time: number
  /** The interval between two reports into Redis, ms. */
  readonly report_ms: number
  readonly draining: boolean
  readonly ingest: { readonly source: 'redis' | 'demo' | 'none'; readonly state: IngestState; readonly since: number }
  readonly positions: PositionsStatus
  /** Score updates received. */
  readonly updates: number
  readonly msgs_broadcast: number
  /** Rounds of eps frames per second, over the last second. */
  readonly eps_rate: number
  /** Frames written, once for each subscriber. */
  readonly frames_sent: number
  readonly bytes_sent: number
  /** Frames that summed up more than one flush, for a subscriber that had been behind. */
  readonly conflated: number
  /** Updates and messages from the source that were discarded. */
  readonly refused: number
  /** Handlers of bus events that have thrown. */
  readonly handler_failures: number
  /** Reports that could not be written to Redis. */
  readonly report_failures: number
  /** Reports of other nodes in Redis that could not be parsed, when they were last read. */
  readonly unparsable_reports: number
  /** Open streams by kind of namespace; a multiplexed stream counts once in each kind that it holds. */
  readonly streams: Readonly<Record<string, number>>
  readonly connections_total: number
  /** At most STATUS_MAX_CONNECTIONS of them, and as many as fit into MAX_STATUS_BYTES. Ascending by `created_at`. */
  readonly connections: readonly ConnectionReport[]
}

export interface ConnectionReport {
  readonly request_path: string
  /** With a leading slash. Several namespaces of one connection are joined by commas; `,…+n` replaces the last n of a long list. */
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
  /** The time for which the socket has not been drained, whole ms; 0 if it is drained. */
  readonly lag_ms: number
}

export interface ConnectionReportOptions {
  /** Whole Unix seconds. */
  readonly now: number
  /** Without it, addresses and user agents are left empty. */
  readonly isAuthorised: boolean
}

export function connectionReport(info: SubscriberInfo, { now, isAuthorised }: ConnectionReportOptions): ConnectionReport {
  return {
    request_path: info.requestPath.slice(0, MAX_TEXT),
    namespace: namespaceText(info.namespaces),
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

/** The namespaces as one text of at most MAX_TEXT characters. */
function namespaceText(namespaces: readonly string[]): string {
  const whole = `/${namespaces.join(',')}`
  if (whole.length <= MAX_TEXT) return whole
  let fitting = 0
  let length = ',…+64'.length
  for (const name of namespaces) {
    length += name.length + 1
    if (length > MAX_TEXT) break
    fitting++
  }
  return `/${namespaces.slice(0, fitting).join(',')},…+${namespaces.length - fitting}`
}

export interface StatusTextOptions extends ConnectionReportOptions {
  readonly maxConnections: number
}

/**
 * Encodes the report as JSON, one slice of connections in each turn of the event loop, so that no frame waits for all of them. Connections
 * that don't fit into MAX_STATUS_BYTES are left out, the least important ones.
 * @param head returns all fields but the connections; called a turn after the connections have been picked
 */
export async function statusText(
  streams: Iterable<SubscriberInfo>,
  head: () => Omit<StatusReport, 'connections'>,
  { maxConnections, ...options }: StatusTextOptions,
): Promise<string> {
  const connections = await pick(streams, maxConnections)
  // The bus announces a stream at the end of the turn in which it opens, and the counts of the head go by that.
  await nextTurn()
  const opening = `${JSON.stringify(head()).slice(0, -1)},"connections":[`
  const rows: [connection: Seen, json: string][] = []
  let room = MAX_STATUS_BYTES - Buffer.byteLength(opening) - CLOSING.length
  for (const connection of connections) {
    const json = JSON.stringify(connectionReport(connection.info, options))
    room -= Buffer.byteLength(json) + 1
    if (room < 0) break
    if (rows.push([connection, json]) % WRITE_SLICE === 0) await nextTurn()
  }
  const inOrder = rows.sort(([a], [b]) => byOpening(a, b)).map(([, json]) => json)
  return `${opening}${inOrder.join(',')}${CLOSING}`
}

async function pick(streams: Iterable<SubscriberInfo>, limit: number): Promise<readonly Seen[]> {
  const picked = new ConnectionPick(limit)
  let looked = 0
  for (const info of streams) {
    picked.see(info)
    if (++looked % LOOK_SLICE === 0) await nextTurn()
  }
  return picked.list()
}

const CLOSING = ']}'

interface Seen {
  readonly info: SubscriberInfo
  /** The position in the order of opening. */
  readonly place: number
}

/** Ascending by `createdAt`. */
export const byOpening = (a: Seen, b: Seen): number => a.info.createdAt - b.info.createdAt || a.place - b.place

/**
 * Picks the connections that a report lists: those that lag the longest, as at most half of the list, and the most recent ones. Its memory
 * is bounded by a few times `limit`, however many connections it sees.
 */
export class ConnectionPick {
  private readonly recent: Seen[] = []
  private readonly worst: Seen[] = []
  private readonly worstLimit: number
  private seen = 0

  constructor(private readonly limit: number) {
    this.worstLimit = Math.floor(limit / 2)
  }

  /** Must be called in the order of opening. */
  see(info: SubscriberInfo): void {
    if (this.limit === 0) return
    const place = this.seen++
    const connection = { info, place }
    this.recent[place % this.limit] = connection
    if (info.lagMs === 0 && info.bufferedBytes === 0) return
    this.worst.push(connection)
    if (this.worst.length >= 2 * this.limit) this.trimWorst()
  }

  /** By importance: the worst ones, then the most recent ones. */
  list(): readonly Seen[] {
    this.trimWorst()
    const places = new Set(this.worst.map(({ place }) => place))
    const chosen = [...this.worst]
    for (let place = this.seen - 1; place >= 0 && chosen.length < this.limit; place--) {
      const connection = this.recent[place % this.limit]
      if (connection?.place !== place) break
      if (!places.has(place)) chosen.push(connection)
    }
    return chosen
  }

  private trimWorst(): void {
    this.worst.sort(({ info: a }, { info: b }) => b.lagMs - a.lagMs || b.bufferedBytes - a.bufferedBytes)
    this.worst.length = Math.min(this.worst.length, this.worstLimit)
  }
}
