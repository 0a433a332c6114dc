import { Controller, Get } from '@nestjs/common'
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus'
import { DrainHealth } from './drain.health.js'
import { IngestHealth } from './ingest.health.js'
import { PlugInHealth } from './plug-in.health.js'

/** For orchestrators. Live: the event loop turns; Redis being away is no reason to restart. Ready: this node has something to stream. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly drain: DrainHealth,
    private readonly ingest: IngestHealth,
    private readonly plugIns: PlugInHealth,
  ) {}

  @Get('live')
  @HealthCheck({ noCache: false })
  live(): Promise<HealthCheckResult> {
    return this.health.check([])
  }

  @Get('ready')
  @HealthCheck({ noCache: false })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.drain.check(), () => this.ingest.check(), ...this.plugIns.indicators()])
  }

  /** The same as ready. */
  @Get()
  @HealthCheck({ noCache: false })
  all(): Promise<HealthCheckResult> {
    return this.ready()
  }
}
