import type { IngestState } from '../event-bus/app-events.js'

/**
 * What the running ingest says of itself. RedisIngest or DemoFeed alone writes it; health and reports read it.
 */
export class IngestStatus {
  source: 'redis' | 'demo' | 'none' = 'none'
  state: IngestState = 'connecting'
  /** When `state` began. Unix ms. */
  sinceMs = 0
  /** When anything was last heard from the source: `performance.now()` ms, -Infinity before the first time. */
  heardAtMs = Number.NEGATIVE_INFINITY
  /** The last error in one line, without secrets. */
  lastError: string | null = null
}
