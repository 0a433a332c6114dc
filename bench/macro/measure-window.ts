import { setTimeout as delay } from 'node:timers/promises'
import type { PoolWindow } from './clients/client-pool.js'
import { nowNs } from './machine/clock.js'
import { HealthPoll } from './machine/health-poll.js'
import { MemoryRecord } from './machine/memory-record.js'
import { usageOf } from './machine/process-tree.js'
import type { Scenario } from './scenario.js'
import type { Stage } from './stage.js'

/** What happened while it was measured. */
export interface Window {
  readonly seconds: number
  readonly received: PoolWindow
  readonly published: number
  readonly cpuSeconds: number
  /** How long the server could have run and had no processor. */
  readonly waitedSeconds: number
  /** What Redis, the publisher, the clients and this process have used. */
  readonly loadCpuSeconds: number
  /** At the end, with all streams open. */
  readonly residentKb: number
  readonly healthMaxMs: number | undefined
  readonly slopeMbPerMinute: number | undefined
}

export async function measureWindow({ pollsHealth, recordsMemory }: Scenario, stage: Stage, seconds: number): Promise<Window> {
  const health = pollsHealth ? new HealthPoll(`http://127.0.0.1:${stage.port}/health/live`) : undefined
  const memory = recordsMemory ? new MemoryRecord(stage.serverPid) : undefined
  const before = await look(stage)
  await delay(seconds * 1000)
  const after = await look(stage)
  return {
    seconds: (after.atNs - before.atNs) / 1e9,
    received: after.received,
    published: after.published - before.published,
    cpuSeconds: after.server.cpuSeconds - before.server.cpuSeconds,
    waitedSeconds: after.server.waitedSeconds - before.server.waitedSeconds,
    loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
    residentKb: after.server.residentKb,
    healthMaxMs: await health?.stop(),
    slopeMbPerMinute: memory?.stop(),
  }
}

/** In the same order each time, so that what the looking takes falls out of the differences. */
async function look(stage: Stage) {
  const received = await stage.clients.mark()
  const published = await stage.feeder.published()
  const server = stage.usage()
  // The server is a child of this process as well.
  const loadCpuSeconds = usageOf(process.pid).cpuSeconds - server.cpuSeconds
  return { received, published, server, loadCpuSeconds, atNs: nowNs() }
}
