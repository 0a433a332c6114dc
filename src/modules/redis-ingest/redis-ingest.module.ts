import { Module } from '@nestjs/common'
import { RedisIngestService } from './redis-ingest.service.js'

@Module({ providers: [RedisIngestService] })
export class RedisIngestModule {}
