import type { ScoreLog } from '../score-log/score-log.js'
import { ScoreSummary } from '../score-log/score-summary.js'
import type { Totals } from './totals.js'

/**
 * Reads the score log for eps with totals: of each id that occurs in `(from, to]`, its total in place of its increments. A total may be
 * newer than `to`; a later frame then has the same one, or a newer one.
 */
export class TotalsDigest extends ScoreSummary {
  constructor(
    log: ScoreLog,
    eventName: Uint8Array,
    idAt: (position: number) => string,
    private readonly totals: Pick<Totals, 'totalAt'>,
  ) {
    super(log, eventName, idAt)
  }

  override amountOf(index: number): number {
    return this.totals.totalAt(index)
  }

  /** An id for which there was no room has no total, rather than a wrong one. */
  protected override shown(): readonly number[] {
    return this.touched.filter((index) => this.totals.totalAt(index) > 0)
  }
}
