import { Positions } from '../../../src/common/positions/positions.js'
import { Sequence } from '../../../src/common/positions/sequence.js'
import { Snapshots } from '../../../src/common/positions/snapshots.js'
import { Totals } from '../../../src/common/positions/totals.js'
import type { ScoreLog } from '../../../src/common/score-log/score-log.js'

/** The first private epoch of the positions that tests make. */
export const PRIVATE_EPOCH = 'private1'

/** Totals, positions and sequence of a log, as CommonModule makes them. */
export function positionsOf(log: ScoreLog, { maxIds = 100_000, heals = true, epoch = PRIVATE_EPOCH } = {}) {
  const totals = new Totals(log, maxIds)
  let renewals = 0
  const positions = new Positions(log, () => (renewals++ === 0 ? epoch : `${epoch}x${renewals}`), 0)
  return {
    totals,
    positions,
    sequence: new Sequence(log, totals, positions, heals),
    snapshots: new Snapshots(log, totals, positions, false),
  }
}
