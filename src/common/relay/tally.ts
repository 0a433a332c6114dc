import type { Relay } from './relay.js'

/** How many of one key there are. */
interface Count {
  own: number
  /** What the others know of `own`. */
  told: number
  others: number
}

/** When the others are to be told: `soon` within about 100 ms, `now` before this turn of the event loop ends. */
export interface TallySchedule {
  soon(): void
  now(): void
}

/**
 * Counts by key, over all workers. Each decides by what it has itself and by what the others have told, so that nobody has to be asked. A worker
 * tells its changes soon, and now when those it has not told could matter: when they exceed its part of what a key's bound leaves.
 */
export class Tally {
  private readonly counts = new Map<string, Count>()
  private readonly changed = new Set<string>()

  /** @param workers how many count, this one included */
  constructor(
    private readonly relay: Relay,
    private readonly workers: number,
    private readonly schedule: TallySchedule,
  ) {
    if (!relay.isAlone) relay.watch((others) => this.hear(others))
  }

  /** How many there are in all, as far as is known here. */
  total(key: string): number {
    const count = this.counts.get(key)
    return count === undefined ? 0 : count.own + count.others
  }

  /** Changes what this worker has of a key whose total is to stay within `max`. */
  add(key: string, change: number, max: number): void {
    const count = this.of(key)
    count.own += change
    if (!this.relay.isAlone) {
      this.changed.add(key)
      if (Math.abs(count.own - count.told) * this.workers >= max - count.own - count.others) this.schedule.now()
      else this.schedule.soon()
    }
    this.forgetIfEmpty(key, count)
  }

  /** Tells the others what has changed. */
  tell(): void {
    if (this.changed.size === 0) return
    const counts: Record<string, number> = {}
    for (const key of this.changed) {
      const count = this.of(key)
      counts[key] = count.own
      count.told = count.own
      this.forgetIfEmpty(key, count)
    }
    this.changed.clear()
    this.relay.tell(counts)
  }

  private hear(others: Readonly<Record<string, number>>): void {
    for (const [key, number] of Object.entries(others)) {
      const count = this.of(key)
      count.others = number
      this.forgetIfEmpty(key, count)
    }
  }

  private of(key: string): Count {
    const known = this.counts.get(key)
    if (known !== undefined) return known
    const count = { own: 0, told: 0, others: 0 }
    this.counts.set(key, count)
    return count
  }

  private forgetIfEmpty(key: string, { own, told, others }: Count): void {
    if (own === 0 && told === 0 && others === 0) this.counts.delete(key)
  }
}
