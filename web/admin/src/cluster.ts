import { type Fields, isFields, numberOf, objectsOf, textOf } from './fields.js'

/** The kinds of namespaces, as streams are counted by. */
export const KINDS = ['eps', 'raw', 'details', 'kiosk_interaction'] as const

export type Kind = (typeof KINDS)[number]

/** One node of `/admin/cluster.json`. Times are Unix seconds; what a streamer did not report is null or "". */
export interface NodeDocument {
  readonly node: string
  readonly state: string
  readonly reportedAt: number | null
  readonly startupTime: number | null
  readonly connectionsTotal: number | null
  /** How many of its listed streams hold a kind; null where the list is not complete. */
  readonly streams: Readonly<Record<Kind, number>> | null
  readonly epsRate: number | null
  readonly refused: number | null
  readonly connections: readonly Connection[]
}

export interface Connection {
  readonly node: string
  /** The path of the request; that of a multiplexed stream with its namespaces behind it. */
  readonly path: string
  readonly client: string
  readonly agent: string
  readonly ageS: number | null
  readonly lagMs: number | null
  readonly bufferedBytes: number | null
  readonly sent: number | null
  readonly conflated: number | null
}

/** The nodes by name. Anything but a list holds none. */
export function nodesOf(value: unknown): readonly NodeDocument[] {
  const documents = Array.isArray(value) ? value.filter(isFields) : []
  return documents.map(nodeOf).sort((a, b) => a.node.localeCompare(b.node))
}

function nodeOf(document: Fields): NodeDocument {
  const node = textOf(document, 'node')
  const listed = objectsOf(document, 'connections')
  const connectionsTotal = numberOf(document, 'connections_total') ?? (Array.isArray(document['connections']) ? listed.length : null)
  return {
    node,
    state: textOf(document, 'state'),
    reportedAt: numberOf(document, 'reported_at'),
    startupTime: numberOf(document, 'startup_time'),
    connectionsTotal,
    streams: connectionsTotal === listed.length ? countKinds(listed) : null,
    epsRate: numberOf(document, 'eps_rate'),
    refused: numberOf(document, 'refused'),
    connections: listed.map((connection) => connectionOf(connection, node)),
  }
}

function connectionOf(fields: Fields, node: string): Connection {
  return {
    node,
    path: pathOf(fields),
    client: textOf(fields, 'client_ip'),
    agent: textOf(fields, 'user_agent'),
    ageS: numberOf(fields, 'age'),
    lagMs: numberOf(fields, 'lag_ms'),
    bufferedBytes: numberOf(fields, 'buffered_bytes'),
    sent: numberOf(fields, 'msgs_sent'),
    conflated: numberOf(fields, 'conflated'),
  }
}

function pathOf(fields: Fields): string {
  const path = textOf(fields, 'request_path')
  const namespace = textOf(fields, 'namespace')
  if (path === '') return namespace
  return path === '/subscribe' ? `${path} ${namespacesOf(namespace).join(' + ')}` : path
}

function countKinds(connections: readonly Fields[]): Record<Kind, number> {
  const counts = { eps: 0, raw: 0, details: 0, kiosk_interaction: 0 }
  for (const connection of connections) {
    const namespaces = namespacesOf(textOf(connection, 'namespace'))
    for (const kind of KINDS) if (namespaces.some((namespace) => namespace.split('/')[0] === kind)) counts[kind]++
  }
  return counts
}

/** `/eps,details/2665` → `['eps', 'details/2665']`. */
const namespacesOf = (namespace: string) => namespace.replace(/^\//, '').split(',')
