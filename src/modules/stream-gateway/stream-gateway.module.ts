import { Global, Module } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { Namespaces } from '../../common/plugin-api/namespaces.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { AdmissionService } from './admission/admission.service.js'
import { EpsStreamsService } from './eps/eps-streams.service.js'
import { BroadcasterService } from './fan-out/broadcaster.service.js'
import { HubService } from './fan-out/hub.service.js'
import { CatchUpScheduler, SliceScheduler } from './fan-out/slice.scheduler.js'
import { DrainService } from './lifecycle/drain.service.js'
import { HeartbeatService } from './lifecycle/heartbeat.service.js'
import { ResetService } from './lifecycle/reset.service.js'
import { StreamEventsService } from './lifecycle/stream-events.service.js'
import { StreamStatsProvider } from './lifecycle/stream-stats.provider.js'
import { PluginFlushScheduler } from './plugin-streams/plugin-flush.scheduler.js'
import { PluginNamespacesRegistry } from './plugin-streams/plugin-namespaces.registry.js'
import { AheadScheduler } from './requests/ahead.scheduler.js'
import { CleanupController } from './requests/cleanup.controller.js'
import { CleanupService } from './requests/cleanup.service.js'
import { StreamOpenerService } from './requests/stream-opener.service.js'
import { StreamStartService } from './requests/stream-start.service.js'
import { SubscribeController } from './requests/subscribe.controller.js'
import { TransportService } from './transport/transport.service.js'

/** The streams. Global, because reporters and plug-ins inject the providers that it exports. */
@Global()
@Module({
  controllers: [SubscribeController, CleanupController],
  providers: [
    // requests
    StreamOpenerService,
    StreamStartService,
    AheadScheduler,
    CleanupService,
    // admission
    AdmissionService,
    // fan-out
    HubService,
    BroadcasterService,
    SliceScheduler,
    CatchUpScheduler,
    // eps
    EpsStreamsService,
    // transport
    {
      provide: TransportService,
      inject: [AppConfig],
      useFactory: ({ streams }: AppConfig): Promise<TransportService> => TransportService.create(streams, process.platform),
    },
    // plugin-streams
    PluginNamespacesRegistry,
    PluginFlushScheduler,
    { provide: Namespaces, useExisting: PluginNamespacesRegistry },
    // lifecycle
    HeartbeatService,
    DrainService,
    ResetService,
    StreamEventsService,
    StreamStatsProvider,
    { provide: StreamStats, useExisting: StreamStatsProvider },
  ],
  exports: [StreamStats, Namespaces, DrainService],
})
export class StreamGatewayModule {}
