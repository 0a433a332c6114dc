import { Controller, Get, Header, Module, UseGuards } from '@nestjs/common'
import { prometheusContentType } from 'prom-client'
import { AdminGuard } from '../../common/access/admin-access.js'
import { MetricsService } from './metrics.service.js'

@Controller('metrics')
@UseGuards(AdminGuard)
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  /** The metrics for Prometheus (docs/metrics.md). */
  @Get()
  @Header('content-type', prometheusContentType)
  text(): Promise<string> {
    return this.metrics.text()
  }
}

@Module({ controllers: [MetricsController], providers: [MetricsService] })
export class MetricsModule {}
