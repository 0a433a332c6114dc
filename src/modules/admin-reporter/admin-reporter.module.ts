import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { AdminController } from './admin.controller.js'
import { ClusterService } from './cluster.service.js'
import { ReportReaderService, ReportStoreService } from './cluster-reports.js'
import { LiveService } from './live.service.js'
import { ReportService } from './report.service.js'
import { StatusService } from './status.service.js'

@Module({
  controllers: [AdminController],
  providers: [
    {
      provide: ReportStoreService,
      inject: [AppConfig, NodeState],
      useFactory: ({ redis }: AppConfig, node: NodeState) => (redis === null ? null : new ReportStoreService(redis, node)),
    },
    ReportReaderService,
    StatusService,
    ClusterService,
    ReportService,
    LiveService,
  ],
})
export class AdminReporterModule {}
