import { onTestFinished } from 'vitest'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { eventually } from '../waiting/eventually.js'
import { aFeeder, aLiveServer, aRedis } from './fixtures.js'
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

/** Waits until a worker has been subscribed so many times in all, and serves. */
export async function untilWorkerReady(server: ServerProcess, number: number, times = 1): Promise<void> {
  const isReady = (node: unknown) => String(node).endsWith(`-worker.${number}`)
  const see = () =>
    logLines(server).filter(({ msg, state, node }) => msg === 'ingest changed' && state === 'ready' && isReady(node)).length >= times
  await eventually(`worker ${number} is ready`, see, READY_MS)
  await eventually(`worker ${number} serves`, async () => (await reports(server)).has(number), READY_MS)
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

/** How many streams each worker says it has open, by its number. */
export async function openByWorker(server: ServerProcess): Promise<Map<number, number>> {
  return new Map([...(await reports(server))].map(([number, report]) => [number, report.connections_total]))
}

/** Waits until all workers together say that so many streams are open. */
export async function untilOpen(server: ServerProcess, total: number): Promise<void> {
  const see = async () => {
    const seen = [...(await openByWorker(server)).values()].reduce((sum, each) => sum + each, 0)
    if (seen !== total) throw new Error(`${seen} are open`)
    return true
  }
  await eventually(`${total} streams are open`, see, READY_MS)
}
