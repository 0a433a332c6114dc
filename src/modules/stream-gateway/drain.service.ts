import { setTimeout as delay } from 'node:timers/promises'
import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Hub } from './hub.js'
import type { Subscriber } from './subscriber.js'

const STEP_MS = 50
/** Requests under way get their answers in this time. */
const LINGER_MS = 1000
const MIN_RETRY_MS = 1000
const MAX_RETRY_MS = 10_000

/**
 * Ends the streams when the node stops: evenly over the drain time, each told its own random time to come back after, so that the other nodes get no
 * storm. The whole drain time passes even with nobody left, for load balancers to notice. It runs in `onModuleDestroy`, before anything else stops:
 * data flows on meanwhile (@nestjs/schedule and Redis end later).
 */
@Injectable()
export class DrainService implements OnModuleDestroy, BeforeApplicationShutdown {
  private isDraining = false

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: Hub,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Sends a subscriber away that came while the node drains. Not with an error status: a browser would give up for good. */
  admit(subscriber: Subscriber): void {
    if (this.isDraining) subscriber.close('shutdown', retryMs())
  }

  async onModuleDestroy(): Promise<void> {
    this.isDraining = true
    this.bus.emit('node.draining', {})
    const { drainMs } = this.config.shutdown
    const subscribers = this.hub.all()
    const startMs = performance.now()
    for (let next = 0, elapsed = 0; elapsed < 1; ) {
      elapsed = drainMs === 0 ? 1 : Math.min(1, (performance.now() - startMs) / drainMs)
      const due = Math.ceil(subscribers.length * elapsed)
      for (; next < due; next++) subscribers[next]?.close('shutdown', retryMs())
      if (elapsed < 1) await delay(STEP_MS)
    }
  }

  /** The server closes next, and waits for every connection, also for those that never ask for anything: they are cut after a while. */
  beforeApplicationShutdown(): void {
    setTimeout(() => this.adapterHost.httpAdapter.getHttpServer().closeAllConnections(), LINGER_MS).unref()
  }
}

const retryMs = () => Math.round(MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS))
