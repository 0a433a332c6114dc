import { Module } from '@nestjs/common'
import { StreamGatewayModule } from '../stream-gateway/stream-gateway.module.js'
import { AdminController } from './admin.controller.js'
import { LiveController } from './live.controller.js'
import { LiveService } from './live.service.js'
import { PageController } from './page.controller.js'
import { PageFiles } from './page-files.js'

@Module({
  imports: [StreamGatewayModule],
  controllers: [AdminController, LiveController, PageController],
  providers: [LiveService, PageFiles],
})
export class AdminReporterModule {}
