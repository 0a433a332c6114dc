import type { Backlog } from '../../../src/common/stats/stream-stats.js'
import { StreamStats, type SubscriberInfo, Traffic, type Writer } from '../../../src/common/stats/stream-stats.js'

/** The statistics of no stream at all, for a test to change. */
export class FakeStats extends StreamStats {
  readonly writer: Writer = 'socket.write'
  readonly plugInNamespaces: string[] = []
  total = 0
  msgsBroadcast = 0
  epsRate = 0
  readonly traffic = new Traffic()
  backlog: Backlog = { subscribers: 0, bytes: 0 }

  each(): Iterable<SubscriberInfo> {
    return []
  }
}
