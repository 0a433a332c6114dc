import { Injectable } from '@nestjs/common'
import { detailId } from '../../../common/core/namespace.js'
import { RateMeter } from '../../../common/stats/counters.js'
import type { Backlog, Traffic } from '../../../common/stats/stream-stats.js'
import { StreamStats, type SubscriberInfo, type Writer } from '../../../common/stats/stream-stats.js'
import { BroadcasterService } from '../fan-out/broadcaster.service.js'
import { HubService } from '../fan-out/hub.service.js'
import type { Subscriber } from '../fan-out/subscriber.js'
import { PluginNamespacesRegistry } from '../plugin-streams/plugin-namespaces.registry.js'
import { TransportService } from '../transport/transport.service.js'

/** The statistics port: the figures of the open streams, for reports. */
@Injectable()
export class StreamStatsProvider extends StreamStats {
  backlog: Backlog = { subscribers: 0, bytes: 0 }
  private readonly epsRounds = new RateMeter(performance.now())

  constructor(
    private readonly hub: HubService,
    private readonly broadcaster: BroadcasterService,
    private readonly transport: TransportService,
    private readonly namespaces: PluginNamespacesRegistry,
  ) {
    super()
  }

  get writer(): Writer {
    return this.transport.writer
  }

  get plugInNamespaces(): readonly string[] {
    return this.namespaces.ofPlugins
  }

  get total(): number {
    return this.hub.total
  }

  get msgsBroadcast(): number {
    return this.hub.msgsBroadcast
  }

  get epsRate(): number {
    return this.epsRounds.perSecond
  }

  get traffic(): Readonly<Traffic> {
    return this.hub.traffic
  }

  /** Takes the figures of one sweep over all subscribers. */
  sample(backlog: Backlog, nowMs: number): void {
    this.backlog = backlog
    this.epsRounds.sample(this.broadcaster.eps.rounds, nowMs)
  }

  *each(): Generator<SubscriberInfo, void> {
    for (const subscriber of this.hub) yield infoOf(subscriber, performance.now())
  }
}

function infoOf(subscriber: Subscriber, nowMs: number): SubscriberInfo {
  const { request, audience, namespaces, createdAtMs, msgsSent, conflated, bufferedBytes } = subscriber
  return {
    requestPath: request.requestPath,
    clientIp: request.clientIp,
    userAgent: request.userAgent,
    namespaces,
    tag: audience.isNamed ? null : detailId(namespaces[0] ?? ''),
    createdAt: Math.floor(createdAtMs / 1000),
    msgsSent,
    conflated,
    bufferedBytes,
    lagMs: subscriber.lagMs(nowMs),
  }
}
