/** The length of each of the two compared windows. */
export const WINDOW_S = 60

/** The seconds of both windows, and the current one. */
const RING_S = 2 * WINDOW_S + 1

/** The updates of an id in the last minute, in the minute before, and the difference. */
export interface Mover {
  readonly id: string
  readonly count: number
  readonly before: number
  readonly rise: number
}

interface Entry {
  /** The count of each second, at that second modulo `RING_S`. */
  readonly perSecond: Uint32Array
  /** The second of the last update. */
  lastS: number
}

/**
 * Counts of the last two minutes, by id and second. Bounded: `maxIds` ids at a time, about 0.6 KB each; an id without updates for two
 * minutes makes room. Times are whole seconds of a monotonic clock.
 */
export class Movers {
  /** Updates that were not counted, because `maxIds` other ids came within the last two minutes. */
  ignored = 0
  private readonly entries = new Map<string, Entry>()

  constructor(
    private readonly maxIds: number,
    private nowS: number,
  ) {}

  add(id: string, atS: number): void {
    this.advance(atS)
    const entry = this.entries.get(id) ?? this.insert(id)
    if (entry === null) return
    entry.lastS = this.nowS
    entry.perSecond[this.nowS % RING_S] = (entry.perSecond[this.nowS % RING_S] ?? 0) + 1
  }

  /** The ids that rose most over the whole seconds before `atS`, at most `limit`, the steepest first. */
  top(limit: number, atS: number): Mover[] {
    this.advance(atS)
    const movers: Mover[] = []
    for (const [id, { perSecond }] of this.entries) {
      const count = this.sum(perSecond, this.nowS - WINDOW_S)
      const before = this.sum(perSecond, this.nowS - 2 * WINDOW_S)
      if (count > before) movers.push({ id, count, before, rise: count - before })
    }
    return movers.sort((a, b) => b.rise - a.rise || b.count - a.count || (a.id < b.id ? -1 : 1)).slice(0, limit)
  }

  private insert(id: string): Entry | null {
    if (this.entries.size >= this.maxIds) {
      this.ignored++
      return null
    }
    const entry = { perSecond: new Uint32Array(RING_S), lastS: this.nowS }
    this.entries.set(id, entry)
    return entry
  }

  private sum(perSecond: Uint32Array, fromS: number): number {
    let sum = 0
    for (let second = Math.max(0, fromS); second < fromS + WINDOW_S; second++) sum += perSecond[second % RING_S] ?? 0
    return sum
  }

  /** Clears the counts of the seconds that begin, and forgets ids whose last update is two minutes old. */
  private advance(toS: number): void {
    const passed = Math.min(toS - this.nowS, RING_S)
    if (passed <= 0) return
    for (const [id, { perSecond, lastS }] of this.entries) {
      if (lastS < toS - 2 * WINDOW_S) this.entries.delete(id)
      else for (let second = toS - passed + 1; second <= toS; second++) perSecond[second % RING_S] = 0
    }
    this.nowS = toS
  }
}
