import { type Random, seededRandom } from '../../../src/common/core/seeded-random.js'

// Made up, not measured: few ids take most of the traffic and most ids hardly any, as in any firehose of emoji.
const ZIPF_EXPONENT = 1.1
const ZIPF_OFFSET = 2.5
const RANK_SEED = 850

/** About 850 ids in the feeder's spelling (upper-case code points, flags as pairs joined by `-`), the most frequent first. */
export const emojiIds: readonly string[] = shuffled(
  [...codePoints(0x1f300, 600), ...codePoints(0x2600, 150), ...flags(100)],
  seededRandom(RANK_SEED),
)

const cumulative = runningSum(emojiIds.map((_, rank) => 1 / (rank + ZIPF_OFFSET) ** ZIPF_EXPONENT))

/** Draws one id by its weight. */
export function pick(random: Random): string {
  const target = random() * (cumulative.at(-1) ?? 0)
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((cumulative[middle] ?? 0) > target) high = middle
    else low = middle + 1
  }
  return emojiIds[low] ?? ''
}

function codePoints(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => hex(first + index))
}

/** Pairs of regional indicators: AA, BB, … and, after each round of the alphabet, one letter further apart. */
function flags(count: number): string[] {
  const letter = (index: number) => hex(0x1f1e6 + (index % 26))
  return Array.from({ length: count }, (_, index) => `${letter(index)}-${letter(index + Math.floor(index / 26))}`)
}

function hex(codePoint: number): string {
  return codePoint.toString(16).toUpperCase()
}

function shuffled(ids: string[], random: Random): string[] {
  for (let last = ids.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [ids[last] ?? '', ids[other] ?? '']
    ids[last] = b
    ids[other] = a
  }
  return ids
}

function runningSum(weights: readonly number[]): number[] {
  let sum = 0
  return weights.map((weight) => {
    sum += weight
    return sum
  })
}
