import type { ScoreLog } from '../../../common/score-log/score-log.js'
import type { FollowedId, FollowedIds } from './followed-ids.js'

/** How many entries of the log a step reads. */
const STEP = 8192

/**
 * Sums of followed ids over `(from, to]`, from `to` backwards: one pass over the log serves all filters that resume, newest first. It goes
 * in steps, between which the log may grow.
 */
export class ResumePass {
  /** Index of an id in the log → the id, if filters follow it. An index is given to another id only where the pass has lost its place. */
  private readonly byIndex = new Map<number, FollowedId | undefined>()
  private readonly amounts = new Map<FollowedId, number>()
  private start: number

  constructor(
    private readonly log: ScoreLog,
    private readonly ids: Pick<FollowedIds, 'find'>,
    to: number,
  ) {
    this.start = to
  }

  /** Goes towards a position, by one step. `lost`: the log no longer holds what is left. */
  stepTo(from: number): 'there' | 'on the way' | 'lost' {
    const { log, amounts } = this
    if (from < log.oldest) return 'lost'
    const end = Math.max(from, this.start - STEP)
    for (let position = this.start; position > end; position--) {
      const followed = this.followedAt(position)
      if (followed !== undefined) amounts.set(followed, (amounts.get(followed) ?? 0) + log.weightAt(position))
    }
    this.start = Math.min(this.start, end)
    return this.start > from ? 'on the way' : 'there'
  }

  /** The increments of an id from the place of the pass on. */
  amountOf(followed: FollowedId): number {
    return this.amounts.get(followed) ?? 0
  }

  private followedAt(position: number): FollowedId | undefined {
    const index = this.log.indexAt(position)
    if (!this.byIndex.has(index)) this.byIndex.set(index, this.ids.find(this.log.ids.id(index)))
    return this.byIndex.get(index)
  }
}
