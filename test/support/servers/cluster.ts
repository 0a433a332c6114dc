import type { Redis } from 'ioredis'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import type { ServerProcess } from './server-process.js'

export const REPORTS = 'admin_stream_status'

/** A node in `/admin/cluster.json`. */
export interface ClusterNode extends Partial<StatusReport> {
  readonly node: string
  readonly state: string
}

/** The nodes that a server lists in its cluster report. */
export async function clusterOf(server: ServerProcess): Promise<ClusterNode[]> {
  const answer = await fetch(`${server.url}/admin/cluster.json`, { headers: { connection: 'close' } })
  if (answer.status !== 200) throw new Error(`cluster.json: ${answer.status}`)
  return (await answer.json()) as ClusterNode[]
}

/** Each node with its state, in the order of the answer. */
export async function statesOf(server: ServerProcess): Promise<[node: string, state: string][]> {
  return (await clusterOf(server)).map(({ node, state }) => [node, state])
}

/** A node's report in Redis. */
export async function reportIn(redis: Redis, node: string): Promise<StatusReport | undefined> {
  const json = await redis.hget(REPORTS, node)
  return json === null ? undefined : (JSON.parse(json) as StatusReport)
}
