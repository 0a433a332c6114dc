import type { Relay, RelayCounts } from '../../../common/relay/relay.js'

/** A worker tells at once when this fraction of its part of the room is untold: early enough for the others to hear of it before the part is used up. */
const EARLY = 1 / 4

/** How many of one key there are. */
interface Count {
  own: number
  /** What was told of `own`. */
  told: number
  /** What the others have heard of `own`: it came back from the primary, with `others` as of then. */
  heard: number
  others: number
  /** What all of them together are to stay within. */
  max: number
}

/**
 * Counts by key, over all workers. Each decides by what it has itself and by what the others have told, so that nobody has to be asked. A worker
 * tells its changes soon, and at once when those it has not told could matter. Until the others have heard of them, it takes no more than its part of
 * the room that a bound has left.
 */
export class Tally {
  private readonly counts = new Map<string, Count>()
  private readonly changed = new Set<string>()

  /**
   * @param workers how many count, this one included
   * @param tellSoon to call `tell` within about 100 ms, once, however often it was asked for
   */
  constructor(
    private readonly relay: Relay,
    private readonly workers: number,
    private readonly tellSoon: () => void,
  ) {
    if (!relay.isAlone) relay.watch((others, own) => this.hear(others, own))
  }

  /** True when this worker may take one more of a key whose total is to stay within `max`. */
  hasRoom(key: string, max: number): boolean {
    const { own, heard, others } = this.counts.get(key) ?? NONE
    if (own + others >= max) return false
    return this.relay.isAlone || own < heard + Math.ceil((max - heard - others) / this.workers)
  }

  /** Changes what this worker has of a key whose total is to stay within `max`. */
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

  private hear(others: RelayCounts, own: RelayCounts): void {
    let isLate = false
    for (const [key, number] of Object.entries(others)) {
      const count = this.of(key)
      count.others = number
      count.heard = own[key] ?? 0
      if (this.changed.has(key)) isLate ||= this.mattersToOthers(count)
      else this.forgetIfEmpty(key, count)
    }
    // What could wait so far matters now.
    if (isLate) this.tell()
  }

  private mattersToOthers({ own, told, others, max }: Count): boolean {
    return Math.abs(own - told) * this.workers >= (max - own - others) * EARLY
  }

  private of(key: string): Count {
    const known = this.counts.get(key)
    if (known !== undefined) return known
    const count = { ...NONE }
    this.counts.set(key, count)
    return count
  }

  private forgetIfEmpty(key: string, { own, told, heard, others }: Count): void {
    if (own === 0 && told === 0 && heard === 0 && others === 0) this.counts.delete(key)
  }
}

const NONE: Readonly<Count> = { own: 0, told: 0, heard: 0, others: 0, max: Number.POSITIVE_INFINITY }
