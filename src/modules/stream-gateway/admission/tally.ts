import type { Relay, RelayCounts } from '../../../common/relay/relay.js'

/**
 * A worker sends its counts at once if the unsent change is this fraction of its share of the remaining room, before the share is used
 * up.
 */
const EARLY = 1 / 4

/** The counts of one key. */
interface Count {
  own: number
  /** The own count as last sent. */
  sent: number
  /** The own count as last acknowledged by the primary, together with `others` at that time. */
  acknowledged: number
  others: number
  /** The bound of the total. */
  max: number
}

/**
 * Counts by key, over all workers. A worker decides by its own counts and by the latest counts of the others, without asking. It sends
 * its changes soon, and at once if they could matter to the others. Until they are acknowledged, it takes no more than its share of the
 * remaining room.
 */
export class Tally {
  private readonly counts = new Map<string, Count>()
  private readonly changed = new Set<string>()

  /**
   * @param workers the number of workers, this one included
   * @param tellSoon calls `tell` within about 100 ms, once for any number of calls
   */
  constructor(
    private readonly relay: Relay,
    private readonly workers: number,
    private readonly tellSoon: () => void,
  ) {
    if (!relay.isAlone) relay.watchCounts((others, own) => this.receive(others, own))
  }

  /** True if this worker may take one more of a key whose total must not exceed `max`. */
  hasRoom(key: string, max: number): boolean {
    const { own, acknowledged, others } = this.counts.get(key) ?? NONE
    if (own + others >= max) return false
    return this.relay.isAlone || own < acknowledged + Math.ceil((max - acknowledged - others) / this.workers)
  }

  /** Changes this worker's count of a key whose total must not exceed `max`. */
  add(key: string, change: number, max: number): void {
    const count = this.of(key)
    count.own += change
    count.max = max
    if (!this.relay.isAlone) {
      this.changed.add(key)
      if (this.mattersToOthers(count)) this.tell()
      else this.tellSoon()
    } else this.forgetIfEmpty(key, count)
  }

  /** Sends the changed counts to the other workers, or keeps them until the primary reads again. */
  tell(): void {
    if (this.changed.size === 0) return
    if (this.relay.isBusy) {
      this.tellSoon()
      return
    }
    const counts: Record<string, number> = {}
    for (const key of this.changed) {
      const count = this.of(key)
      counts[key] = count.own
      count.sent = count.own
      this.forgetIfEmpty(key, count)
    }
    this.changed.clear()
    this.relay.sendCounts(counts)
  }

  private receive(others: RelayCounts, own: RelayCounts): void {
    let isLate = false
    for (const [key, number] of Object.entries(others)) {
      const count = this.of(key)
      count.others = number
      count.acknowledged = own[key] ?? 0
      if (this.changed.has(key)) isLate ||= this.mattersToOthers(count)
      else this.forgetIfEmpty(key, count)
    }
    // The other workers' counts have made an unsent change urgent.
    if (isLate) this.tell()
  }

  private mattersToOthers({ own, sent, others, max }: Count): boolean {
    return Math.abs(own - sent) * this.workers >= (max - own - others) * EARLY
  }

  private of(key: string): Count {
    const known = this.counts.get(key)
    if (known !== undefined) return known
    const count = { ...NONE }
    this.counts.set(key, count)
    return count
  }

  private forgetIfEmpty(key: string, { own, sent, acknowledged, others }: Count): void {
    if (own === 0 && sent === 0 && acknowledged === 0 && others === 0) this.counts.delete(key)
  }
}

const NONE: Readonly<Count> = { own: 0, sent: 0, acknowledged: 0, others: 0, max: Number.POSITIVE_INFINITY }
