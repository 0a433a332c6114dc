import type { ScoreLog } from '../../../common/score-log/score-log.js'
import type { Cursor } from '../fan-out/cursor-set.js'
import { CLOSING_COST, type SliceBudget } from '../fan-out/slice.scheduler.js'
import type { Filter } from './filter.js'
import type { FollowedIds } from './followed-ids.js'
import { ResumePass } from './resume-pass.js'

/** A step of a pass costs a slice as much as so many writes. */
const STEP_COST = 16

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
   * Gives the cursors their sums in one pass over the log, newest first. A cursor that has opened after a flush that comes behind `to` waits
   * for the next pass.
   * @param to the position up to which the sums of the ids are
   * @param onAdmitted called with each filter that is to be served
   */
  *admit(
    log: ScoreLog,
    ids: Pick<FollowedIds, 'find'>,
    to: number,
    budget: SliceBudget,
    onAdmitted: (filter: Filter) => void,
  ): Generator<void, void> {
    if (this.size === 0) return
    const pass = new ResumePass(log, ids, to)
    const due = [...this.cursors].filter(([{ position }]) => position <= to).sort(([a], [b]) => b.position - a.position)
    for (const [cursor, filter] of due) {
      let place = pass.stepTo(cursor.position)
      while (place === 'on the way') {
        if (budget.spend(STEP_COST)) yield
        place = pass.stepTo(cursor.position)
      }
      // It has closed meanwhile.
      if (!this.cursors.delete(cursor)) continue
      if (place === 'there') {
        filter.admit(cursor, pass)
        onAdmitted(filter)
      } else cursor.subscriber.close('slow')
      if (budget.spend(place === 'there' ? 1 : CLOSING_COST)) yield
    }
  }
}
