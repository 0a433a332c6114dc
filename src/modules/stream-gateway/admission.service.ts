import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../common/platform/rate-limited-log.js'
import { Limits } from './limits.js'
import type { RefusalReason } from './refusal.js'

/** Decides who gets a stream: everybody within the limits, nobody while the node drains. */
@Injectable()
export class AdmissionService implements OnModuleInit {
  private readonly logger = new Logger('StreamGateway')
  private isDraining = false
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly limits: Limits,
  ) {}

  onModuleInit(): void {
    this.bus.on('node.draining', () => {
      this.isDraining = true
    })
    const { limits, workers, worker } = this.config
    if (
      limits.maxConnections < Number.POSITIVE_INFINITY &&
      limits.maxConnections > limits.maxConnectionsHere * workers &&
      (worker ?? 1) === 1
    )
      this.logger.warn('MAX_CONNECTIONS is out of reach: raise the limit of open files (ulimit -n) to it and 256 more, or lower it')
  }

  /** Takes a place for a stream from this address, to be given back by `release`, or announces and returns why there is none. */
  admit(address: string, nowMs: number): RefusalReason | null {
    const reason = this.isDraining ? 'draining' : this.limits.admit(address, nowMs)
    if (reason !== null) this.note(reason, nowMs)
    return reason
  }

  release(address: string): void {
    this.limits.release(address)
  }

  /** How long a refused client is to wait, ms; another time for each. */
  retryMs(random: number): number {
    const { min, max } = this.config.limits.refuseRetryMs
    return Math.round(min + random * (max - min))
  }

  private note(reason: RefusalReason, nowMs: number): void {
    this.bus.emit('connection.refused', { reason })
    if (reason !== 'draining') this.warnings.note(reason, { msg: 'streams refused', reason }, nowMs)
  }
}
