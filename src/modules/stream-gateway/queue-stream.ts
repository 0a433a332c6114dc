import { checkEventName } from '../../common/core/sse-frame.js'
import type { QueueNamespace } from '../../common/plugin-api/namespaces.js'
import type { MessagePublisher } from './message-publisher.js'

/** A plug-in's messages: each goes into the queue of every subscriber. */
export class QueueStream implements QueueNamespace {
  private readonly namespaces: readonly [string]

  constructor(
    name: string,
    private readonly publisher: MessagePublisher,
  ) {
    this.namespaces = [name]
  }

  publish(data: string | Uint8Array, eventName?: string): void {
    if (eventName !== undefined) checkEventName(eventName)
    this.publisher.publish(this.namespaces, data, eventName)
  }
}
