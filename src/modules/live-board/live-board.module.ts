import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { BoardController } from './board.controller.js'
import { ScoreStoreService, SnapshotService } from './snapshot.service.js'

@Module({
  controllers: [BoardController],
  providers: [
    {
      provide: ScoreStoreService,
      inject: [AppConfig],
      useFactory: ({ redis }: AppConfig) => (redis === null ? null : new ScoreStoreService(redis)),
    },
    SnapshotService,
  ],
})
export class LiveBoardModule {}
