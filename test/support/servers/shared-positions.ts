import type { PositionsStatus } from '../../../src/common/positions/positions.js'
import type { Feeder } from '../redis/feeder.js'
import { eventually } from '../waiting/eventually.js'
import type { ServerProcess } from './server-process.js'

const PROBE_MS = 2_000
const SHARED_MS = 20_000
/** The updates that let a node verify its positions, and some more. */
const WARM_UP = { perSecond: 500, seconds: 0.5 }

/** The positions of a node, by its status. */
export async function positionsOf(server: Pick<ServerProcess, 'url'>): Promise<PositionsStatus & { readonly node: string }> {
  const answer = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) })
  const { node, positions } = (await answer.json()) as { readonly node: string; readonly positions: PositionsStatus }
  return { node, ...positions }
}

/** Feeds a node until its positions are shared. */
export async function untilShared(server: Pick<ServerProcess, 'url'>, feeder: Feeder, workers = 1): Promise<void> {
  const shared = new Set<string>()
  const see = async () => {
    await feeder.run(WARM_UP)
    for (let probe = 0; probe < workers * 2; probe++) {
      const { node, mode } = await positionsOf(server)
      if (mode === 'shared') shared.add(node)
    }
    return shared.size >= workers
  }
  await eventually(`the positions of ${server.url} are shared`, see, SHARED_MS)
}
