import { vi } from 'vitest'
import { PluginFlushScheduler } from '../../../src/modules/stream-gateway/plugin-streams/plugin-flush.scheduler.js'
import { PluginNamespacesRegistry } from '../../../src/modules/stream-gateway/plugin-streams/plugin-namespaces.registry.js'
import { aHub, type Setup } from './a-hub.js'
import { configOf } from './config-of.js'

/** The core of the gateway with the namespaces of plug-ins. The caller has faked the timers, and `performance.now()` with them. */
export function pluginNamespaces(env: Record<string, string> = {}, setup: Setup = {}) {
  const config = configOf(env)
  const world = aHub({ config, ...setup })
  const flushes = new PluginFlushScheduler(world.registry, world.hub, world.slices)
  const namespaces = new PluginNamespacesRegistry(config, world.hub, world.broadcaster, flushes, world.discards)
  return {
    ...world,
    namespaces,
    /** Score updates, and the flush that covers them. */
    flushScores: world.flush,
    /** Passes the time in which any flush comes and any round ends. */
    flush: () => vi.advanceTimersByTime(20),
  }
}
