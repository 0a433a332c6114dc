import { Module } from '@nestjs/common'
import { StreamGatewayModule } from '../stream-gateway/stream-gateway.module.js'
import { MetricsController } from './metrics.controller.js'
import { MetricsService } from './metrics.service.js'

@Module({ imports: [StreamGatewayModule], controllers: [MetricsController], providers: [MetricsService] })
export class MetricsModule {}
