import { Controller, Get } from '@nestjs/common'
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus'
import { IndicatorsService } from './indicators.service.js'

/** Probes for orchestrators. Live: the event loop turns (an absent Redis needs no restart). Ready: this node has updates to stream. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: IndicatorsService,
  ) {}

  @Get('live')
  @HealthCheck({ noCache: false })
  live(): Promise<HealthCheckResult> {
    return this.health.check([])
  }

  @Get('ready')
  @HealthCheck({ noCache: false })
  ready(): Promise<HealthCheckResult> {
    const { indicators } = this
    return this.health.check([() => indicators.drain(), () => indicators.ingest(), ...indicators.plugins()])
  }

  /** The answer of `ready`, and the database of the commands, which no stream needs. */
  @Get()
  @HealthCheck({ noCache: false })
  all(): Promise<HealthCheckResult> {
    const { indicators } = this
    return this.health.check([() => indicators.drain(), () => indicators.ingest(), () => indicators.database(), ...indicators.plugins()])
  }
}
