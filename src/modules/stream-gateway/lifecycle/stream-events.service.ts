import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { AppConfig } from '../../../common/config/app-config.js'
import type { CloseReason } from '../../../common/event-bus/app-events.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { TurnEnd } from '../../../common/platform/timers.js'
import { type HubListener, HubService } from '../fan-out/hub.service.js'
import type { Subscriber, SubscriberRequest } from '../fan-out/subscriber.js'

/**
 * Announces on the bus which streams have opened and closed, in order, at the end of the turn of the event loop in which they did. Not at
 * once: a handler may emit updates, and their bytes could reach a stream before its head, or within the write that has closed another
 * stream. At the log level debug each stream, HEAD and cleanup is a line. Lines hold no query: it may hold a token.
 */
@Injectable()
export class StreamEventsService implements OnModuleInit, HubListener {
  private readonly logger = new Logger('StreamGateway')
  private readonly isDebug: boolean
  private waiting: (() => void)[] = []
  private readonly turn = new TurnEnd(() => this.emit())

  constructor(
    { logLevel }: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: HubService,
  ) {
    this.isDebug = logLevel === 'debug' || logLevel === 'trace'
  }

  onModuleInit(): void {
    this.hub.listen(this)
  }

  onOpened({ request, namespaces, audience }: Subscriber): void {
    if (this.isDebug) this.logger.debug({ msg: 'stream opened', ...fieldsOf(request), namespaces })
    const { queued } = audience
    this.add(() => this.bus.emit('subscriber.opened', { namespaces, queued }))
  }

  onClosed({ request, namespaces, audience, msgsSent, openedAtMs }: Subscriber, reason: CloseReason): void {
    const openMs = performance.now() - openedAtMs
    if (this.isDebug) {
      this.logger.debug({ msg: 'stream closed', ...fieldsOf(request), reason, seconds: Math.round(openMs) / 1000, frames: msgsSent })
    }
    const { queued } = audience
    this.add(() => this.bus.emit('subscriber.closed', { namespaces, queued, reason, openMs }))
  }

  onHead(request: SubscriberRequest): void {
    if (this.isDebug) this.logger.debug({ msg: 'HEAD of a stream', ...fieldsOf(request) })
  }

  /** @param closed how many streams, over all workers */
  onCleanup(path: string, client: string, closed: number): void {
    if (this.isDebug) this.logger.debug({ msg: 'cleanup', path, client, closed })
  }

  private add(emit: () => void): void {
    this.waiting.push(emit)
    this.turn.schedule()
  }

  private emit(): void {
    const { waiting } = this
    this.waiting = []
    for (const emit of waiting) emit()
  }
}

const fieldsOf = ({ requestPath, clientIp, userAgent }: SubscriberRequest) => ({ path: requestPath, client: clientIp, agent: userAgent })
