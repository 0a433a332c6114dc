import { SchedulerRegistry } from '@nestjs/schedule'
import { vi } from 'vitest'
import { parseConfig } from '../../../src/common/config/parse-config.js'
import { Discards } from '../../../src/common/stats/counters.js'
import { MessagePublisher } from '../../src/modules/stream-gateway/message-publisher.js'
import { NamespaceRegistry } from '../../src/modules/stream-gateway/namespace-registry.js'
import { aHub } from './a-hub.js'

const MACHINE = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }

/** The core of the gateway with the namespaces of plug-ins. The caller has faked the timers, and `performance.now()` with them. */
export function plugInNamespaces(env: Record<string, string> = {}) {
  const config = parseConfig(env, MACHINE)
  const world = aHub({ limits: config.streams })
  const discards = new Discards()
  const publisher = new MessagePublisher(config, world.hub, discards)
  const namespaces = new NamespaceRegistry(config, world.hub, publisher, discards, new SchedulerRegistry())
  return {
    ...world,
    discards,
    namespaces,
    /** So much time passes as any flush takes to come, and any round to end. */
    flush: () => vi.advanceTimersByTime(20),
  }
}
