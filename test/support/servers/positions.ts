import type { PositionsStatus } from '../../../src/common/positions/positions.js'
import { RawClient } from '../clients/raw-client.js'
import { feedWhile } from '../redis/feed-while.js'
import type { Feeder } from '../redis/feeder.js'
import { scoresOf } from '../redis/redis-scores.js'
import { sum } from '../redis/score-counts.js'
import { eventually } from '../waiting/eventually.js'
import { aFeeder } from './fixtures.js'
import { untilHealthy } from './probes.js'
import type { ServerProcess } from './server-process.js'

type Server = Pick<ServerProcess, 'url' | 'port'>

/** `positions` of status.json, which is at most a second old. */
export async function positionsOf(server: Pick<ServerProcess, 'url'>): Promise<PositionsStatus> {
  const answer = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' } })
  return ((await answer.json()) as { readonly positions: PositionsStatus }).positions
}

/** Waits until positions are shared, and returns them. */
export function untilShared(server: Pick<ServerProcess, 'url'>): Promise<PositionsStatus> {
  return eventually('positions are shared', async () => {
    const positions = await positionsOf(server)
    if (positions.mode === 'shared') return positions
    throw new Error(`they are private: ${positions.reason}`)
  })
}

/** The totals that a new stream with `snapshot=1` begins with. */
export async function snapshotOf(server: Server): Promise<Map<string, number>> {
  const client = await RawClient.connect(server.port, { path: '/subscribe/eps?snapshot=1' })
  try {
    const snapshot = () => client.messages().find(({ event }) => event === 'snapshot')
    const { data } = await client.until('a snapshot', snapshot)
    return new Map(Object.entries(JSON.parse(data) as Record<string, number>))
  } finally {
    client.close()
  }
}

/** While nothing is published: all nodes have the same shared position, that of Redis, and its scores id by id. */
export async function untilWhole(redis: { readonly url: string }, ...servers: readonly Server[]): Promise<void> {
  const scores = await scoresOf(redis.url)
  const text = (counts: ReadonlyMap<string, number>) => JSON.stringify([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  await eventually('all nodes have the position and the scores of Redis', async () => {
    const all = await Promise.all(servers.map(positionsOf))
    const seen = new Set(all.map(({ mode, epoch, position }) => `${mode} ${epoch} ${position}`))
    if (seen.size !== 1 || all[0]?.mode !== 'shared' || all[0].position !== sum(scores)) throw new Error([...seen].join(', '))
    for (const server of servers) if (text(await snapshotOf(server)) !== text(scores)) throw new Error('a snapshot differs')
    return true
  })
}

/** A feeder whose updates have made the positions of the node shared. */
export async function aSharedFeed(redis: { readonly url: string }, server: ServerProcess): Promise<Feeder> {
  await untilHealthy(server, true)
  const feeder = await aFeeder(redis.url)
  await feedWhile(feeder, async () => void (await untilShared(server)))
  await untilWhole(redis, server)
  return feeder
}
