import { seededRandom } from '../../../src/common/core/seeded-random.js'
import { emojiIds, pick } from '../../../test/support/redis/emoji-weights.js'
import type { Feed } from './commands.js'

const DRAWS = 65_536
const LONG_IDS = 256
const LONG_BYTES = 110

const longIds = Array.from({ length: LONG_IDS }, (_, index) => `long-${index}-`.padEnd(LONG_BYTES, 'x'))

/** The ids that clients of details listen to: the most frequent ones. */
export const hotIds = (count: number): readonly string[] => emojiIds.slice(0, count)

/** Ids in the order in which they are published, round and round; the same in each run. */
export function drawIds(kind: Feed['ids']): readonly string[] {
  const random = seededRandom(1)
  const draw = () => (kind === 'emoji' ? pick(random) : (longIds[Math.floor(random() * LONG_IDS)] ?? ''))
  return Array.from({ length: DRAWS }, draw)
}
