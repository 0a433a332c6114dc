import { setTimeout as delay } from 'node:timers/promises'
import { scrapeOf } from '../metrics/scrape.js'
import { eventually } from '../waiting/eventually.js'
import type { ServerProcess } from './server-process.js'

const PROBE_MS = 2_000
/** A scrape takes some ms of the server's time, so waits leave it this time between two. */
export const SCRAPE_PAUSE_MS = 40

/** One open stream as `/admin/status.json` lists it, as far as the tests look. */
export interface StreamReport {
  readonly request_path: string
  readonly namespace: string
  readonly user_agent: string
  readonly msgs_sent: number
}

interface Report {
  readonly connections: readonly StreamReport[]
}

/** The status of a GET over a connection of its own. */
export async function statusOf(server: Pick<ServerProcess, 'url'>, path: string): Promise<number> {
  const answer = await get(server, path)
  await answer.arrayBuffer()
  return answer.status
}

/** The number of open streams, by the metrics of the server: they are never old, and status.json is built once a second. */
export async function connectionsTotal(server: ServerProcess): Promise<number> {
  return (await scrapeOf(server)).value('emojitrack_subscribers')
}

/** The open streams, at most a thousand, the oldest first. */
export async function openStreams(server: ServerProcess): Promise<readonly StreamReport[]> {
  const report = (await (await get(server, '/admin/status.json')).json()) as Report
  return report.connections
}

/** Waits until so many streams are open. */
export async function untilConnections(server: ServerProcess, total: number, deadlineMs?: number): Promise<void> {
  const see = async () => {
    const seen = await connectionsTotal(server)
    if (seen === total) return true
    await delay(SCRAPE_PAUSE_MS)
    throw new Error(`${seen} are open`)
  }
  await eventually(`${total} streams are open`, see, deadlineMs)
}

/** Waits until `/health/ready` answers 200 (`true`) or 503 (`false`). */
export const untilReady = (server: ServerProcess, ready: boolean, deadlineMs?: number) =>
  untilAnswer(server, '/health/ready', ready, deadlineMs)

/** Waits until `/health`, which knows whether Redis is away, answers 200 (`true`) or 503 (`false`). */
export const untilHealthy = (server: ServerProcess, healthy: boolean, deadlineMs?: number) =>
  untilAnswer(server, '/health', healthy, deadlineMs)

async function untilAnswer(server: ServerProcess, path: string, isGood: boolean, deadlineMs = 15_000): Promise<void> {
  const status = isGood ? 200 : 503
  await eventually(`${path} answers ${status}`, async () => (await statusOf(server, path)) === status, deadlineMs)
}

function get(server: Pick<ServerProcess, 'url'>, path: string): Promise<Response> {
  return fetch(server.url + path, { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) })
}
