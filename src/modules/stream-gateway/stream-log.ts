import { Injectable, Logger } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import type { AppEvents } from '../../common/event-bus/app-events.js'
import type { Subscriber, SubscriberRequest } from './subscriber.js'

/** What clients do, at the log level debug: a line for each stream opened and closed, each HEAD and each cleanup. Queries, which may hold tokens, are left out. */
@Injectable()
export class StreamLog {
  private readonly logger = new Logger('StreamGateway')
  private readonly isOn: boolean

  constructor({ logLevel }: AppConfig) {
    this.isOn = logLevel === 'debug' || logLevel === 'trace'
  }

  opened({ request, audience }: Subscriber): void {
    if (this.isOn) this.logger.debug({ msg: 'stream opened', ...fieldsOf(request), namespaces: audience.namespaces })
  }

  closed({ request, msgsSent }: Subscriber, { reason, openMs }: AppEvents['subscriber.closed']): void {
    if (!this.isOn) return
    this.logger.debug({ msg: 'stream closed', ...fieldsOf(request), reason, seconds: Math.round(openMs) / 1000, frames: msgsSent })
  }

  head(request: SubscriberRequest): void {
    if (this.isOn) this.logger.debug({ msg: 'HEAD of a stream', ...fieldsOf(request) })
  }

  /** `url` is that of the request; `closed`: how many streams, over all workers. */
  cleanedUp(url: string, client: string, closed: number): void {
    if (this.isOn) this.logger.debug({ msg: 'cleanup', path: url.split('?', 1)[0], client, closed })
  }
}

const fieldsOf = ({ requestPath, clientIp, userAgent }: SubscriberRequest) => ({ path: requestPath, client: clientIp, agent: userAgent })
