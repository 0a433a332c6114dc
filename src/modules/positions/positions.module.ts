import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { CutReaderService } from './cut-reader.service.js'
import { PositionsService } from './positions.service.js'

@Module({
  providers: [
    {
      provide: CutReaderService,
      inject: [AppConfig, NodeState],
      useFactory: ({ redis }: AppConfig, node: NodeState) => (redis === null ? null : new CutReaderService(redis, node.withoutDatabase)),
    },
    PositionsService,
  ],
})
export class PositionsModule {}
