import type { ScoreLog } from '../../../common/score-log/score-log.js'
import type { Cursor } from '../fan-out/cursor.js'
import { CLOSING_COST, type SliceBudget } from '../fan-out/slice.scheduler.js'
import type { Filter } from './filter.js'
import type { FollowedId, FollowedIds } from './followed-ids.js'

/** How many entries of the log a step reads. */
const STEP = 8192
/** A step of a pass costs a slice as much as so many writes. */
const STEP_COST = 16

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
    /** The position up to which the sums of the ids are. */
    readonly to: number,
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

/** The cursors of filters that start elsewhere than at the last flush, and have no sums yet. */
export class FilterResumes {
  private readonly cursors = new Map<Cursor, Filter>()

  get size(): number {
    return this.cursors.size
  }

  add(cursor: Cursor, filter: Filter): void {
    this.cursors.set(cursor, filter)
  }

  has(cursor: Cursor): boolean {
    return this.cursors.has(cursor)
  }

  /** Returns whether the cursor was one of them. */
  delete(cursor: Cursor): boolean {
    return this.cursors.delete(cursor)
  }

  /**
   * Gives the cursors their sums in one pass over the log, newest first. A cursor after the start of the pass waits for the next one.
   * @param onAdmitted called with each filter that is to be served
   */
  *admit(pass: ResumePass, budget: SliceBudget, onAdmitted: (filter: Filter) => void): Generator<void, void> {
    const due = [...this.cursors].filter(([{ position }]) => position <= pass.to).sort(([a], [b]) => b.position - a.position)
    for (const [cursor, filter] of due) {
      let place = pass.stepTo(cursor.position)
      while (place === 'on the way') {
        if (budget.spend(STEP_COST)) yield
        place = pass.stepTo(cursor.position)
      }
      // It has closed meanwhile.
      if (!this.cursors.delete(cursor)) continue
      if (place === 'there') {
        filter.admit(cursor, (followed) => pass.amountOf(followed))
        onAdmitted(filter)
      } else cursor.subscriber.close('slow')
      if (budget.spend(place === 'there' ? 1 : CLOSING_COST)) yield
    }
  }
}
