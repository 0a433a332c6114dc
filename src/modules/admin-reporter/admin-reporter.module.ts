import { Module } from '@nestjs/common'
import { StreamGatewayModule } from '../stream-gateway/stream-gateway.module.js'
import { AdminController } from './admin.controller.js'

@Module({ imports: [StreamGatewayModule], controllers: [AdminController] })
export class AdminReporterModule {}
