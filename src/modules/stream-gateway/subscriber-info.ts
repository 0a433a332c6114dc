import type { SubscriberInfo } from '../../common/stats/stream-stats.js'
import type { Subscriber } from './subscriber.js'

/** What reports show of a subscriber. */
export function infoOf(subscriber: Subscriber, nowMs: number): SubscriberInfo {
  const { request, audience, createdAtMs, msgsSent, conflated, bufferedBytes } = subscriber
  return {
    requestPath: request.requestPath,
    clientIp: request.clientIp,
    userAgent: request.userAgent,
    namespaces: audience.namespaces,
    tag: audience.tag,
    createdAt: Math.floor(createdAtMs / 1000),
    msgsSent,
    conflated,
    bufferedBytes,
    lagMs: subscriber.lagMs(nowMs),
  }
}
