import { Injectable, type OnModuleInit } from '@nestjs/common'
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus'
import { EventBus } from '../../common/event-bus/event-bus.js'

/** Down from the moment that this node is being shut down, so that the load balancer sends new clients elsewhere. */
@Injectable()
export class DrainHealth implements OnModuleInit {
  private isDraining = false

  constructor(
    private readonly indicator: HealthIndicatorService,
    private readonly bus: EventBus,
  ) {}

  onModuleInit(): void {
    this.bus.on('node.draining', () => {
      this.isDraining = true
    })
  }

  check(): HealthIndicatorResult {
    const check = this.indicator.check('node')
    return this.isDraining ? check.down({ state: 'draining' }) : check.up({ state: 'serving' })
  }
}
