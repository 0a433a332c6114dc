import { Controller, Get } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Refusals } from '../../common/stats/refusals.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { type StatusReport, statusReport } from './status-report.js'

const unixSeconds = () => Math.floor(Date.now() / 1000)

@Controller('admin')
export class AdminController {
  private readonly startupTime = unixSeconds()

  constructor(
    private readonly config: AppConfig,
    private readonly stats: StreamStats,
    private readonly refusals: Refusals,
    private readonly bus: EventBus,
  ) {}

  /** This node's report. Where production's protections hold, nobody is authorised yet to see who is connected. */
  @Get('status.json')
  status(): StatusReport {
    const { config, stats, refusals, bus, startupTime } = this
    return statusReport({ config, stats, refusals, bus }, { startupTime, now: unixSeconds(), isAuthorised: !config.isProtected })
  }
}
