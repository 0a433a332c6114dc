import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { AdminController } from './admin.controller.js'
import { ClusterService } from './cluster.service.js'
import { LiveController } from './live.controller.js'
import { LiveService } from './live.service.js'
import { NodeActivity } from './node-activity.js'
import { PageController } from './page.controller.js'
import { ReportService } from './report.service.js'
import { ReportReader } from './report-reader.js'
import { ReportStore } from './report-store.js'
import { StatusService } from './status.service.js'

@Module({
  controllers: [AdminController, LiveController, PageController],
  providers: [
    { provide: ReportStore, inject: [AppConfig], useFactory: ({ redis }: AppConfig) => (redis === null ? null : new ReportStore(redis)) },
    ReportReader,
    NodeActivity,
    StatusService,
    ClusterService,
    ReportService,
    LiveService,
  ],
})
export class AdminReporterModule {}
