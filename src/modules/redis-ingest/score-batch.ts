import type { EventBus } from '../../common/event-bus/event-bus.js'

/**
 * The score updates of one turn of the event loop, announced in the order in which Redis has published them: runs of updates, and between
 * them how many were refused. A publisher has counted these as well.
 */
export class ScoreBatch {
  private ids: Uint8Array[] = []
  private refused = 0

  constructor(private readonly bus: Pick<EventBus, 'emit'>) {}

  /** How many updates were added and are not yet announced. */
  get length(): number {
    return this.ids.length
  }

  add(id: Uint8Array): void {
    if (this.refused > 0) this.announceRefused()
    this.ids.push(id)
  }

  /** Notes an update that is not streamed. */
  refuse(): void {
    if (this.ids.length > 0) this.announceIds()
    this.refused++
  }

  /** Announces the rest. */
  end(): void {
    if (this.ids.length > 0) this.announceIds()
    if (this.refused > 0) this.announceRefused()
  }

  private announceIds(): void {
    const { ids } = this
    this.ids = []
    this.bus.emit('scores.received', { ids })
  }

  private announceRefused(): void {
    const count = this.refused
    this.refused = 0
    this.bus.emit('scores.refused', { count })
  }
}
