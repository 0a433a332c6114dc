import { Injectable } from '@nestjs/common'
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus'
import { AppConfig } from '../../common/config/app-config.js'
import type { IngestState } from '../../common/event-bus/app-events.js'
import { CHECK_TIMEOUT_MS, type CheckOutcome, HealthChecks } from '../../common/plugin-api/registries.js'
import { NodeState } from '../../common/stats/node-stats.js'

/** The messages of plug-ins' checks. They are fixed texts, because the answer is public. */
const MESSAGES = { down: 'not well', error: 'failed', timeout: 'too slow' }

type IngestStatus = IngestState | 'silent' | 'sentinel' | 'deaf'

/** The parts of a health answer. They name neither hosts nor errors, because the answer is public. */
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
    const state = this.ingestState()
    return this.ingestResult(state === 'ready', state)
  }

  /**
   * Up once the source has been subscribed: a node with a wrong REDIS_URL never replaces a good one. It stays up while the source is away,
   * since all nodes share it, and a load balancer without a ready node ends every EventSource for good. READY_REQUIRES_REDIS=always makes
   * it `ingest`. A link that answers and delivers nothing is a fault of this node alone: down, so that clients go to other nodes.
   */
  start(): HealthIndicatorResult {
    if (this.config.readyRequiresRedis === 'always') return this.ingest()
    return this.ingestResult(this.node.wasReady && this.node.fault !== 'deaf', this.ingestState())
  }

  private ingestState(): IngestStatus {
    const { state, fault, heardAtMs } = this.node
    if (state !== 'ready' || fault === 'deaf') return fault ?? state
    return performance.now() - heardAtMs > this.config.readyMaxSilenceMs ? 'silent' : state
  }

  private ingestResult(isUp: boolean, state: IngestStatus): HealthIndicatorResult {
    const check = this.indicator.check('ingest')
    const fields = { source: this.node.source, state }
    return isUp ? check.up(fields) : check.down(fields)
  }

  /** Down while Redis refuses the database of REDIS_URL: no reports, or no cuts. Streams need no database. */
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
