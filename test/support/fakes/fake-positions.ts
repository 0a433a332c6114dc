import type { Positions } from '../../../src/common/positions/positions.js'
import { ScoreLog } from '../../../src/common/score-log/score-log.js'
import { positionsOf } from './positions.js'

/** The positions of a process whose updates don't come from Redis, over an empty log. */
export function fakePositions(): Positions {
  const { positions } = positionsOf(new ScoreLog({ capacity: 1024, maxIds: 64, seed: 1 }))
  positions.setReason('no-redis', 1_700_000_000_000)
  return positions
}
