import type { StreamEnd } from './stream.js'

const FIRST_MS = 1000
const MAX_MS = 30_000
/** The bounds of a delay that a server asks for. A timer of more than 24 days would fire at once. */
const LEAST_MS = 50
const MOST_MS = 3_600_000

/**
 * The delay after the end of a stream, milliseconds: the one that the server has asked for, else 1 s, doubled for each failure up to 30 s,
 * less up to half of it at random.
 * @param failures in a row, 1 or more
 * @param chance a random number from 0 to 1
 */
export function delayMs({ retryMs }: StreamEnd, failures: number, chance: number): number {
  if (retryMs !== undefined) return Math.min(MOST_MS, Math.max(LEAST_MS, retryMs))
  return Math.round(Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1)) * (1 - chance / 2))
}

/** A stream that stayed open for this time did not fail. */
const LASTING_MS = 5000
/** A server that restarts is back within this time. Until then a link asks as often as its lost stream has said. */
const RESTART_MS = 60_000

/** The delays between the streams of a link. Times are monotonic milliseconds. */
export class Delays {
  #failures = 0
  /** What the last stream that was open has said about reconnects, and until when it holds for attempts without such an answer. */
  #said: { readonly retryMs: number | undefined; readonly untilMs: number } = { retryMs: undefined, untilMs: 0 }

  /** @param openedAtMs null for a stream that has not opened */
  next(end: StreamEnd, openedAtMs: number | null, nowMs: number, chance: number): number {
    if (openedAtMs !== null) {
      if (nowMs - openedAtMs > LASTING_MS) this.#failures = 0
      this.#said = { retryMs: end.retryMs, untilMs: nowMs + RESTART_MS }
    }
    const retryMs = end.retryMs ?? (nowMs < this.#said.untilMs ? this.#said.retryMs : undefined)
    if (retryMs === undefined) this.#failures++
    return delayMs({ retryMs }, this.#failures, chance)
  }
}
