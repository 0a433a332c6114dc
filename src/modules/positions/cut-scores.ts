import { idFault } from '../../common/core/namespace.js'

/** So many ids are parsed in one turn of the event loop: less than a millisecond. */
export const IDS_PER_TURN = 1000

/** The scores of a cut. */
export interface CutScores {
  /** Valid id → score. */
  readonly scores: ReadonlyMap<string, number>
  /** The sum of all scores, of malformed ids too, whose updates are refused. */
  readonly sum: number
  /** False if a score is negative or no whole number, or if their sum is not exact: such scores are no counts of updates. */
  readonly areCounts: boolean
}

/**
 * Parses the reply of ZRANGE … WITHSCORES, a flat list of id, score, id, score and so on, in pieces between which `pause` lets other work
 * run.
 */
export async function parseScores(reply: readonly unknown[], pause: () => Promise<unknown>): Promise<CutScores> {
  const scores = new Map<string, number>()
  let sum = 0
  let areCounts = true
  for (let at = 0; at + 1 < reply.length; at += 2) {
    if (at > 0 && at % (2 * IDS_PER_TURN) === 0) await pause()
    const id = reply[at]
    const score = Number(reply[at + 1])
    if (!Buffer.isBuffer(id)) throw new TypeError('ZRANGE has replied without an id')
    if (!Number.isSafeInteger(score) || score < 0) areCounts = false
    else sum += score
    if (idFault(id) === null) scores.set(id.toString(), score)
  }
  return { scores, sum, areCounts: areCounts && Number.isSafeInteger(sum) }
}
