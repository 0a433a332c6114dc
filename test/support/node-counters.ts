import type { EventBus } from '../../src/common/event-bus/event-bus.js'
import { Discards, Failures } from '../../src/common/stats/counters.js'
import type { StreamStats } from '../../src/common/stats/stream-stats.js'
import { NodeCountersService } from '../../src/modules/statistics/node-counters.service.js'
import { FakeStats } from './fakes/fake-stats.js'

/** The counters of a node, which listen to this bus. */
export function nodeCounters(
  bus: EventBus,
  { stats = new FakeStats(), discards = new Discards(), failures = new Failures() }: Parts = {},
): NodeCountersService {
  const counters = new NodeCountersService(bus, stats, discards, failures)
  counters.onModuleInit()
  return counters
}

interface Parts {
  readonly stats?: StreamStats
  readonly discards?: Discards
  readonly failures?: Failures
}
