import { setTimeout as delay, setImmediate as turnEnd } from 'node:timers/promises'
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Hub } from './hub.js'
import type { Subscriber } from './subscriber.js'

/** A period of the flush, and so of reading Redis, and a bit. */
const READ_MS = 20
/** Three periods of the flush: what has come before a step is sent before the next one, as long as the node keeps up. */
const STEP_MS = 50
/** The longest that a stream's end waits for its last sum. */
const LAST_SUM_MS = 1000
/** Requests under way get their answers in this time. */
const LINGER_MS = 1000
const MIN_RETRY_MS = 1000
const MAX_RETRY_MS = 10_000

/**
 * Ends the streams when the node stops: evenly over the drain time, oldest first, each with what has come for it and a random time to come back
 * after, so that the other nodes get no storm. It is over when nobody is left. AppModule has it run before anything else stops: data flows on meanwhile
 * (plug-ins, @nestjs/schedule and Redis end later).
 */
@Injectable()
export class DrainService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('StreamGateway')

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly hub: Hub,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Sends a subscriber away that was let in just before the drain began, and opens only now. */
  admit(subscriber: Subscriber): void {
    if (this.node.isDraining) subscriber.close('shutdown', retryMs())
  }

  async drain(): Promise<void> {
    this.node.isDraining = true
    this.bus.emit('node.draining', {})
    const { drainMs, timeoutMs } = this.config.shutdown
    const total = this.hub.total
    this.logger.log({ msg: 'draining', streams: total, seconds: drainMs / 1000 })
    const startMs = performance.now()
    const lastMs = startMs + drainMs + Math.min(LAST_SUM_MS, (timeoutMs - drainMs) / 2)
    if (total > 0) await readOn()
    while (this.hub.total > 0) {
      this.hub.mark()
      await delay(STEP_MS)
      const nowMs = performance.now()
      const left = drainMs === 0 ? 0 : Math.max(0, 1 - (nowMs - startMs) / drainMs)
      this.closeDownTo(Math.ceil(total * left), nowMs < lastMs)
    }
    // The last of them are announced by then, and the last reports know.
    await turnEnd()
  }

  /** The server closes next, and waits for every connection, also for those that never ask for anything: they are cut after a while. */
  beforeApplicationShutdown(): void {
    setTimeout(() => this.adapterHost.httpAdapter.getHttpServer().closeAllConnections(), LINGER_MS).unref()
  }

  /** Closes the oldest until so many are left; where it `waits`, none that is about to get something: its turn comes with the next step. */
  private closeDownTo(left: number, waits: boolean): void {
    let excess = this.hub.total - left
    if (excess <= 0) return
    for (const subscriber of this.hub.all()) {
      if (waits && this.hub.isOwed(subscriber)) continue
      subscriber.close('shutdown', retryMs())
      if (--excess === 0) return
    }
  }
}

/**
 * What had come before the signal is in the logs then, also where the machine is so busy that all timers are late at once: it is read in one turn, and
 * passed on at its end.
 */
async function readOn(): Promise<void> {
  await delay(READ_MS)
  await turnEnd()
  await turnEnd()
}

const retryMs = () => Math.round(MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS))
