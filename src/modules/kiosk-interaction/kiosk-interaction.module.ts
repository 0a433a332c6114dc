import { Injectable, Module, type OnModuleInit } from '@nestjs/common'
import { KIOSK_INTERACTION } from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Namespaces, type QueueNamespace } from '../../common/plugin-api/namespaces.js'

/** The stream of kiosk messages. The event name of each message is the full name of its channel. */
@Injectable()
export class KioskInteractionService implements OnModuleInit {
  private readonly stream: QueueNamespace

  constructor(
    private readonly bus: EventBus,
    namespaces: Namespaces,
  ) {
    this.stream = namespaces.queue(KIOSK_INTERACTION)
  }

  onModuleInit(): void {
    this.bus.on('interaction.received', ({ channel, data }) => this.stream.publish(data, channel))
  }
}

@Module({ providers: [KioskInteractionService] })
export class KioskInteractionModule {}
