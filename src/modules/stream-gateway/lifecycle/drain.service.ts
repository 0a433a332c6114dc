import { setTimeout as delay, setImmediate as turnEnd } from 'node:timers/promises'
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { AppConfig } from '../../../common/config/app-config.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { NodeState } from '../../../common/stats/node-stats.js'
import { HubService } from '../fan-out/hub.service.js'
import { SLICE } from '../fan-out/slice.scheduler.js'
import type { Subscriber } from '../fan-out/subscriber.js'

/** A little more than a period of the flush, and so of reading Redis. */
const READ_MS = 20
/** Three periods of the flush: a node that keeps up has sent the data from before a step by the next one. */
const STEP_MS = 50
/** The longest that a stream's end waits for its last sum. */
const LAST_SUM_MS = 1000
/** Requests under way get their answers in this time. */
const LINGER_MS = 1000
/** Clients of a node that is alone knock again and again until it is back, so the times are short. */
const MIN_RETRY_MS = 300
const MAX_RETRY_MS = 2500

/**
 * Closes the streams when the node stops: evenly over the drain time, oldest first, each with a random time to wait before the reconnect,
 * so that the other nodes get no storm, and after the data that has come for it. The drain is over when no stream is left. AppModule runs
 * it before anything else stops: data flows on meanwhile (plug-ins, @nestjs/schedule and Redis end later).
 */
@Injectable()
export class DrainService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('StreamGateway')

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly hub: HubService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Closes a stream that was admitted before the drain and has opened only now. */
  onOpened(subscriber: Subscriber): void {
    if (this.node.isDraining) subscriber.close('shutdown', reconnectMs())
  }

  async drain(): Promise<void> {
    this.node.isDraining = true
    this.bus.emit('node.draining', {})
    const { drainMs, timeoutMs } = this.config.shutdown
    const { total } = this.hub
    this.logger.log({ msg: 'draining', streams: total, seconds: drainMs / 1000 })
    const startMs = performance.now()
    const lastMs = startMs + drainMs + Math.min(LAST_SUM_MS, (timeoutMs - drainMs) / 2)
    if (total > 0) await readOn()
    while (this.hub.total > 0) {
      this.hub.markDrainTarget()
      await delay(STEP_MS)
      const nowMs = performance.now()
      const left = drainMs === 0 ? 0 : Math.max(0, 1 - (nowMs - startMs) / drainMs)
      await this.closeDownTo(Math.ceil(total * left), nowMs < lastMs)
    }
    // The last closes are announced by then, and the last reports include them.
    await turnEnd()
  }

  /** The server closes next, and waits for every connection. A connection that never sends a request is cut after a while. */
  beforeApplicationShutdown(): void {
    setTimeout(() => this.adapterHost.httpAdapter.getHttpServer().closeAllConnections(), LINGER_MS).unref()
  }

  /**
   * Closes the oldest streams until so many are left, a slice in each turn. Where it `waits`, streams with pending data keep their turn
   * for the next step.
   */
  private async closeDownTo(left: number, waits: boolean): Promise<void> {
    let inSlice = 0
    for (const subscriber of this.hub) {
      if (this.hub.total <= left) return
      if (waits && subscriber.isPending) continue
      subscriber.close('shutdown', reconnectMs())
      if (++inSlice % SLICE === 0) await turnEnd()
    }
  }
}

/**
 * Reads on until the messages from before the signal are in the logs, also where the machine is so busy that all timers are late at once.
 */
async function readOn(): Promise<void> {
  await delay(READ_MS)
  await turnEnd()
  await turnEnd()
}

/** A random time, ms. */
const reconnectMs = () => Math.round(MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS))
