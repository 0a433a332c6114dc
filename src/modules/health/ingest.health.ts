import { Injectable } from '@nestjs/common'
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus'
import { AppConfig } from '../../common/config/app-config.js'
import { NodeState } from '../../common/stats/node-state.js'

/** Up while the source is subscribed and was heard from within READY_MAX_SILENCE_MS. Says nothing of hosts or errors: the answer is public. */
@Injectable()
export class IngestHealth {
  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly config: AppConfig,
    private readonly ingest: NodeState,
  ) {}

  check(): HealthIndicatorResult {
    const { source, state, heardAtMs } = this.ingest
    const check = this.indicator.check('ingest')
    if (state !== 'ready') return check.down({ source, state })
    const silentMs = Math.round(performance.now() - heardAtMs)
    return silentMs > this.config.readyMaxSilenceMs ? check.down({ source, state: 'silent' }) : check.up({ source, state })
  }
}
