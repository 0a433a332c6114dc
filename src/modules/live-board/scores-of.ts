import { idFault } from '../../common/core/id-fault.js'

/**
 * Reads the answer of ZREVRANGE … WITHSCORES, a flat list of id, score, id, score and so on. Leaves out what no stream would carry: bad ids, and
 * scores that are no whole numbers from 1 on.
 */
export function scoresOf(reply: readonly Buffer[]): Readonly<Record<string, number>> {
  const scores: [id: string, score: number][] = []
  for (let at = 0; at + 1 < reply.length; at += 2) {
    const id = reply[at]
    const score = Number(reply[at + 1])
    if (id !== undefined && idFault(id) === null && Number.isSafeInteger(score) && score > 0) scores.push([id.toString(), score])
  }
  // Any id becomes a key of its own, `__proto__` too.
  return Object.fromEntries(scores)
}
