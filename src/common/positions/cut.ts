import type { Totals } from './totals.js'

/** The scores in Redis at one moment, between two updates: the one at which the node received the marker of the cut. */
export interface Cut {
  /** The epoch that Redis holds. */
  readonly epoch: string
  /** Only valid ids, and whole scores. */
  readonly scores: ReadonlyMap<string, number>
  /** The sum of all scores, of malformed ids too. */
  readonly sum: number
}

/** A score that is not what the last cut and the updates after it say. */
export interface Difference {
  readonly id: string
  readonly expected: number
  readonly found: number
}

/**
 * The result of a comparison of a cut with the log.
 * - `first`: the basis of all further ones. `replaced`: the same, because Redis holds another epoch.
 * - `agrees`: the log has had every update since the last cut.
 * - `disagrees`: it has not, or scores are moved by other means; positions have not been shared yet.
 * - `drift`, `lost`: the same where they have been; `lost` if a score is lower. Redis needs another epoch.
 * - `missed`: the updates that the log did not get while the link was lost, to be healed.
 * - `skipped`: the same, and HEAL is off.
 * - `incomplete`: the totals of this node miss ids, so that nothing can be said.
 */
export type Verdict =
  | { readonly kind: 'first' | 'replaced' | 'agrees' | 'skipped' | 'incomplete' }
  | { readonly kind: 'disagrees' | 'drift' | 'lost'; readonly difference: Difference }
  | { readonly kind: 'missed'; readonly missed: ReadonlyMap<string, number>; readonly updates: number }

/** The differences between a cut and the totals at its mark. */
export interface Comparison {
  /** A lower score before a higher one; null where there is none. */
  readonly difference: Difference | null
  /** How much higher scores are. */
  readonly missed: ReadonlyMap<string, number>
  /** All of that together. */
  readonly updates: number
}

export function compare({ scores }: Cut, totals: Totals): Comparison {
  const missed = new Map<string, number>()
  let updates = 0
  let lower: Difference | null = null
  let higher: Difference | null = null
  let unseen = totals.countAtMark()
  for (const [id, found] of scores) {
    const expected = totals.scoreAtMark(id)
    if (expected !== 0) unseen--
    if (found < expected) lower ??= { id, expected, found }
    if (found <= expected) continue
    higher ??= { id, expected, found }
    missed.set(id, found - expected)
    updates += found - expected
  }
  if (unseen > 0) lower ??= absent(scores, totals)
  return { difference: lower ?? higher, missed, updates }
}

/** An id that the cut no longer has. */
function absent(scores: ReadonlyMap<string, number>, totals: Totals): Difference | null {
  for (const { id } of totals) {
    const expected = totals.scoreAtMark(id)
    if (expected !== 0 && !scores.has(id)) return { id, expected, found: 0 }
  }
  return null
}
