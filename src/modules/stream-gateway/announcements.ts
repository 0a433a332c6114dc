import type { AppEvents } from '../../common/event-bus/app-events.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import { TurnEnd } from '../../common/platform/timers.js'

/**
 * Tells the bus which streams have opened and closed, in order, at the end of the turn of the event loop in which they did. Not at once: a handler may
 * emit updates, and those may be written at once, to a stream whose head is not written yet, or in the midst of the write that has closed a stream.
 */
export class Announcements {
  private waiting: (() => void)[] = []
  private readonly turn = new TurnEnd(() => this.tell())

  constructor(private readonly bus: Pick<EventBus, 'emit'>) {}

  opened(event: AppEvents['subscriber.opened']): void {
    this.add(() => this.bus.emit('subscriber.opened', event))
  }

  closed(event: AppEvents['subscriber.closed']): void {
    this.add(() => this.bus.emit('subscriber.closed', event))
  }

  private add(tell: () => void): void {
    this.waiting.push(tell)
    this.turn.schedule()
  }

  private tell(): void {
    const { waiting } = this
    this.waiting = []
    for (const tell of waiting) tell()
  }
}
