import { Module } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import { DrainHealth } from './drain.health.js'
import { HealthController } from './health.controller.js'
import { IngestHealth } from './ingest.health.js'
import { PlugInHealth } from './plug-in.health.js'

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DrainHealth, IngestHealth, PlugInHealth],
})
export class HealthModule {}
