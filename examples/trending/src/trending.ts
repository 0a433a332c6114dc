import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { Counter, EventBus, Interval, type LatestNamespace, MetricsRegistry, Namespaces } from 'emojitrack-streamer/plugin'
import { Movers, WINDOW_S } from './movers.js'

const TOP = 10
/** About 2.5 MB at most. */
const MAX_IDS = 4096
const PERIOD_MS = 1000

/** Publishes the top movers once a second if they have changed. */
@Injectable()
export class Trending implements OnModuleInit, OnApplicationBootstrap {
  private readonly movers = new Movers(MAX_IDS, nowS())
  private readonly stream: LatestNamespace
  private published = ''

  constructor(
    private readonly bus: EventBus,
    namespaces: Namespaces,
    metrics: MetricsRegistry,
  ) {
    const { movers } = this
    this.stream = namespaces.latest('trending')
    new Counter({
      name: 'trending_updates_ignored_total',
      help: 'Updates that trending did not count, because its table of ids was full.',
      registers: [metrics],
      collect() {
        this.reset()
        this.inc(movers.ignored)
      },
    })
  }

  onModuleInit(): void {
    this.bus.on('scores.received', ({ ids }) => {
      const atS = nowS()
      for (const id of ids) this.movers.add(Buffer.from(id).toString(), atS)
    })
  }

  onApplicationBootstrap(): void {
    this.publish()
  }

  // An exception in this method is logged and counted; in a callback of setInterval it would end the process.
  @Interval('trending', PERIOD_MS)
  publish(): void {
    const data = JSON.stringify({ window_s: WINDOW_S, top: this.movers.top(TOP, nowS()) })
    if (data === this.published) return
    this.published = data
    this.stream.publish(data)
  }
}

/** Monotonic. */
const nowS = () => Math.floor(performance.now() / 1000)
