import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/support/servers/free-port.js'
import { ClientPool } from './clients/client-pool.js'
import { Feeder } from './feed/feeder.js'
import type { Round } from './figures.js'
import type { Pinning } from './machine/host.js'
import { MemoryRecord } from './machine/memory-record.js'
import { childrenOf, openFilesOf, usageOf } from './machine/process-tree.js'
import { startRedis, startStreamer, subscriptions } from './machine/servers.js'
import type { Service } from './machine/service.js'
import { until } from './machine/time.js'
import type { Scenario } from './scenario.js'
import { crowdCommand, openCommand } from './stage.js'
import type { Variant } from './variant.js'

const WORKERS = 2
const REDIS_RESTART_S = 180
const KILL_S = 120
const AWAY_MS = 1000
const READY_MS = 30_000
/** Descriptors that come and go: a health check, a connection that a client closes just now. */
const SPARE_FILES = 5
/** The growth of the worker that is never killed, from the end of the first phase on, that is no leak: garbage, and streams of the other. */
const MAX_GROWTH_MB = 60

/** The state of a soak. */
interface Soak {
  readonly server: Service
  readonly redisPort: number
  readonly steady: ClientPool
  readonly scenario: Scenario
  readonly faults: string[]
  kills: number
  /** The clients, over all phases, that stayed connected with an exact sum. */
  exact: number
}

/**
 * Runs phases with a Redis restart between two. Within each, workers are killed. The sums of a phase must be exact for each client that
 * stayed connected. One worker is never killed: its memory and its descriptors must be at the end as they were.
 */
export async function soak(scenario: Scenario, variant: Variant, seconds: number, pinning: Pinning): Promise<Round> {
  const port = await freePort()
  let { redis, redisPort } = await startRedis()
  const withWorkers = { ...variant, env: { WORKERS: String(WORKERS), ...variant.env } }
  const server = await startStreamer(withWorkers, { port, redisPort, pinning, turns: null })
  const steady = new ClientPool(openCommand(scenario, variant, port), 1)
  const crowd = scenario.crowd === null ? null : new ClientPool(crowdCommand(scenario.crowd, port), pinning.loadCpus)
  const state: Soak = { server, redisPort, steady, scenario, faults: [], kills: 0, exact: 0 }
  try {
    await untilSubscribed(redisPort)
    const [oldest = server.pid] = childrenOf(server.pid)
    const residentMb = () => usageOf(oldest).residentKb / 1024
    const [baseMb, filesBefore] = [residentMb(), openFilesOf(oldest)]
    await crowd?.open()
    await steady.open()
    const memory = new MemoryRecord(oldest)
    const phases = Math.max(2, Math.round(seconds / REDIS_RESTART_S))
    const firstMb: number[] = []
    for (let phase = 0; phase < phases; phase++) {
      if (phase > 0) {
        redis.kill()
        await delay(AWAY_MS)
        redis = (await startRedis(redisPort)).redis
        await untilSubscribed(redisPort)
      }
      await runPhase(state, oldest, seconds / phases)
      if (phase === 0) firstMb.push(residentMb())
    }
    const [maxMb, slopeMbPerMinute] = [usageOf(oldest).residentMaxKb / 1024, memory.stop()]
    const grownMb = residentMb() - Math.max(...firstMb)
    crowd?.end()
    steady.end()
    await until(() => openFilesOf(oldest) <= filesBefore + SPARE_FILES, READY_MS)
    const filesAfter = openFilesOf(oldest)
    if (filesAfter > filesBefore + SPARE_FILES) state.faults.push(`${filesAfter - filesBefore} descriptors more than at the start`)
    if (grownMb > MAX_GROWTH_MB) state.faults.push(`${grownMb.toFixed(0)} MB more than after the first phase`)
    const figures = { clients: scenario.clients, baseMb, maxMb, slopeMbPerMinute, filesBefore, filesAfter }
    const counts = { kills: state.kills, restarts: phases - 1, steady: state.exact }
    return { figures: { ...figures, ...counts }, isExact: state.faults.length === 0, faults: state.faults }
  } finally {
    crowd?.end()
    steady.end()
    await server.stop()
    redis.kill()
  }
}

/** Publishes for a while, kills the other worker than the oldest meanwhile, and compares the sums of the clients that have stayed connected. */
async function runPhase(state: Soak, oldest: number, seconds: number): Promise<void> {
  const { server, redisPort, steady, scenario, faults } = state
  await steady.begin()
  const feeder = new Feeder(redisPort, scenario.feed)
  try {
    await feeder.start()
    const kills = Math.max(1, Math.round(seconds / KILL_S))
    for (let kill = 0; kill < kills; kill++) {
      await delay((seconds * 1000) / (kills + 1))
      await until(() => childrenOf(server.pid).length === WORKERS, READY_MS)
      // Numbers of processes begin again from below, so their order says nothing.
      const victim = childrenOf(server.pid).find((pid) => pid !== oldest)
      if (victim === undefined) throw new Error('the worker that was killed has not come back')
      process.kill(victim, 'SIGKILL')
      state.kills++
    }
    await delay((seconds * 1000) / (kills + 1))
    const settlement = await steady.settle(await feeder.stop())
    state.exact += settlement.exact
    if (settlement.exact === 0) faults.push('no client stayed connected with an exact sum')
    faults.push(...settlement.faults)
  } finally {
    feeder.end()
  }
}

async function untilSubscribed(redisPort: number): Promise<void> {
  const isReady = await until(async () => (await subscriptions(redisPort)) === WORKERS, READY_MS)
  if (!isReady) throw new Error(`the ${WORKERS} workers have not subscribed within ${READY_MS} ms`)
}
