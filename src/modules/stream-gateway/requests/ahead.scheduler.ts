import { Injectable, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { OneShot } from '../../../common/platform/timers.js'

/** The longest that a request waits. */
export const MAX_WAIT_MS = 1000
/** The most requests that wait. */
export const MAX_WAITING = 1000
/** How often the requests that wait are looked at: about once a flush. */
const CHECK_MS = 17

/** A request that waits until this node has received what its client has. */
export interface WaitingRequest {
  /** True while it is to wait. Its client may leave meanwhile. */
  isAhead(): boolean
  /** Called once. */
  proceed(): void
}

/**
 * Holds requests for streams whose ids are ahead of this node: they come from a node that receives updates a little earlier. Each goes on
 * when this node has received as much, or after `MAX_WAIT_MS`; all do when the node drains. One timer serves all of them.
 */
@Injectable()
export class AheadScheduler implements OnModuleInit {
  /** In the order of their coming. */
  private waiting: { readonly request: WaitingRequest; readonly untilMs: number }[] = []
  private readonly timer: OneShot

  constructor(
    private readonly bus: EventBus,
    timers: SchedulerRegistry,
  ) {
    this.timer = new OneShot(timers, 'ahead', () => this.check(performance.now()))
  }

  onModuleInit(): void {
    this.bus.on('node.draining', () => this.check(Number.POSITIVE_INFINITY))
  }

  /** The number of requests that wait. */
  get size(): number {
    return this.waiting.length
  }

  /** Lets a request wait, or go on at once where too many wait. */
  wait(request: WaitingRequest): void {
    if (this.waiting.length >= MAX_WAITING) {
      request.proceed()
      return
    }
    this.waiting.push({ request, untilMs: performance.now() + MAX_WAIT_MS })
    this.timer.arm(CHECK_MS)
  }

  private check(nowMs: number): void {
    const { waiting } = this
    this.waiting = []
    const due = waiting.filter((each) => {
      const isDue = nowMs >= each.untilMs || !each.request.isAhead()
      if (!isDue) this.waiting.push(each)
      return isDue
    })
    if (this.waiting.length > 0) this.timer.arm(CHECK_MS)
    for (const { request } of due) request.proceed()
  }
}
