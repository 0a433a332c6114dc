import { Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { BoardController } from './board.controller.js'
import { ScoreStore } from './score-store.js'
import { SnapshotService } from './snapshot.service.js'

@Module({
  controllers: [BoardController],
  providers: [
    { provide: ScoreStore, inject: [AppConfig], useFactory: ({ redis }: AppConfig) => (redis === null ? null : new ScoreStore(redis)) },
    SnapshotService,
  ],
})
export class LiveBoardModule {}
