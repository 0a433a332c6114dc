import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Counter, EventBus, type LatestNamespace, MetricsRegistry, Namespaces } from 'emojitrack-streamer/plugin'

/** Publishes the newest id, and the number of updates so far. */
@Injectable()
export class Starter implements OnModuleInit {
  private readonly stream: LatestNamespace
  private readonly received: Counter
  private updates = 0

  constructor(
    private readonly bus: EventBus,
    namespaces: Namespaces,
    metrics: MetricsRegistry,
  ) {
    this.stream = namespaces.latest('starter')
    this.received = new Counter({ name: 'starter_updates_total', help: 'Updates that starter has seen.', registers: [metrics] })
  }

  onModuleInit(): void {
    this.bus.on('scores.received', ({ ids }) => this.receive(ids))
  }

  private receive(ids: readonly Uint8Array[]): void {
    const newest = ids.at(-1)
    if (newest === undefined) return
    this.updates += ids.length
    this.received.inc(ids.length)
    this.stream.publish(JSON.stringify({ id: Buffer.from(newest).toString(), updates: this.updates }))
  }
}
