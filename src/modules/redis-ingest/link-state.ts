import type { Logger } from '@nestjs/common'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import type { NodeState } from '../../common/stats/node-stats.js'

/** Writes the state of the link to Redis: into `NodeState`, the log and, where it changes, the bus. */
export class LinkState {
  constructor(
    private readonly node: NodeState,
    private readonly bus: Pick<EventBus, 'emit'>,
    private readonly logger: Pick<Logger, 'log' | 'warn'>,
  ) {}

  /** Messages have come. */
  hear(): void {
    this.alive()
    this.node.fault = null
  }

  alive(): void {
    this.node.heardAtMs = performance.now()
  }

  ready(): void {
    this.alive()
    this.node.lastError = null
    // After a deaf link only a message proves that the new one delivers.
    if (this.node.fault !== 'deaf') this.node.fault = null
    this.changeTo('ready')
  }

  sentinel(): void {
    this.fail('this is a Sentinel', 'REDIS_URL must name the Redis to which the feeder publishes; a Sentinel has no updates')
    this.node.fault = 'sentinel'
  }

  deaf(): void {
    this.node.fault = 'deaf'
  }

  /** Logs an error once, however often it occurs in a row. */
  fail(message: string, advice: string | undefined): void {
    this.node.fault = null
    if (message === this.node.lastError) return
    this.node.lastError = message
    this.logger.warn({ msg: 'Redis is not usable', error: message, advice })
  }

  changeTo(state: 'connecting' | 'ready' | 'stopped'): void {
    if (this.node.state === state && this.node.sinceMs !== 0) return
    this.node.state = state
    this.node.wasReady ||= state === 'ready'
    this.node.sinceMs = Date.now()
    this.logger.log({ msg: 'ingest changed', state })
    this.bus.emit('ingest.changed', { state })
  }
}
