import type { SubscriberInfo } from '../../../src/common/stats/stream-stats.js'

/** An open stream as reports see it; by default, that of a client that keeps up. */
export const subscriberInfo = (given: Partial<SubscriberInfo> = {}): SubscriberInfo => ({
  requestPath: '/subscribe/details/2665',
  namespaces: ['details/2665'],
  tag: '2665',
  createdAt: 1_700_000_000,
  clientIp: '192.0.2.1',
  userAgent: 'curl/8',
  msgsSent: 7,
  conflated: 2,
  bufferedBytes: 0,
  lagMs: 0,
  ...given,
})
