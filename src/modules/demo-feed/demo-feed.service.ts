import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { byPopularity, UpdateSource } from '../../common/emoji/update-source.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-stats.js'

/** The rate of the real feeder in production. */
const UPDATES_PER_S = 400
const TICK_MS = 20
const INTERACTIONS_PER_S = 0.5

/** Replaces RedisIngest if no Redis is configured: emits the same events, from made-up posts. */
@Injectable()
export class DemoFeedService implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly timers: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.node.source = 'demo'
    this.changeTo('ready')
    const source = new UpdateSource(byPopularity(loadEmoji()), Math.random)
    this.timers.addInterval(
      'demo-feed',
      setInterval(() => this.tick(source), TICK_MS),
    )
  }

  onApplicationShutdown(): void {
    this.changeTo('stopped')
  }

  private tick(source: UpdateSource): void {
    this.node.heardAtMs = performance.now()
    const emoji = Array.from({ length: drawCount(UPDATES_PER_S) }, () => source.next())
    if (emoji.length > 0) this.bus.emit('scores.received', { ids: emoji.map(({ id }) => Buffer.from(id)) })
    for (const each of emoji) {
      this.bus.emit('detail.received', { id: each.id, data: Buffer.from(JSON.stringify(source.post(each, new Date()))) })
    }
    if (this.config.streams.kioskInteraction && drawCount(INTERACTIONS_PER_S) > 0) {
      const data = Buffer.from(JSON.stringify({ char: source.next().char, requester: 'demo' }))
      this.bus.emit('interaction.received', { channel: 'stream.interaction.request', data })
    }
  }

  private changeTo(state: 'ready' | 'stopped'): void {
    this.node.state = state
    this.node.wasReady ||= state === 'ready'
    this.node.sinceMs = Date.now()
    this.node.heardAtMs = performance.now()
    this.bus.emit('ingest.changed', { state })
  }
}

/** A random number of events for one tick, at this mean rate. */
const drawCount = (perSecond: number) => poisson((perSecond * TICK_MS) / 1000, Math.random)

/** The number of events where `mean` are expected: a Poisson draw by Knuth's method, so the mean should be small. Pure. */
export function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
