import { SchedulerRegistry } from '@nestjs/schedule'
import { vi } from 'vitest'
import { parseConfig } from '../../../src/common/config/parse-config.js'
import { Refusals } from '../../../src/common/stats/refusals.js'
import { MessagePublisher } from '../../../src/modules/stream-gateway/message-publisher.js'
import { NamespaceRegistry } from '../../../src/modules/stream-gateway/namespace-registry.js'
import { aHub } from './a-hub.js'

const MACHINE = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }

/** The core of the gateway with the namespaces of plug-ins. The caller has faked the timers, and `performance.now()` with them. */
export function plugInNamespaces(env: Record<string, string> = {}) {
  const config = parseConfig(env, MACHINE)
  const world = aHub({ limits: config.streams })
  const refusals = new Refusals()
  const publisher = new MessagePublisher(config, world.hub, refusals)
  const namespaces = new NamespaceRegistry(config, world.hub, publisher, refusals, new SchedulerRegistry())
  return {
    ...world,
    refusals,
    namespaces,
    /** So much time passes as any flush takes to come, and any round to end. */
    flush: () => vi.advanceTimersByTime(20),
  }
}
