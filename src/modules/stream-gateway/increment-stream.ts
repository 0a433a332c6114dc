import { type IncrementsNamespace, MAX_INCREMENT } from '../../common/plug-in/namespaces.js'
import type { WeightedLog } from '../../common/score-log/weighted-log.js'
import type { Discards } from '../../common/stats/counters.js'
import type { FanOut } from './fan-out.js'
import type { FollowedNamespace, Follower } from './follower.js'
import type { Flushed } from './namespace-flush.js'

/** A plug-in's increments: a log of their own, and a cursor for each subscriber. */
export class IncrementStream implements IncrementsNamespace, FollowedNamespace, Flushed {
  /** @param want has it flushed soon */
  constructor(
    readonly name: string,
    private readonly log: WeightedLog,
    readonly fanOut: FanOut<Follower>,
    private readonly discards: Pick<Discards, 'count'>,
    private readonly want: (stream: Flushed) => void,
  ) {}

  add(id: string | Uint8Array, count = 1): void {
    if (!Number.isInteger(count) || count < 1 || count > MAX_INCREMENT)
      throw new RangeError(`namespace ${this.name}: a count must be a whole number from 1 to ${MAX_INCREMENT}, not ${count}`)
    const refusal = this.log.add(typeof id === 'string' ? Buffer.from(id) : id, count)
    if (refusal === null) this.want(this)
    else this.discards.count(refusal)
  }

  /** Its subscribers start at the last flush, as those of eps. */
  present(): null {
    return null
  }

  flush(atMs: number): void {
    this.log.seal()
    this.fanOut.flush(this.log.position, atMs)
  }
}
