import { Module } from '@nestjs/common'
import { DemoFeedService } from './demo-feed.service.js'

@Module({ providers: [DemoFeedService] })
export class DemoFeedModule {}
