import type { IngestState } from '../event-bus/app-events.js'

/** The state of this node: its source of updates, and whether it drains. The bus announces changes of both. */
export class NodeState {
  /** Written by RedisIngest or DemoFeed, as are the fields up to `lastError`. */
  source: 'redis' | 'demo' | 'none' = 'none'
  state: IngestState = 'connecting'
  /** When `state` began. Unix ms. */
  sinceMs = 0
  /** When the last message or answer came from the source: `performance.now()` ms, -Infinity before the first one. */
  heardAtMs = Number.NEGATIVE_INFINITY
  /** The last error of the source in one line, without secrets. */
  lastError: string | null = null
  /** True from the start of the drain on. Written by DrainService. */
  isDraining = false
}
