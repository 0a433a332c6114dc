import type { DiscardReason } from '../stats/reasons.js'
import { ScoreLog, type ScoreLogOptions } from './score-log.js'
import { ScoreSummary } from './score-summary.js'

/** The largest weight of one entry. */
export const MAX_WEIGHT = 0xffff_ffff

/**
 * A score log of entries with a weight, for increments of more than 1: 4 bytes more per entry, and 8 per id. Weights that are added to the
 * same id before the log is sealed go into one entry, so that a position counts entries, and a burst costs as many as it has ids. No cursor
 * may stand past the last seal.
 */
export class WeightedLog extends ScoreLog {
  private readonly weights: Uint32Array
  /** Index of an id → the position of its last entry. */
  private readonly lastPositions: Float64Array

  /** `start` is a cursor's place: the log begins sealed. */
  constructor(options: ScoreLogOptions) {
    super(options)
    this.weights = new Uint32Array(options.capacity)
    this.lastPositions = new Float64Array(options.maxIds)
  }

  /** Adds a whole weight, 1 to MAX_WEIGHT. Returns null, or why the weight was discarded. */
  add(id: Uint8Array, weight: number): DiscardReason | null {
    const index = this.acquire(id)
    if (typeof index !== 'number') return index
    const last = this.lastPositions[index] ?? 0
    const isOpen = last > this.sealed && last > this.oldest
    const sum = weight + (isOpen ? this.weightAt(last) : 0)
    if (isOpen && sum <= MAX_WEIGHT) {
      this.ids.release(index)
      this.weights[this.placeOf(last)] = sum
      return null
    }
    this.push(index, id.length)
    this.weights[this.placeOf(this.position)] = weight
    this.lastPositions[index] = this.position
    return null
  }

  /** The weight of the entry that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  weightAt(position: number): number {
    return this.weights[this.placeOf(position)] ?? 0
  }
}

/** The sum of the weights of `(from, to]`, by id. Exact for a log of up to 2^21 entries: the sum of all stays below 2^53. */
export class WeightedSummary extends ScoreSummary {
  constructor(
    private readonly weighted: WeightedLog,
    eventName: Uint8Array,
  ) {
    super(weighted, eventName, new Float64Array(weighted.ids.maxIds))
  }

  override extendTo(from: number): boolean {
    const { weighted, counts } = this
    if (from < weighted.oldest) return false
    for (let position = this.start; position > from; position--) {
      const index = weighted.indexAt(position)
      const count = counts[index] ?? 0
      if (count === 0) this.touched.push(index)
      counts[index] = count + weighted.weightAt(position)
    }
    this.start = Math.min(this.start, from)
    return true
  }
}
