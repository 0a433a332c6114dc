import { make, setText, setTone, type Tone } from '../../shared/dom.js'
import { formatBytes, formatCount, formatSeconds, formatWhole, MISSING, orMissing } from '../../shared/format.js'
import { KINDS, type NodeDocument } from './cluster.js'
import { NodeRates, type Rates } from './node-rates.js'
import { agreementOf, modeLabel, type NodePositions } from './positions.js'
import { type Cell, TableBody } from './table-body.js'

/** The columns of text; the rest are numbers. */
const TEXTS = ['Node', 'State', 'Source', 'Positions', 'Epoch'] as const
const NUMBERS = [
  'Up',
  'Reported',
  'Streams',
  'eps',
  'raw',
  'details',
  'kiosk',
  'Updates/s',
  'Events/s',
  'Bytes/s',
  'Rounds/s',
  'Slow',
  'Refused',
  'Position',
  'Healed',
] as const
const HEADS = [...TEXTS, ...NUMBERS]
const TONES: Readonly<Record<string, Tone>> = { ok: 'good', dead: 'bad', draining: 'warn' }
const INGEST_TONES: Readonly<Record<string, Tone>> = { ready: 'good', connecting: 'bad', stopped: 'warn' }

/** The nodes of the cluster, one in each row. */
export class NodeTable {
  private readonly body: TableBody
  private readonly rates = new NodeRates()

  constructor(
    table: HTMLTableElement,
    private readonly summary: HTMLElement,
    private readonly agreement: HTMLElement,
  ) {
    const classes = HEADS.map((_, index) => (index < TEXTS.length ? '' : 'number'))
    const heads = HEADS.map((text, index) => {
      const head = make('th', classes[index] ?? '', text)
      head.scope = 'col'
      return head
    })
    table.tHead?.append(make('tr', '', ...heads))
    this.body = new TableBody(table.tBodies[0] ?? table.createTBody(), classes)
  }

  /** @param nowS Unix seconds by the clock of the server */
  render(nodes: readonly NodeDocument[], nowS: number): void {
    this.rates.take(nodes)
    this.body.render(nodes.map((node) => cells(node, this.rates.of(node.node), nowS)))
    const dead = nodes.filter(({ state }) => state === 'dead').length
    const streams = nodes.reduce((sum, { connectionsTotal, state }) => sum + (state === 'dead' ? 0 : (connectionsTotal ?? 0)), 0)
    setText(this.summary, `${nodes.length} reporting${dead === 0 ? '' : `, ${dead} of them dead`}; ${formatWhole(streams)} streams`)
    this.showAgreement(nodes.filter(({ state }) => state !== 'dead').flatMap(({ positions }) => positions ?? []))
  }

  private showAgreement(positions: readonly NodePositions[]): void {
    const agreement = agreementOf(positions)
    this.agreement.hidden = agreement === null
    if (agreement === null) return
    setText(this.agreement, agreement.text)
    setTone(this.agreement, agreement.tone)
  }
}

function cells(node: NodeDocument, rates: Rates, nowS: number): readonly Cell[] {
  const { startupTime, reportedAt, connectionsTotal, streams, epsRate, refused, positions } = node
  return [
    { text: node.node },
    pill(node.isDraining && node.state === 'ok' ? 'draining' : node.state, TONES),
    pill(node.ingest, INGEST_TONES),
    positions === null ? { text: MISSING } : modeLabel(positions),
    { text: positions?.epoch || MISSING },
    { text: startupTime === null ? MISSING : formatSeconds(nowS - startupTime) },
    { text: reportedAt === null ? MISSING : `${formatSeconds(nowS - reportedAt)} ago` },
    { text: orMissing(connectionsTotal, formatWhole) },
    ...KINDS.map((kind) => ({ text: orMissing(streams[kind], formatWhole) })),
    { text: orMissing(rates.updates, formatCount) },
    { text: orMissing(rates.frames, formatCount) },
    { text: orMissing(rates.bytes, formatBytes) },
    { text: orMissing(epsRate, formatCount) },
    { text: orMissing(slowIn(node), formatWhole) },
    { text: orMissing(refused, formatWhole) },
    { text: orMissing(positions?.position ?? null, formatWhole) },
    { text: orMissing(positions?.healed ?? null, formatWhole) },
  ]
}

const pill = (text: string, tones: Readonly<Record<string, Tone>>): Cell =>
  text === '' ? { text: MISSING } : { text, tone: tones[text] ?? 'idle' }

/** The number of listed connections that lag; a node lists its worst ones. Null if the streamer does not report lag. */
function slowIn({ connections, connectionsTotal }: NodeDocument): number | null {
  if (connectionsTotal === 0) return 0
  const lags = connections.map(({ lagMs }) => lagMs).filter((lagMs) => lagMs !== null)
  return lags.length === 0 ? null : lags.filter((lagMs) => lagMs > 0).length
}
