import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../machine/until.js'
import { EMPTY_TALLY, type Tallies } from '../tally.js'
import type { Settlement } from './commands.js'
import type { StreamClient } from './stream-client.js'

/** Those who ask wait longer than this. */
const DEADLINE_MS = 40_000

/** For what comes too much. */
const QUIET_MS = 300
const MAX_FAULTS = 5

/** Waits until all clients have as much as was published and nothing more comes, and compares. */
export async function settle(clients: readonly StreamClient[], expected: Tallies): Promise<Settlement> {
  const due = ({ path }: StreamClient) => expected[path] ?? EMPTY_TALLY
  await until(() => clients.every((client) => client.record.sum >= due(client).sum || !client.isOpen), DEADLINE_MS)
  await delay(QUIET_MS)
  const wrong = clients.filter((client) => faultOf(client, due(client)) !== null)
  const faults = wrong.slice(0, MAX_FAULTS).map((client) => `${client.path}: ${faultOf(client, due(client))}`)
  return { exact: clients.length - wrong.length, faults }
}

function faultOf({ record, isOpen }: StreamClient, { sum, checksum }: { sum: number; checksum: number }): string | null {
  if (record.sum === sum && record.checksum === checksum && record.malformed === 0) return null
  const state = isOpen ? 'open' : 'closed by the server'
  if (record.sum === sum) return `${state}, the right sum ${sum} but not id by id (${record.malformed} malformed payloads)`
  return `${state}, received ${record.sum} of ${sum} (${record.malformed} malformed payloads)`
}
