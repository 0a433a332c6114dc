import { Controller, Get } from '@nestjs/common'
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus'
import { IndicatorsService } from './indicators.service.js'

/**
 * Probes. Live: the event loop turns (an absent Redis needs no restart). Ready: the node may have new clients. Health: all of it works,
 * Redis included.
 */
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
    return this.health.check([() => indicators.drain(), () => indicators.start(), ...indicators.plugins()])
  }

  @Get()
  @HealthCheck({ noCache: false })
  all(): Promise<HealthCheckResult> {
    const { indicators } = this
    return this.health.check([() => indicators.drain(), () => indicators.ingest(), () => indicators.database(), ...indicators.plugins()])
  }
}
