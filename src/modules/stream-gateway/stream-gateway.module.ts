import { Module } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { OneShot } from '../../common/timers/one-shot.js'
import { Arrivals } from './arrivals.js'
import { CleanupController } from './cleanup.controller.js'
import { DrainService } from './drain.service.js'
import { FramePublisherService } from './frame-publisher.service.js'
import { HeartbeatService } from './heartbeat.service.js'
import { Hub } from './hub.js'
import { OutletFactory } from './outlet-factory.js'
import { StreamGatewayService } from './stream-gateway.service.js'
import { SubscribeController } from './subscribe.controller.js'

/** How long a subscriber that was behind waits for its sum when no flush comes before: one period of the flush. */
const CATCH_UP_MS = 17

@Module({
  controllers: [SubscribeController, CleanupController],
  providers: [
    Arrivals,
    {
      provide: Hub,
      inject: [AppConfig, ScoreLog, EventBus, SchedulerRegistry, Arrivals, OutletFactory],
      useFactory: (
        config: AppConfig,
        log: ScoreLog,
        bus: EventBus,
        registry: SchedulerRegistry,
        arrivals: Arrivals,
        outlets: OutletFactory,
      ): Hub => {
        const catchUp = new OneShot(registry, 'catch-up', () => hub.scores.run())
        const hub = new Hub({
          log,
          limits: config.streams,
          mustWait: () => arrivals.goFirst(performance.now()),
          onLagging: () => catchUp.arm(CATCH_UP_MS),
          commit: () => outlets.commit(),
          onRound: (event) => bus.emit('round.finished', event),
          onOpened: (event) => bus.emit('subscriber.opened', event),
          onClosed: (event) => bus.emit('subscriber.closed', event),
        })
        return hub
      },
    },
    { provide: StreamStats, useExisting: Hub },
    {
      provide: OutletFactory,
      inject: [AppConfig],
      useFactory: ({ streams }: AppConfig): Promise<OutletFactory> => OutletFactory.create(streams, process.platform),
    },
    StreamGatewayService,
    FramePublisherService,
    HeartbeatService,
    DrainService,
  ],
  exports: [StreamStats, StreamGatewayService],
})
export class StreamGatewayModule {}
