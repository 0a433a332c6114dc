import { Injectable, type OnModuleInit } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { DETAILS, detailChannel, detailNamespace, RAW } from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Hub } from './hub.js'
import { MessagePublisher } from './message-publisher.js'

/** Bus events → frames → hub. A frame is encoded only where somebody listens. */
@Injectable()
export class FramePublisherService implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: Hub,
    private readonly publisher: MessagePublisher,
  ) {}

  onModuleInit(): void {
    if (this.config.streams.raw) this.bus.on('scores.received', ({ ids }) => this.publishRaw(ids))
    this.bus.on('detail.received', ({ id, data }) => this.publisher.publish([detailNamespace(id), DETAILS], data, detailChannel(id)))
    this.bus.on('scores.summarized', ({ to, atMs }) => {
      this.hub.msgsBroadcast++
      this.hub.scores.flush(to, atMs)
    })
  }

  private publishRaw(ids: readonly Uint8Array[]): void {
    this.hub.msgsBroadcast += ids.length
    if (!this.hub.isHeard(RAW)) return
    for (const audience of this.hub.listeners(RAW)) {
      for (const id of ids) this.hub.offer(audience, audience.encodeRaw(id))
    }
    // A batch is a whole turn already.
    this.hub.deliver(performance.now())
  }
}
