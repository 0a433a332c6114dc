import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { byPopularity, UpdateSource } from '../../common/emoji/update-source.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-state.js'
import { poisson } from './poisson.js'

/** As fast as the real feeder in production. */
const UPDATES_PER_S = 400
const TICK_MS = 20
const INTERACTIONS_PER_S = 0.5

/** Stands in for Redis where none is configured: emits the same events as RedisIngest, from made-up posts. */
@Injectable()
export class DemoFeedService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly source = new UpdateSource(byPopularity(loadEmoji()), Math.random)

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly status: NodeState,
    private readonly timers: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.status.source = 'demo'
    this.changeTo('ready')
    this.timers.addInterval(
      'demo-feed',
      setInterval(() => this.tick(), TICK_MS),
    )
  }

  onApplicationShutdown(): void {
    this.changeTo('stopped')
  }

  private tick(): void {
    this.status.heardAtMs = performance.now()
    const emoji = Array.from({ length: cameIn(UPDATES_PER_S) }, () => this.source.next())
    if (emoji.length > 0) this.bus.emit('scores.received', { ids: emoji.map(({ id }) => Buffer.from(id)) })
    for (const each of emoji) {
      this.bus.emit('detail.received', { id: each.id, data: Buffer.from(JSON.stringify(this.source.post(each, new Date()))) })
    }
    if (this.config.streams.kioskInteraction && cameIn(INTERACTIONS_PER_S) > 0) {
      const data = Buffer.from(JSON.stringify({ char: this.source.next().char, requester: 'demo' }))
      this.bus.emit('interaction.received', { channel: 'stream.interaction.request', data })
    }
  }

  private changeTo(state: 'ready' | 'stopped'): void {
    this.status.state = state
    this.status.sinceMs = Date.now()
    this.status.heardAtMs = performance.now()
    this.bus.emit('ingest.changed', { state })
  }
}

/** How many of what comes at this mean rate came in one tick. */
const cameIn = (perSecond: number) => poisson((perSecond * TICK_MS) / 1000, Math.random)
