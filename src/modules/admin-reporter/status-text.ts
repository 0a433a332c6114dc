import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SubscriberInfo } from '../../common/stats/stream-stats.js'
import { ConnectionPick } from './connection-pick.js'
import { type ConnectionReportOptions, connectionReport, type StatusReport } from './status-report.js'

/** How many connections are looked at, and how many written, in one turn of the event loop: well under 1 ms each. */
const LOOK_SLICE = 200
const WRITE_SLICE = 100

export interface StatusTextOptions extends ConnectionReportOptions {
  readonly maxConnections: number
}

/**
 * The report as JSON, made over as many turns of the event loop as there are slices of connections, so that no frame waits for it.
 * @param head everything but the connections; asked for when those have been picked
 */
export async function statusText(
  streams: Iterable<SubscriberInfo>,
  head: () => Omit<StatusReport, 'connections'>,
  { maxConnections, ...options }: StatusTextOptions,
): Promise<string> {
  const connections = await pick(streams, maxConnections)
  const parts: string[] = []
  for (let from = 0; from < connections.length; from += WRITE_SLICE) {
    const slice = connections.slice(from, from + WRITE_SLICE).map((info) => connectionReport(info, options))
    parts.push(JSON.stringify(slice).slice(1, -1))
    await nextTurn()
  }
  return `${JSON.stringify(head()).slice(0, -1)},"connections":[${parts.join(',')}]}`
}

async function pick(streams: Iterable<SubscriberInfo>, limit: number): Promise<SubscriberInfo[]> {
  const picked = new ConnectionPick(limit)
  let looked = 0
  for (const info of streams) {
    picked.see(info)
    if (++looked % LOOK_SLICE === 0) await nextTurn()
  }
  return picked.list()
}
