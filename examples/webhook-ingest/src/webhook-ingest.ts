import { Injectable, type OnModuleInit } from '@nestjs/common'
import { EventBus, Relay, type RelayPayload } from 'emojitrack-streamer/plugin'
import type { Delivery } from './delivery.js'

const QUESTION = 'webhook-ingest'

/** Emits the delivered updates and details on every worker of this node, with the events that RedisIngest emits. */
@Injectable()
export class WebhookIngest implements OnModuleInit {
  /** True from the start of the shutdown on: no further requests are accepted. */
  isDraining = false

  constructor(
    private readonly bus: EventBus,
    private readonly relay: Relay,
  ) {}

  onModuleInit(): void {
    this.bus.on('node.draining', () => {
      this.isDraining = true
    })
    // Each worker has its own bus and its own subscribers, and a request reaches only one of them.
    this.relay.on(QUESTION, (payload) => {
      this.emit(payload)
      return 1
    })
  }

  /** Resolves to the number of workers that emitted the delivery: all that answer within 2 s. */
  deliver({ ids, detail }: Delivery): Promise<number> {
    // An id holds no control characters, line breaks included.
    const updates = ids.join('\n')
    return this.relay.sum(QUESTION, detail === null ? { updates } : { updates, id: detail.id, data: detail.data })
  }

  private emit({ updates = '', id, data }: RelayPayload): void {
    if (updates !== '') this.bus.emit('scores.received', { ids: updates.split('\n').map((each) => Buffer.from(each)) })
    if (id !== undefined && data !== undefined) this.bus.emit('detail.received', { id, data: Buffer.from(data) })
  }
}
