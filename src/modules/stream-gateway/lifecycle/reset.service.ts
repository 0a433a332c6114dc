import { Injectable, type OnModuleInit } from '@nestjs/common'
import { AppConfig } from '../../../common/config/app-config.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { HubService } from '../fan-out/hub.service.js'
import { CLOSING_COST, SliceScheduler } from '../fan-out/slice.scheduler.js'
import type { Subscriber } from '../fan-out/subscriber.js'

/**
 * Closes the streams whose clients keep ids or totals when the data in Redis are replaced: those are of no use any more, and a reconnect
 * gets new ones. Each has a random time to wait before it, so that they do not reopen together. All other streams go on.
 */
@Injectable()
export class ResetService implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: HubService,
    private readonly slices: SliceScheduler,
  ) {}

  onModuleInit(): void {
    this.bus.on('positions.changed', ({ isNewData }) => {
      if (isNewData) this.reset()
    })
  }

  /** Closes the streams that are open now. Those that open meanwhile begin with the new data. */
  private reset(): void {
    const old = [...this.hub].filter(({ request }) => request.hasEpoch)
    for (const subscriber of old) subscriber.mute()
    if (old.length > 0) this.slices.run('reset', this.close(old))
  }

  private *close(subscribers: readonly Subscriber[]): Generator<void, void> {
    const { retryMs } = this.config.renewal
    const budget = this.slices.budget()
    for (const subscriber of subscribers) {
      subscriber.close('reset', Math.max(1, Math.round(retryMs * (0.5 + Math.random()))))
      if (budget.spend(CLOSING_COST)) yield
    }
    this.slices.commit()
  }
}
