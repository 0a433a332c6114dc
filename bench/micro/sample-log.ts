import { seededRandom } from '../../src/common/core/seeded-random.js'
import { ScoreLog } from '../../src/common/score-log/score-log.js'
import { emojiIds, pick } from '../../test/support/redis/emoji-weights.js'
import { START } from './age.js'

/** The server's own defaults (src/common/config/env.schema.ts). */
export const CAPACITY = 1_048_576
const MAX_IDS = 65_536

const DRAWS = 16_384

export const allIds: readonly Buffer[] = emojiIds.map((id) => Buffer.from(id))

/** Ids in the form of the feeder, drawn by their weight; the same order in each run. */
export function drawnIds(): readonly Buffer[] {
  const random = seededRandom(1)
  return Array.from({ length: DRAWS }, () => Buffer.from(pick(random)))
}

export const emptyLog = (): ScoreLog => new ScoreLog({ capacity: CAPACITY, maxIds: MAX_IDS, start: START })

/** A log with these updates at its end, once each. */
export function logOf(ids: readonly Buffer[]): ScoreLog {
  const log = emptyLog()
  for (const id of ids) log.append(id)
  return log
}

/** A log with a full ring: each further update also removes one. */
export function fullLog(): ScoreLog {
  const log = emptyLog()
  const ids = drawnIds()
  for (let round = 0; round < CAPACITY / DRAWS; round++) for (const id of ids) log.append(id)
  return log
}
