import { expect } from 'vitest'
import type { ScoreClient } from '../clients/score-client.js'
import { eventually } from '../waiting/eventually.js'
import type { Feeder } from './feeder.js'
import { sum } from './score-counts.js'

const SENTINEL = 'NOTHING-AFTER-THIS'
const DEADLINE_MS = 20_000

type Counting = Pick<ScoreClient, 'counts'>

/** Waits until every client has received as much as was published, and then demands the same sums id by id. */
export async function expectSums(clients: readonly Counting[], published: ReadonlyMap<string, number>): Promise<void> {
  const total = sum(published)
  const see = () => {
    const short = clients.filter(({ counts }) => sum(counts) < total)
    if (short.length > 0)
      throw new Error(`${short.length} clients have less than ${total}, the first ${sum(short[0]?.counts ?? new Map())}`)
    return true
  }
  await eventually(`${clients.length} clients receive ${total} updates`, see, DEADLINE_MS)
  for (const { counts } of clients) expect(sorted(counts)).toEqual(sorted(published))
}

/** As `expectSums`, and nothing more was on its way: one last update arrives, and is the only difference. */
export async function expectExactSums(clients: readonly Counting[], published: ReadonlyMap<string, number>, feeder: Feeder): Promise<void> {
  await expectSums(clients, published)
  await feeder.update(SENTINEL)
  await expectSums(clients, new Map([...published, [SENTINEL, (published.get(SENTINEL) ?? 0) + 1]]))
}

/** The sum of several counts. */
export function added(...all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const total = new Map<string, number>()
  for (const counts of all) for (const [id, count] of counts) total.set(id, (total.get(id) ?? 0) + count)
  return total
}

function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}
