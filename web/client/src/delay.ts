import type { StreamEnd } from './stream.js'

const FIRST_MS = 1000
/** A server that restarts gets its clients back within this time. */
export const MAX_MS = 5000
/** The same for a namespace that the server has refused, and may never have. */
export const MAX_REFUSED_MS = 30_000
/** The bounds of a delay that a server asks for. A timer of more than 24 days would fire at once. */
const LEAST_MS = 50
const MOST_MS = 3_600_000

/**
 * The delay after the end of a stream, milliseconds: the one that the server has asked for, else 1 s, doubled for each failure up to
 * `maxMs`, less up to half of it at random.
 * @param failures in a row, 1 or more
 * @param chance a random number from 0 to 1
 */
export function delayMs({ retryMs }: StreamEnd, failures: number, chance: number, maxMs: number): number {
  if (retryMs !== undefined) return Math.min(MOST_MS, Math.max(LEAST_MS, retryMs))
  return Math.round(Math.min(maxMs, FIRST_MS * 2 ** (failures - 1)) * (1 - chance / 2))
}
