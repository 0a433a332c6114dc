import type { RawAnswer } from '../clients/raw-answer.js'
import { eventually } from '../waiting/eventually.js'
import type { LiveStack } from './live-stack.js'

/** The positions of a node, as its status document says them. */
export interface PositionsReport {
  readonly mode: string
  readonly epoch: string
  readonly position: number
}

const PROBE_MS = 2_000
const SHARED_MS = 20_000
/** More updates than verify the first cut of a node. */
const UPDATES = { perSecond: 2000, seconds: 0.06 }

export async function positionsOf(stack: Pick<LiveStack, 'server'>): Promise<PositionsReport> {
  return (await statusOf(stack)).positions
}

/** Feeds a node until its positions, those of all of its workers, are those of all nodes. */
export async function untilShared(stack: Pick<LiveStack, 'server' | 'feeder'>, workers = 1): Promise<PositionsReport> {
  const shared = new Map<string, PositionsReport>()
  return eventually(
    'positions are shared',
    async () => {
      const { node, positions } = await statusOf(stack)
      if (positions.mode === 'shared') shared.set(node, positions)
      else await stack.feeder.run(UPDATES)
      return shared.size >= workers && positions
    },
    SHARED_MS,
  )
}

/** Any one of the workers answers. */
async function statusOf({ server }: Pick<LiveStack, 'server'>): Promise<{ readonly node: string; readonly positions: PositionsReport }> {
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) }
  return JSON.parse(await (await fetch(`${server.url}/admin/status.json`, options)).text())
}

/** The last event id of a stream, which a browser would send when it reconnects. */
export function lastIdOf(answer: RawAnswer): string {
  const id = answer.blocks().findLast((block) => block.id !== undefined)?.id
  if (id === undefined) throw new Error('the stream has no id')
  return id
}
