import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { BoardController } from './board.controller.js'
import { ScoreStoreService, SnapshotService } from './snapshot.service.js'

@Module({
  controllers: [BoardController],
  providers: [
    {
      provide: ScoreStoreService,
      inject: [AppConfig, NodeState],
      useFactory: ({ redis }: AppConfig, node: NodeState) => (redis === null ? null : new ScoreStoreService(redis, node)),
    },
    SnapshotService,
  ],
})
export class LiveBoardModule {}
