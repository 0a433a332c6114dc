import type { ServerResponse } from 'node:http'
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { encodeFrame } from '../../common/core/sse-frame.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Refusals } from '../../common/stats/refusals.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { LiveFigures } from './live-figures.js'
import { NodeActivity } from './node-activity.js'
import { Watchers } from './watchers.js'

/** The most who may watch a node at a time. */
export const MAX_WATCHERS = 20
const PERIOD_MS = 1000
const TIMER = 'admin-live'

/** Tells those who watch this node its figures once a second; the timer runs only while somebody does. The drain can be watched to its end. */
@Injectable()
export class LiveService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly figures: LiveFigures
  private readonly watchers = new Watchers(MAX_WATCHERS, () => this.stop())
  private latest: Buffer | null = null
  private isOver = false

  constructor(
    config: AppConfig,
    bus: EventBus,
    stats: StreamStats,
    activity: NodeActivity,
    ingest: NodeState,
    refusals: Refusals,
    private readonly timers: SchedulerRegistry,
  ) {
    this.figures = new LiveFigures({ config, bus, stats, activity, ingest, refusals })
  }

  /** False when there is no room for another watcher, or the node has stopped. */
  get hasRoom(): boolean {
    return !this.watchers.isFull && !this.isOver
  }

  onModuleInit(): void {
    this.figures.listen()
  }

  /** Takes a response whose head is written. The first watcher waits for a second, since a rate takes two samples. */
  watch(response: ServerResponse): void {
    if (this.watchers.size === 0) this.start()
    this.watchers.add(response)
    if (this.latest !== null) response.write(this.latest)
  }

  beforeApplicationShutdown(): void {
    this.isOver = true
    this.watchers.end()
  }

  private start(): void {
    this.figures.sample(performance.now())
    this.timers.addInterval(
      TIMER,
      setInterval(() => this.tell(), PERIOD_MS),
    )
  }

  private tell(): void {
    const report = this.figures.report(performance.now(), Date.now(), Math.floor(process.uptime()))
    this.latest = encodeFrame(Buffer.from(JSON.stringify(report)))
    this.watchers.send(this.latest)
  }

  private stop(): void {
    this.latest = null
    // At shutdown the registry has ended it already.
    if (this.timers.doesExist('interval', TIMER)) this.timers.deleteInterval(TIMER)
  }
}
