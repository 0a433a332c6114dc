import { Injectable } from '@nestjs/common'
import { type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus'
import { HealthChecks } from '../../common/plugin-api/health-checks.js'

/** The checks of plug-ins, one indicator each. */
@Injectable()
export class PlugInHealth {
  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly checks: HealthChecks,
  ) {}

  indicators(): HealthIndicatorFunction[] {
    return this.checks.names.map((name) => async () => {
      const check = this.indicator.check(name)
      const outcome = await this.checks.run(name)
      return outcome === 'well' ? check.up() : check.down(outcome)
    })
  }
}
