import { Injectable, Logger } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { RateLimitedLog } from '../../common/logging/rate-limited-log.js'
import { encodeEventName, encodeFrame } from '../../common/sse/frame.js'
import { Discards } from '../../common/stats/counters.js'
import { TurnEnd } from '../../common/timers/turn-end.js'
import { Hub } from './hub.js'

/** Messages that don't add up → frames → the queues of those who listen. A frame is encoded only where somebody does. */
@Injectable()
export class MessagePublisher {
  private readonly logger = new Logger('StreamGateway')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  private readonly turn = new TurnEnd(() => this.hub.deliver(performance.now()))

  constructor(
    private readonly config: AppConfig,
    private readonly hub: Hub,
    private readonly discards: Discards,
  ) {}

  /**
   * Sends a message to who listens to any of the namespaces, at the end of this turn of the event loop.
   * @param eventName without, the frames carry the first namespace on a multiplexed stream, and no name on any other
   */
  publish(namespaces: readonly [string, ...string[]], data: string | Uint8Array, eventName?: string): void {
    const { hub } = this
    hub.msgsBroadcast++
    if (!namespaces.some((namespace) => hub.isHeard(namespace))) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (!this.accepts(eventName ?? namespaces[0], bytes.length)) return
    const named = encodeFrame(bytes, encodeEventName(eventName ?? namespaces[0]))
    const plain = eventName === undefined ? encodeFrame(bytes) : named
    for (const namespace of namespaces) {
      for (const audience of hub.listeners(namespace)) hub.offer(audience, audience.isNamed ? named : plain)
    }
    this.turn.schedule()
  }

  /** Whether a payload is within QUEUE_MAX_BYTES; one that isn't is counted and named in a warning. */
  accepts(channel: string, bytes: number): boolean {
    if (bytes <= this.config.streams.queueMaxBytes) return true
    this.discards.count('too-large')
    this.warnings.note('too-large', { msg: 'payload refused: larger than QUEUE_MAX_BYTES', channel, bytes })
    return false
  }
}
