import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { Hub } from './hub.js'
import { runInSlices } from './slices.js'

/** Looks at every subscriber about once a second: a comment for those idle for HEARTBEAT_MS, an end to those that don't drain. */
@Injectable()
export class HeartbeatService implements OnApplicationBootstrap {
  private readonly sweepMs: number
  private isSweeping = false

  constructor(
    private readonly config: AppConfig,
    private readonly hub: Hub,
    private readonly timers: SchedulerRegistry,
  ) {
    const { heartbeatMs, queueStallMs, epsStallMs } = config.streams
    this.sweepMs = Math.ceil(Math.min(1000, heartbeatMs / 4, queueStallMs / 4, epsStallMs / 4))
  }

  onApplicationBootstrap(): void {
    this.timers.addInterval(
      'heartbeat',
      setInterval(() => this.sweep(), this.sweepMs),
    )
  }

  private sweep(): void {
    if (this.isSweeping) return
    this.isSweeping = true
    const nowMs = performance.now()
    // The next sweep would be too late for those that become due before it.
    const idleSinceMs = nowMs - this.config.streams.heartbeatMs + this.sweepMs
    runInSlices(this.hub.sweep(nowMs, idleSinceMs), () => {
      this.isSweeping = false
    })
  }
}
