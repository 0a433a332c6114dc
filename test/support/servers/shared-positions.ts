import type { RawAnswer } from '../clients/raw-answer.js'
import { eventually } from '../waiting/eventually.js'
import type { LiveStack } from './live-stack.js'

/** The positions of a node, as its status document says them. */
export interface PositionsReport {
  readonly mode: string
  readonly epoch: string
  readonly position: number
}

/** More updates than verify the first cut of a node. */
const UPDATES = 120

export async function positionsOf(stack: LiveStack): Promise<PositionsReport> {
  const response = await fetch(`${stack.server.url}/admin/status.json`)
  const { positions }: { readonly positions: PositionsReport } = JSON.parse(await response.text())
  return positions
}

/** Feeds a node until its positions are those of all nodes. */
export async function untilShared(stack: LiveStack): Promise<PositionsReport> {
  if ((await positionsOf(stack)).mode !== 'shared') await stack.feeder.run({ perSecond: 2000, seconds: UPDATES / 2000 })
  return eventually('positions are shared', async () => {
    const positions = await positionsOf(stack)
    return positions.mode === 'shared' && positions
  })
}

/** The last event id of a stream, which a browser would send when it reconnects. */
export function lastIdOf(answer: RawAnswer): string {
  const id = answer.blocks().findLast((block) => block.id !== undefined)?.id
  if (id === undefined) throw new Error('the stream has no id')
  return id
}
