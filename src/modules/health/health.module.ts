import { Module } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import { DrainHealth } from './drain.health.js'
import { HealthController } from './health.controller.js'
import { IngestHealth } from './ingest.health.js'

@Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [HealthController], providers: [DrainHealth, IngestHealth] })
export class HealthModule {}
