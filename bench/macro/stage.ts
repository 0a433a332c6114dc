import { freePort } from '../../test/support/servers/free-port.js'
import { ClientPool } from './clients/client-pool.js'
import { Feeder } from './feed/feeder.js'
import { nowNs } from './machine/clock.js'
import type { Pinning } from './machine/cpus.js'
import { type Usage, usageOf } from './machine/process-tree.js'
import { startRedis } from './machine/redis.js'
import type { Service } from './machine/service.js'
import { startStreamer } from './machine/streamer.js'
import { EPS_PATH } from './paths.js'
import type { Scenario } from './scenario.js'
import type { Variant } from './variant.js'

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
  ) {}

  static async set(scenario: Scenario, variant: Variant, pinning: Pinning): Promise<Stage> {
    const { redis, redisPort } = await startRedis()
    try {
      const port = await freePort()
      const startServer = () => startStreamer(variant, port, redisPort, pinning)
      const server = await startServer()
      const clients = new ClientPool(openCommand(scenario, variant, port), pinning.loadCpus)
      return new Stage(redis, server, startServer, port, new Feeder(redisPort, scenario.feed), clients)
    } catch (error) {
      redis.kill()
      throw error
    }
  }

  get serverPid(): number {
    return this.server.pid
  }

  /** What the server has used so far. */
  usage(): Usage {
    return usageOf(this.server.pid)
  }

  /** Restarts the server on its port. Returns when it began and when the new one was ready, on the monotonic clock. */
  async restart(): Promise<{ readonly stoppedNs: number; readonly readyNs: number }> {
    const stoppedNs = nowNs()
    await this.server.stop()
    this.server = await this.startServer()
    return { stoppedNs, readyNs: nowNs() }
  }

  async end(): Promise<void> {
    this.clients.end()
    this.feeder.end()
    await this.server.stop()
    this.redis.kill()
  }
}

const openCommand = ({ clients, paths, isStorm, isRestarted, neverRead, pauses }: Scenario, { epsPath }: Variant, port: number) => ({
  do: 'open' as const,
  port,
  paths: paths.map((path) => (path === EPS_PATH ? epsPath : path)),
  count: clients,
  perSecond: isStorm ? null : CONNECTS_PER_SECOND,
  neverRead,
  pauses,
  reconnects: isRestarted,
})
