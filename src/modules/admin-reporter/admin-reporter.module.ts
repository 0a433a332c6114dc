import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { StreamGatewayModule } from '../stream-gateway/stream-gateway.module.js'
import { AdminController } from './admin.controller.js'
import { ClusterService } from './cluster.service.js'
import { NodeActivity } from './node-activity.js'
import { ReportService } from './report.service.js'
import { ReportReader } from './report-reader.js'
import { ReportStore } from './report-store.js'
import { StatusService } from './status.service.js'

@Module({
  imports: [StreamGatewayModule],
  controllers: [AdminController],
  providers: [
    { provide: ReportStore, inject: [AppConfig], useFactory: ({ redis }: AppConfig) => (redis === null ? null : new ReportStore(redis)) },
    ReportReader,
    NodeActivity,
    StatusService,
    ClusterService,
    ReportService,
  ],
})
export class AdminReporterModule {}
