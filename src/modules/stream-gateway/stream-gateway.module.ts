import { Global, Module } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { OneShot } from '../../common/platform/timers.js'
import { Namespaces } from '../../common/plugin-api/namespaces.js'
import { Relay } from '../../common/relay/relay.js'
import { Tally } from '../../common/relay/tally.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { AdmissionService } from './admission.service.js'
import { Announcements } from './announcements.js'
import { Arrivals } from './arrivals.js'
import { CleanupController } from './cleanup.controller.js'
import { DrainService } from './drain.service.js'
import { FramePublisherService } from './frame-publisher.service.js'
import { HeartbeatService } from './heartbeat.service.js'
import { Hub } from './hub.js'
import { Limits } from './limits.js'
import { MessagePublisher } from './message-publisher.js'
import { NamespaceRegistry } from './namespace-registry.js'
import { OutletFactory } from './outlet-factory.js'
import { StreamGatewayService } from './stream-gateway.service.js'
import { StreamLog } from './stream-log.js'
import { SubscribeController } from './subscribe.controller.js'
import { TokenBucket } from './token-bucket.js'

/** How long a subscriber that was behind waits for its sum when no flush comes before: one period of the flush. */
const CATCH_UP_MS = 17
/** How long other workers may go without knowing how many streams are open here, while that doesn't matter to them. */
const TALLY_MS = 100

/** The streams. Global, for what it provides is what reporters and plug-ins ask for. */
@Global()
@Module({
  controllers: [SubscribeController, CleanupController],
  providers: [
    Arrivals,
    {
      provide: Hub,
      inject: [AppConfig, ScoreLog, EventBus, SchedulerRegistry, Arrivals, OutletFactory, Limits, StreamLog],
      useFactory: (
        config: AppConfig,
        log: ScoreLog,
        bus: EventBus,
        registry: SchedulerRegistry,
        arrivals: Arrivals,
        outlets: OutletFactory,
        limits: Limits,
        streamLog: StreamLog,
      ): Hub => {
        const catchUp = new OneShot(registry, 'catch-up', () => hub.catchUp())
        const announcements = new Announcements(bus)
        const hub = new Hub({
          log,
          limits: config.streams,
          writer: outlets.writer,
          mustWait: () => arrivals.goFirst(performance.now()),
          onLagging: () => catchUp.arm(CATCH_UP_MS),
          commit: () => outlets.commit(),
          onRound: (event) => bus.emit('round.finished', event),
          onOpened: (event, subscriber) => {
            streamLog.opened(subscriber)
            announcements.opened(event)
          },
          onClosed: (event, subscriber) => {
            limits.release(subscriber.request.clientIp)
            streamLog.closed(subscriber, event)
            announcements.closed(event)
          },
        })
        return hub
      },
    },
    {
      provide: Limits,
      inject: [AppConfig, Relay, SchedulerRegistry],
      useFactory: ({ limits, workers, worker }: AppConfig, relay: Relay, registry: SchedulerRegistry): Limits => {
        const counters = worker === null ? 1 : workers
        const soon = new OneShot(registry, 'tally', () => tally.tell())
        const tally = new Tally(relay, counters, () => soon.arm(TALLY_MS))
        const perSecond = limits.maxConnectsPerS / counters
        return new Limits(limits, tally, Number.isFinite(perSecond) ? new TokenBucket(perSecond, performance.now()) : null)
      },
    },
    { provide: StreamStats, useExisting: Hub },
    { provide: Namespaces, useExisting: NamespaceRegistry },
    NamespaceRegistry,
    MessagePublisher,
    {
      provide: OutletFactory,
      inject: [AppConfig],
      useFactory: ({ streams }: AppConfig): Promise<OutletFactory> => OutletFactory.create(streams, process.platform),
    },
    StreamGatewayService,
    StreamLog,
    FramePublisherService,
    HeartbeatService,
    AdmissionService,
    DrainService,
  ],
  exports: [StreamStats, Namespaces, StreamGatewayService, DrainService],
})
export class StreamGatewayModule {}
