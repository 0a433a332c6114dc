import type { IngestState } from '../event-bus/app-events.js'

/** The state of this node: its source of updates, and whether it drains. Asked for by health, reports and admission; changes are announced on the bus. */
export class NodeState {
  /** Written by RedisIngest or DemoFeed, as are the fields up to `lastError`. */
  source: 'redis' | 'demo' | 'none' = 'none'
  state: IngestState = 'connecting'
  /** When `state` began. Unix ms. */
  sinceMs = 0
  /** When anything was last heard from the source: `performance.now()` ms, -Infinity before the first time. */
  heardAtMs = Number.NEGATIVE_INFINITY
  /** The last error in one line, without secrets. */
  lastError: string | null = null
  /** True from the start of the drain on. Written by DrainService. */
  isDraining = false
}
