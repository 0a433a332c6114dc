import { setTimeout as delay } from 'node:timers/promises'
import type { StreamClient } from './stream-client.js'

const STEP_MS = 5
/** Dialled, and not open yet. */
const MAX_WAITING = 500

/**
 * Dials all clients, one after another.
 * @param perSecond null dials all of them at once
 * @param opened how many are open
 */
export async function dialAll(clients: readonly StreamClient[], perSecond: number | null, opened: () => number): Promise<void> {
  const startMs = performance.now()
  for (const [index, client] of clients.entries()) {
    while (perSecond !== null && (index - opened() >= MAX_WAITING || index > ((performance.now() - startMs) / 1000) * perSecond)) {
      await delay(STEP_MS)
    }
    client.dial()
  }
}
