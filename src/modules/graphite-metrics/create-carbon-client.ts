import type { GraphiteTarget } from '../../common/config/graphite-config.js'
import type { CarbonClient } from './carbon-client.js'
import { Reachability, type ReachabilityListener } from './reachability.js'
import { ReportQueue } from './report-queue.js'
import { TcpCarbonClient } from './tcp-carbon-client.js'
import { UdpCarbonClient } from './udp-carbon-client.js'

/** Reports of more than an hour, at the default period. */
const QUEUE_MAX_BYTES = 1_048_576
const CONNECT_TIMEOUT_MS = 5000
const STALL_TIMEOUT_MS = 10_000

export function createCarbonClient(target: GraphiteTarget, listener: ReachabilityListener): CarbonClient {
  const queue = new ReportQueue(QUEUE_MAX_BYTES)
  const reachability = new Reachability(listener, Math.random)
  return target.protocol === 'udp'
    ? new UdpCarbonClient(target, queue, reachability)
    : new TcpCarbonClient(target, queue, reachability, { connectMs: CONNECT_TIMEOUT_MS, stallMs: STALL_TIMEOUT_MS })
}
