import { Module } from '@nestjs/common'
import { StreamGatewayModule } from '../stream-gateway/stream-gateway.module.js'
import { GraphiteReportService } from './graphite-report.service.js'

@Module({ imports: [StreamGatewayModule], providers: [GraphiteReportService] })
export class GraphiteMetricsModule {}
