import { setTimeout as delay } from 'node:timers/promises'
import type { Published } from '../feed/commands.js'
import { until } from '../machine/time.js'
import { EMPTY_TALLY, type Tally } from '../tally.js'
import { countedPath } from '../wire.js'
import type { Settlement } from './commands.js'
import type { StreamClient } from './stream-client.js'

/** The runner waits longer than this. */
const DEADLINE_MS = 40_000
/** After this time without any update, a missing one is lost. */
const SILENCE_MS = 15_000
/** Time in which updates beyond the published ones would arrive. */
const QUIET_MS = 300
const MAX_FAULTS = 5

/** Waits until all clients have as much as was published and nothing more arrives, and compares. */
export async function settle(clients: readonly StreamClient[], published: Published): Promise<Settlement> {
  const due = ({ path }: StreamClient) => published.tallies[countedPath(path)] ?? EMPTY_TALLY
  const isSilent = silence(clients)
  const hasAll = () => clients.every((client) => client.record.sum >= due(client).sum || !client.isOpen)
  await until(() => hasAll() || isSilent(), DEADLINE_MS)
  await delay(QUIET_MS)
  const wrong = clients.filter((client) => faultOf(client, due(client)) !== null)
  const faults = wrong.slice(0, MAX_FAULTS).map((client) => `${client.path}: ${faultOf(client, due(client))}`)
  const seconds = published.seconds.map((tally, second) => comparison(clients, tally, second))
  return { exact: clients.length - wrong.length, faults, seconds }
}

/** Returns a check whether the clients have received no update for a while. */
function silence(clients: readonly StreamClient[]): () => boolean {
  let received = -1
  let sinceMs = 0
  return () => {
    const now = clients.reduce((total, { record }) => total + record.sum, 0)
    if (now !== received) sinceMs = performance.now()
    received = now
    return performance.now() - sinceMs > SILENCE_MS
  }
}

function comparison(clients: readonly StreamClient[], due: Tally, second: number) {
  const received = clients.map(({ record }) => record.seconds[second] ?? EMPTY_TALLY)
  return {
    isExact: received.every(({ sum, checksum }) => sum === due.sum && checksum === due.checksum),
    missed: Math.max(0, ...received.map(({ sum }) => due.sum - sum)),
  }
}

function faultOf({ record, isOpen }: StreamClient, { sum, checksum }: Tally): string | null {
  if (record.sum === sum && record.checksum === checksum && record.malformed === 0) return null
  const state = isOpen ? 'open' : 'closed by the server'
  if (record.sum === sum) return `${state}, the right sum ${sum} but not id by id (${record.malformed} malformed payloads)`
  return `${state}, received ${record.sum} of ${sum} (${record.malformed} malformed payloads)`
}
