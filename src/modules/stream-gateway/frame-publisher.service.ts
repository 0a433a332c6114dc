import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { detailChannel } from '../../common/channels.js'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { encodeEventName, encodeFrame } from '../../common/sse/frame.js'
import { DETAILS, detailNamespace, KIOSK_INTERACTION, RAW } from '../../common/sse/namespace.js'
import { Refusals } from '../../common/stats/refusals.js'
import { TurnEnd } from '../../common/timers/turn-end.js'
import { Hub } from './hub.js'

/** Bus events → frames → hub. A frame is encoded only where somebody listens. */
@Injectable()
export class FramePublisherService implements OnModuleInit {
  private readonly logger = new Logger('StreamGateway')
  private readonly turn = new TurnEnd(() => this.hub.deliver(performance.now()))

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: Hub,
    private readonly refusals: Refusals,
  ) {}

  onModuleInit(): void {
    if (this.config.streams.raw) this.bus.on('scores.received', ({ ids }) => this.publishRaw(ids))
    this.bus.on('detail.received', ({ id, data }) => this.publish(detailChannel(id), data, [detailNamespace(id), DETAILS]))
    if (this.config.streams.kioskInteraction) {
      this.bus.on('interaction.received', ({ channel, data }) => this.publish(channel, data, [KIOSK_INTERACTION]))
    }
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

  private publish(eventName: string, data: Uint8Array, namespaces: readonly string[]): void {
    this.hub.msgsBroadcast++
    if (!namespaces.some((namespace) => this.hub.isHeard(namespace))) return
    if (data.length > this.config.streams.queueMaxBytes) {
      this.refuse(eventName, data.length)
      return
    }
    const frame = encodeFrame(data, encodeEventName(eventName))
    for (const namespace of namespaces) {
      for (const audience of this.hub.listeners(namespace)) this.hub.offer(audience, frame)
    }
    this.turn.schedule()
  }

  private refuse(channel: string, bytes: number): void {
    this.refusals.count('too-large')
    this.logger.warn({ msg: 'payload refused: larger than QUEUE_MAX_BYTES', channel, bytes })
  }
}
