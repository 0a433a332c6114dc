import { KINDS, type NodeDocument } from './cluster.js'
import { make, setText, type Tone } from './dom.js'
import { formatCount, formatSeconds, formatWhole, MISSING, orMissing } from './format.js'
import { type Cell, TableBody } from './table-body.js'

const HEADS = ['Node', 'State', 'Up', 'Reported', 'Streams', 'eps', 'raw', 'details', 'kiosk', 'Rounds/s', 'Slow', 'Refused'] as const
const TONES: Readonly<Record<string, Tone>> = { ok: 'good', dead: 'bad' }

/** The nodes of the cluster, one a row. */
export class NodeTable {
  private readonly body: TableBody

  constructor(
    table: HTMLTableElement,
    private readonly summary: HTMLElement,
  ) {
    const heads = HEADS.map((text, index) => {
      const head = make('th', index < 2 ? '' : 'number', text)
      head.scope = 'col'
      return head
    })
    table.tHead?.append(make('tr', '', ...heads))
    this.body = new TableBody(
      table.tBodies[0] ?? table.createTBody(),
      HEADS.map((_, index) => (index < 2 ? '' : 'number')),
    )
  }

  /** @param nowS Unix seconds by the clock of the server */
  render(nodes: readonly NodeDocument[], nowS: number): void {
    this.body.render(nodes.map((node) => cells(node, nowS)))
    const dead = nodes.filter(({ state }) => state === 'dead').length
    const streams = nodes.reduce((sum, { connectionsTotal }) => sum + (connectionsTotal ?? 0), 0)
    setText(this.summary, `${nodes.length} reporting${dead === 0 ? '' : `, ${dead} dead`}; ${formatWhole(streams)} streams`)
  }
}

function cells(node: NodeDocument, nowS: number): readonly Cell[] {
  const { state, startupTime, reportedAt, connectionsTotal, streams, epsRate, refused, connections } = node
  const slow = connections.some(({ lagMs }) => lagMs !== null) ? connections.filter(({ lagMs }) => (lagMs ?? 0) > 0).length : null
  return [
    { text: node.node },
    state === '' ? { text: MISSING } : { text: state, tone: TONES[state] ?? 'idle' },
    { text: startupTime === null ? MISSING : formatSeconds(nowS - startupTime) },
    { text: reportedAt === null ? MISSING : `${formatSeconds(nowS - reportedAt)} ago` },
    { text: orMissing(connectionsTotal, formatWhole) },
    ...KINDS.map((kind) => ({ text: streams === null ? MISSING : formatWhole(streams[kind]) })),
    { text: orMissing(epsRate, formatCount) },
    { text: orMissing(connectionsTotal === 0 ? 0 : slow, formatWhole) },
    { text: orMissing(refused, formatWhole) },
  ]
}
