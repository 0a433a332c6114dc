import { Injectable } from '@nestjs/common'
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus'
import { AppConfig } from '../../common/config/app-config.js'
import { CHECK_TIMEOUT_MS, type CheckOutcome, HealthChecks } from '../../common/plugin-api/registries.js'
import { NodeState } from '../../common/stats/node-stats.js'

/** The messages of plug-ins' checks. They are fixed texts, because the answer is public. */
const MESSAGES = { down: 'not well', error: 'failed', timeout: 'too slow' }

/** The parts of a readiness answer. They name neither hosts nor errors, because the answer is public. */
@Injectable()
export class IndicatorsService {
  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly config: AppConfig,
    private readonly node: NodeState,
    private readonly checks: HealthChecks,
  ) {}

  /** Down from the start of the drain on, so that the load balancer sends new clients to other nodes. */
  drain(): HealthIndicatorResult {
    const check = this.indicator.check('node')
    return this.node.isDraining ? check.down({ state: 'draining' }) : check.up({ state: 'serving' })
  }

  /** Up while the source is subscribed and something was received from it within READY_MAX_SILENCE_MS. */
  ingest(): HealthIndicatorResult {
    const { source, state, heardAtMs } = this.node
    const check = this.indicator.check('ingest')
    if (state !== 'ready') return check.down({ source, state: this.node.fault ?? state })
    const silentMs = Math.round(performance.now() - heardAtMs)
    return silentMs > this.config.readyMaxSilenceMs ? check.down({ source, state: 'silent' }) : check.up({ source, state })
  }

  /** Down while Redis refuses the database of REDIS_URL: no reports, or no snapshot. Streams need no database. */
  database(): HealthIndicatorResult {
    const check = this.indicator.check('database')
    const connections = [...this.node.withoutDatabase].sort()
    return connections.length === 0 ? check.up() : check.down({ state: 'refused', connections })
  }

  /** One indicator for each check of a plug-in. */
  plugins(): (() => Promise<HealthIndicatorResult>)[] {
    return this.checks.names.map((name) => () => this.plugin(name))
  }

  private async plugin(name: string): Promise<HealthIndicatorResult> {
    const check = this.indicator.check(name)
    const result: { outcome: CheckOutcome | 'timeout' } = { outcome: 'timeout' }
    // No probe waits for a check that is overdue.
    if (!this.checks.isOverdue(name)) {
      await check
        .attempt(async () => {
          result.outcome = await this.checks.run(name)
        })
        .withTimeout(CHECK_TIMEOUT_MS)
    }
    return result.outcome === 'up' ? check.up() : check.down(MESSAGES[result.outcome])
  }
}
