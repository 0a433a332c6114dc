import { seededRandom } from '../../../src/common/core/seeded-random.js'
import { emojiIds, pick } from '../../../test/support/redis/emoji-weights.js'
import type { Feed } from './commands.js'

const DRAWS = 65_536
const LONG_IDS = 256
const LONG_BYTES = 110

const longIds = Array.from({ length: LONG_IDS }, (_, index) => `long-${index}-`.padEnd(LONG_BYTES, 'X'))

/** The most frequent ids. */
export const hotIds = (count: number): readonly string[] => emojiIds.slice(0, count)

/** Returns the ids in the order of their publication, which repeats; it is the same in each run. */
export function drawIds(kind: Feed['ids']): readonly string[] {
  if (kind === 'one') return hotIds(1)
  const random = seededRandom(1)
  const draw = () => (kind === 'emoji' ? pick(random) : (longIds[Math.floor(random() * LONG_IDS)] ?? ''))
  return Array.from({ length: DRAWS }, draw)
}
