import { Module } from '@nestjs/common'
import { GraphiteReportService } from './graphite-report.service.js'

@Module({ providers: [GraphiteReportService] })
export class GraphiteMetricsModule {}
