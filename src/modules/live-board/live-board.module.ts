import { Module } from '@nestjs/common'
import { BoardController } from './board.controller.js'
import { SnapshotService } from './snapshot.service.js'

@Module({ controllers: [BoardController], providers: [SnapshotService] })
export class LiveBoardModule {}
