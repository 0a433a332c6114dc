import type { Feeder } from './feeder.js'

/** Near the longest that an id may be, so that a frame takes as many bytes as it can. */
const ID_BYTES = 120
const IDS = 20_000
const ROUND = 5_000
/** About 200 MB of frames: far more than the kernel takes for a client that does not read. */
const MAX_ROUNDS = 320

const ids = Array.from({ length: IDS }, (_, index) => `${index}-`.padEnd(ID_BYTES, 'x'))

/** Publishes score updates on very many long ids as fast as Redis takes them, until `enough` returns true; returns the published counts. */
export async function flood(feeder: Feeder, enough: () => boolean | Promise<boolean>): Promise<Map<string, number>> {
  const published = new Map<string, number>()
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const start = (round * ROUND) % IDS
    const some = ids.slice(start, start + ROUND)
    await Promise.all(some.map((id) => feeder.publish('stream.score_updates', id)))
    for (const id of some) published.set(id, (published.get(id) ?? 0) + 1)
    if (await enough()) return published
  }
  throw new Error(`${MAX_ROUNDS * ROUND} updates, and it is still not enough`)
}

/** Enough after so many rounds of about 0.6 MB. */
export function rounds(count: number): () => boolean {
  let left = count
  return () => --left <= 0
}
