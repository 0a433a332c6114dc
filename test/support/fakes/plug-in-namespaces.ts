import { vi } from 'vitest'
import { PluginFlushScheduler } from '../../../src/modules/stream-gateway/plugin-streams/plugin-flush.scheduler.js'
import { PluginNamespacesRegistry } from '../../../src/modules/stream-gateway/plugin-streams/plugin-namespaces.registry.js'
import { aHub, configOf } from './a-hub.js'

/** The core of the gateway with the namespaces of plug-ins. The caller has faked the timers, and `performance.now()` with them. */
export function plugInNamespaces(env: Record<string, string> = {}) {
  const config = configOf(env)
  const world = aHub({ config })
  const flushes = new PluginFlushScheduler(world.registry, world.hub)
  const namespaces = new PluginNamespacesRegistry(config, world.hub, world.broadcaster, flushes, world.refusals)
  return {
    ...world,
    namespaces,
    /** So much time passes as any flush takes to come, and any round to end. */
    flush: () => vi.advanceTimersByTime(20),
  }
}
