import { setTimeout as delay } from 'node:timers/promises'
import type { PoolWindow } from './clients/client-pool.js'
import { HealthPoll } from './machine/health-poll.js'
import { MemoryRecord } from './machine/memory-record.js'
import { usageOf } from './machine/process-tree.js'
import { openStreams } from './machine/servers.js'
import { nowNs, until } from './machine/time.js'
import type { LongestTurn } from './machine/turn-record.js'
import type { Scenario } from './scenario.js'
import type { Stage } from './stage.js'

/** The longest wait for the end of a turn that began in the window. */
const LAST_TURN_MS = 60_000

/** The raw figures of a window. */
export interface Window {
  readonly seconds: number
  readonly received: PoolWindow
  readonly published: number
  readonly cpuSeconds: number
  /** The time in which the server was ready to run and had no processor. */
  readonly waitedSeconds: number
  /** The CPU time of Redis, the publisher, the clients and this process. */
  readonly loadCpuSeconds: number
  /** At the end, with all streams open. */
  readonly residentKb: number
  readonly residentMaxKb: number
  readonly healthMaxMs: number | undefined
  readonly slopeMbPerMinute: number | undefined
  readonly longestTurn: LongestTurn | undefined
  /** The number of clients that never read whose stream the server has closed. */
  readonly closedDead: number | undefined
}

export async function measureWindow({ pollsHealth, recordsMemory, dead }: Scenario, stage: Stage, seconds: number): Promise<Window> {
  const health = pollsHealth ? new HealthPoll(`http://127.0.0.1:${stage.port}/health/live`) : undefined
  const memory = recordsMemory ? new MemoryRecord(stage.serverPid) : undefined
  const before = await look(stage)
  await delay(seconds * 1000)
  const after = await look(stage)
  const healthMaxMs = await health?.stop()
  const slopeMbPerMinute = memory?.stop()
  await until(() => stage.turns?.covers(after.atNs) ?? true, LAST_TURN_MS)
  return {
    seconds: (after.atNs - before.atNs) / 1e9,
    received: after.received,
    published: after.published - before.published,
    cpuSeconds: after.server.cpuSeconds - before.server.cpuSeconds,
    waitedSeconds: after.server.waitedSeconds - before.server.waitedSeconds,
    loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
    residentKb: after.server.residentKb,
    residentMaxKb: after.server.residentMaxKb,
    healthMaxMs,
    slopeMbPerMinute,
    longestTurn: stage.turns?.longestSince(before.atNs),
    closedDead: dead.length === 0 ? undefined : dead.length + after.received.open - (await openStreams(stage.port)),
  }
}

/** Takes all figures in the same order each time, so that the time between them cancels out. */
async function look(stage: Stage) {
  const received = await stage.clients.mark()
  const published = await stage.feeder.published()
  const server = stage.usage()
  // The server is a child of this process as well.
  const loadCpuSeconds = usageOf(process.pid).cpuSeconds - server.cpuSeconds
  return { received, published, server, loadCpuSeconds, atNs: nowNs() }
}
