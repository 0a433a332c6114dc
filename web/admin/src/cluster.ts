import { type Fields, isFields, numberOf, objectOf, objectsOf, textOf } from '../../shared/fields.js'
import { type NodePositions, positionsIn } from './positions.js'

/** The kinds of namespaces by which reports count streams. */
export const KINDS = ['eps', 'raw', 'details', 'kiosk_interaction'] as const

export type Kind = (typeof KINDS)[number]

/** One node of `/admin/cluster.json`. Times are Unix seconds. A field that the streamer did not report is null or "". */
export interface NodeDocument {
  readonly node: string
  readonly state: string
  readonly isDraining: boolean
  /** The state of its source of updates. */
  readonly ingest: string
  readonly positions: NodePositions | null
  readonly reportedAt: number | null
  readonly startupTime: number | null
  readonly connectionsTotal: number | null
  /** The streams of each kind: from the report, else counted in its list of connections if that is complete, else null. */
  readonly streams: Readonly<Record<Kind, number | null>>
  /** Rounds of eps frames per second. */
  readonly epsRate: number | null
  /** Counts since the start of the node. */
  readonly counts: Readonly<Record<Counter, number | null>>
  readonly refused: number | null
  readonly connections: readonly Connection[]
}

/** The counters of a node: score updates received, frames and bytes written. */
export const COUNTERS = ['updates', 'frames', 'bytes'] as const

export type Counter = (typeof COUNTERS)[number]

export interface Connection {
  readonly node: string
  /** The path of the request; for a multiplexed stream followed by its namespaces. */
  readonly path: string
  readonly client: string
  readonly agent: string
  readonly ageS: number | null
  readonly lagMs: number | null
  readonly bufferedBytes: number | null
  readonly sent: number | null
  readonly conflated: number | null
}

/** The nodes, sorted by name; none if the value is no list. */
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
    isDraining: document['draining'] === true,
    ingest: textOf(objectOf(document, 'ingest'), 'state'),
    positions: positionsIn(document),
    reportedAt: numberOf(document, 'reported_at'),
    startupTime: numberOf(document, 'startup_time'),
    connectionsTotal,
    streams: isFields(document['streams']) ? countsIn(document['streams']) : countKinds(connectionsTotal === listed.length ? listed : null),
    epsRate: numberOf(document, 'eps_rate'),
    counts: {
      updates: numberOf(document, 'updates'),
      frames: numberOf(document, 'frames_sent'),
      bytes: numberOf(document, 'bytes_sent'),
    },
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

type KindCounts = Record<Kind, number | null>

const countsIn = (streams: Fields) => perKind((kind) => numberOf(streams, kind))

function countKinds(connections: readonly Fields[] | null): KindCounts {
  if (connections === null) return perKind(() => null)
  const held = connections.map((connection) => namespacesOf(textOf(connection, 'namespace')).map((namespace) => namespace.split('/')[0]))
  return perKind((kind) => held.filter((kinds) => kinds.includes(kind)).length)
}

function perKind(count: (kind: Kind) => number | null): KindCounts {
  return { eps: count('eps'), raw: count('raw'), details: count('details'), kiosk_interaction: count('kiosk_interaction') }
}

/** `/eps,details/2665` → `['eps', 'details/2665']`. */
const namespacesOf = (namespace: string) => namespace.replace(/^\//, '').split(',')
