import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { type Scrape, scrapeOf } from '../metrics/scrape.js'
import { eventually } from '../waiting/eventually.js'
import { aFeeder, aLiveServer, aRedis } from './fixtures.js'
import { SCRAPE_PAUSE_MS } from './probes.js'
import { logLines } from './server-log.js'
import { isRunning, type ServerEnv, ServerProcess } from './server-process.js'

const PROBE_MS = 2_000
const READY_MS = 20_000
/** How many connections are asked for a report of each worker: each goes to any of them. */
const PROBES = 50

/** The variables of a server with two workers. */
export const TEAM = { NODE_NAME: 'team', WORKERS: '2' }

/**
 * A server of two workers, both subscribed to a Redis of its own. Both end with the test, which fails if the server does not stop in
 * order.
 */
export async function aTeam(env: ServerEnv = {}) {
  const stack = await aLiveServer({ ...TEAM, ...env })
  await untilTeamReady(stack.server)
  return stack
}

/** As `aTeam`, for a test that sees to its end itself. */
export async function aDoomedTeam(env: ServerEnv = {}) {
  const redis = await aRedis()
  const server = await ServerProcess.start({ REDIS_URL: redis.url, ...TEAM, ...env })
  onTestFinished(async () => void (await server.stop()))
  await untilTeamReady(server)
  const pids = [...server.workers().values()]
  // They would outlive a primary that the test has killed before it failed.
  onTestFinished(() => {
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL')
  })
  return { server, pids, feeder: await aFeeder(redis.url) }
}

/** Waits until both workers are subscribed and serve. */
export async function untilTeamReady(server: ServerProcess): Promise<void> {
  for (const number of [1, 2]) await untilWorkerReady(server, number)
}

/** Waits until a worker has been subscribed and has listened so many times in all: once, and once more for each restart. */
export async function untilWorkerReady(server: ServerProcess, number: number, times = 1): Promise<void> {
  const lines = () => logLines(server).filter(({ node }) => String(node).endsWith(`-worker.${number}`))
  const count = (msg: string, state?: string) => lines().filter((line) => line.msg === msg && line['state'] === state).length
  await eventually(`worker ${number} is ready`, () => count('ingest changed', 'ready') >= times, READY_MS)
  await eventually(`worker ${number} listens`, () => count('listening') >= times, READY_MS)
}

/** The report of each worker, by its number. */
export async function reports(server: ServerProcess, count = server.workers().size): Promise<Map<number, StatusReport>> {
  const found = new Map<number, StatusReport>()
  for (let probe = 0; probe < PROBES && found.size < count; probe++) {
    const answer = await fetch(`${server.url}/admin/status.json`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(PROBE_MS),
    })
    const report = (await answer.json()) as StatusReport
    found.set(Number(/-worker\.(\d+)$/.exec(report.node)?.[1]), report)
  }
  return found
}

/** The number of open streams of each worker, by its number. */
export async function openByWorker(server: ServerProcess): Promise<Map<number, number>> {
  const open = (await eventually('all workers answer', () => scrapeOfAll(server))).by('emojitrack_subscribers', 'worker')
  return new Map(Object.entries(open).map(([number, count]) => [Number(number), count]))
}

/** Waits until so many streams are open in all workers together. */
export async function untilOpen(server: ServerProcess, total: number): Promise<void> {
  const see = async () => {
    const seen = (await scrapeOfAll(server)).value('emojitrack_subscribers')
    if (seen === total) return true
    await delay(SCRAPE_PAUSE_MS)
    throw new Error(`${seen} are open`)
  }
  await eventually(`${total} streams are open`, see, READY_MS)
}

/** The metrics of all workers that run: never old, while status.json is built once a second. */
async function scrapeOfAll(server: ServerProcess): Promise<Scrape> {
  const running = server.workers().size
  const scrape = await scrapeOf(server)
  const answered = scrape.value('emojitrack_workers_answered')
  if (answered !== running) throw new Error(`${answered} of ${running} workers answer`)
  return scrape
}
