import { Controller, Get, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AdminAccess } from '../../common/access/admin-access.js'
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
    private readonly access: AdminAccess,
  ) {}

  /** This node's report, for everybody; who is connected only for the authorised. */
  @Get('status.json')
  status(@Req() request: FastifyRequest): StatusReport {
    const { config, stats, refusals, bus, startupTime } = this
    return statusReport(
      { config, stats, refusals, bus },
      { startupTime, now: unixSeconds(), isAuthorised: this.access.isAuthorised(request) },
    )
  }
}
