import { freePort } from '../../test/support/servers/free-port.js'
import { ClientPool } from './clients/client-pool.js'
import type { OpenCommand } from './clients/commands.js'
import { Feeder } from './feed/feeder.js'
import type { Pinning } from './machine/host.js'
import { type Usage, usageOf } from './machine/process-tree.js'
import { seedScores, startRedis, startStreamer } from './machine/servers.js'
import type { Service } from './machine/service.js'
import { nowNs } from './machine/time.js'
import { TurnRecord } from './machine/turn-record.js'
import type { Crowd, Scenario } from './scenario.js'
import type { Variant } from './variant.js'
import { EPS_PATH } from './wire.js'

const CONNECTS_PER_SECOND = 2000

/** All processes of one measurement. */
export class Stage {
  private constructor(
    private readonly redis: Service,
    private server: Service,
    private readonly startServer: () => Promise<Service>,
    readonly port: number,
    readonly feeder: Feeder,
    readonly clients: ClientPool,
    /** The clients that never read; null in a scenario without. */
    readonly dead: ClientPool | null,
    readonly crowd: ClientPool | null,
    readonly turns: TurnRecord | null,
  ) {}

  static async set(scenario: Scenario, variant: Variant, pinning: Pinning): Promise<Stage> {
    const { redis, redisPort } = await startRedis()
    try {
      if (scenario.feed.isScored) await seedScores(redisPort)
      const port = await freePort()
      const turns = scenario.measuresTurns ? new TurnRecord() : null
      const startServer = () => startStreamer(variant, { port, redisPort, pinning, turns })
      const server = await startServer()
      const clients = new ClientPool(openCommand(scenario, variant, port), pinning.loadCpus)
      const dead = scenario.dead.length === 0 ? null : new ClientPool(deadCommand(scenario, port), 1)
      const crowd = scenario.crowd === null ? null : new ClientPool(crowdCommand(scenario.crowd, port), pinning.loadCpus)
      return new Stage(redis, server, startServer, port, new Feeder(redisPort, scenario.feed), clients, dead, crowd, turns)
    } catch (error) {
      redis.kill()
      throw error
    }
  }

  get serverPid(): number {
    return this.server.pid
  }

  /** The resources that the server has used so far. */
  usage(): Usage {
    return usageOf(this.server.pid)
  }

  /** Restarts the server on its port. Returns the times of the stop and of the readiness, on the monotonic clock. */
  async restart(): Promise<{ readonly stoppedNs: number; readonly readyNs: number }> {
    const stoppedNs = nowNs()
    await this.server.stop()
    this.server = await this.startServer()
    return { stoppedNs, readyNs: nowNs() }
  }

  async end(): Promise<void> {
    this.clients.end()
    this.dead?.end()
    this.crowd?.end()
    this.feeder.end()
    await this.server.stop()
    this.redis.kill()
  }
}

export function openCommand({ clients, paths, ...scenario }: Scenario, { epsPath }: Variant, port: number): OpenCommand {
  const path = (index: number) => paths[index % paths.length] ?? EPS_PATH
  return {
    do: 'open',
    port,
    paths: Array.from({ length: clients }, (_, index) => (path(index) === EPS_PATH ? epsPath : path(index))),
    perSecond: scenario.isStorm ? null : CONNECTS_PER_SECOND,
    neverRead: scenario.neverRead,
    pauses: scenario.pauses,
    isNarrow: false,
    reconnects: scenario.isRestarted || scenario.isSoak,
    discards: false,
    hangUpsPerSecond: 0,
  }
}

export const crowdCommand = ({ paths, hangUpsPerSecond, pauses }: Crowd, port: number): OpenCommand => ({
  do: 'open',
  port,
  paths: [...paths],
  perSecond: CONNECTS_PER_SECOND,
  neverRead: 0,
  pauses,
  isNarrow: false,
  reconnects: true,
  discards: true,
  hangUpsPerSecond,
})

const deadCommand = ({ dead }: Scenario, port: number): OpenCommand => ({
  do: 'open',
  port,
  paths: [...dead],
  perSecond: CONNECTS_PER_SECOND,
  neverRead: dead.length,
  pauses: false,
  isNarrow: true,
  reconnects: false,
  discards: false,
  hangUpsPerSecond: 0,
})
