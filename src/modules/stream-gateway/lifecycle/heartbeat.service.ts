import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../../common/config/app-config.js'
import { HubService } from '../fan-out/hub.service.js'
import { CLOSING_COST, SliceScheduler } from '../fan-out/slice.scheduler.js'
import { StreamStatsProvider } from './stream-stats.provider.js'

/** Looks at every subscriber about once a second: idle ones get a comment; slow ones, and ones whose planned time is over, are closed. */
@Injectable()
export class HeartbeatService implements OnApplicationBootstrap {
  private readonly sweepMs: number
  private isSweeping = false

  constructor(
    private readonly config: AppConfig,
    private readonly hub: HubService,
    private readonly slices: SliceScheduler,
    private readonly stats: StreamStatsProvider,
    private readonly timers: SchedulerRegistry,
  ) {
    const { heartbeatMs, queueStallMs, epsStallMs } = config.streams
    this.sweepMs = Math.ceil(Math.min(1000, heartbeatMs / 4, queueStallMs / 4, epsStallMs / 4))
  }

  onApplicationBootstrap(): void {
    this.timers.addInterval(
      'heartbeat',
      setInterval(() => this.run(), this.sweepMs),
    )
  }

  private run(): void {
    if (this.isSweeping) return
    this.isSweeping = true
    this.slices.run('heartbeat', this.sweep(performance.now()))
  }

  private *sweep(nowMs: number): Generator<void, void> {
    // The next sweep would be too late for the subscribers that become due before it.
    const idleSinceMs = nowMs - this.config.streams.heartbeatMs + this.sweepMs
    const budget = this.slices.budget()
    const backlog = { subscribers: 0, bytes: 0 }
    for (const subscriber of this.hub) {
      if (subscriber.isDeserted) subscriber.close('client')
      else if (subscriber.isOverdue(nowMs) || subscriber.isLost) subscriber.close('slow')
      else if (nowMs >= subscriber.expiresAtMs) subscriber.close('expired')
      else subscriber.keepAlive(idleSinceMs, nowMs)
      if (!subscriber.isReady && !subscriber.isClosed) {
        backlog.subscribers++
        backlog.bytes += subscriber.bufferedBytes
      }
      if (budget.spend(subscriber.isClosed ? CLOSING_COST : 1)) yield
    }
    this.slices.commit()
    this.stats.sample(backlog, nowMs)
    this.isSweeping = false
  }
}
