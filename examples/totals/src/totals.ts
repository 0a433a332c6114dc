import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { Counter, EventBus, Interval, type LatestNamespace, MetricsRegistry, Namespaces } from 'emojitrack-streamer/plugin'
import { RunningTotals } from './running-totals.js'

/** Ids of 128 bytes make a document of half a megabyte at most, well within the default of QUEUE_MAX_BYTES. */
const MAX_IDS = 2048
const PERIOD_MS = 1000

/** Publishes all totals once a second if they have changed. */
@Injectable()
export class Totals implements OnModuleInit, OnApplicationBootstrap {
  private readonly totals = new RunningTotals(MAX_IDS, Math.floor(Date.now() / 1000))
  private readonly stream: LatestNamespace
  /** The `updates` of the document that was published last. */
  private published = -1

  constructor(
    private readonly bus: EventBus,
    namespaces: Namespaces,
    metrics: MetricsRegistry,
  ) {
    const { totals } = this
    // With increments a later subscriber would start from zero; a document of all totals is complete by itself.
    this.stream = namespaces.latest('totals')
    new Counter({
      name: 'totals_updates_total',
      help: 'Updates that the totals count.',
      registers: [metrics],
      collect() {
        this.reset()
        this.inc(totals.updates)
      },
    })
  }

  onModuleInit(): void {
    this.bus.on('scores.received', ({ ids }) => {
      for (const id of ids) this.totals.add(Buffer.from(id).toString())
    })
  }

  onApplicationBootstrap(): void {
    this.publish()
  }

  // An exception in this method is logged and counted; in a callback of setInterval it would end the process.
  @Interval('totals', PERIOD_MS)
  publish(): void {
    if (this.totals.updates === this.published) return
    this.published = this.totals.updates
    this.stream.publish(JSON.stringify(this.totals.document()))
  }
}
