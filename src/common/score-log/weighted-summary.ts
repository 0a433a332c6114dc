import { ScoreSummary } from './score-summary.js'
import type { WeightedLog } from './weighted-log.js'

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
