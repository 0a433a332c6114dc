import { make, setText } from '../../shared/dom.js'
import { formatBytes, formatMs, formatSeconds, formatWhole, orMissing } from '../../shared/format.js'
import type { Connection, NodeDocument } from './cluster.js'
import { nextOrder, type Order, type SortKey, search, sorted } from './connection-list.js'
import { type Cell, TableBody } from './table-body.js'

/** The most rows that the page draws. A search finds the others. */
export const MAX_ROWS = 200
/** A screen reader announces the result of a search once, this long after the last key. */
const ANNOUNCE_MS = 700

const COLUMNS: readonly { readonly key: SortKey; readonly head: string; readonly name: string }[] = [
  { key: 'path', head: 'Path', name: 'path' },
  { key: 'client', head: 'Client', name: 'client' },
  { key: 'agent', head: 'Agent', name: 'agent' },
  { key: 'ageS', head: 'Age', name: 'number' },
  { key: 'lagMs', head: 'Lag', name: 'number' },
  { key: 'bufferedBytes', head: 'Buffered', name: 'number' },
  { key: 'sent', head: 'Events', name: 'number' },
  { key: 'conflated', head: 'Conflated', name: 'number' },
  { key: 'node', head: 'Node', name: 'client' },
]

interface Places {
  readonly table: HTMLTableElement
  readonly query: HTMLInputElement
  readonly summary: HTMLElement
  /** A screen reader announces this text; it changes after typing only. */
  readonly found: HTMLElement
}

/** The open streams of all nodes: searched, sorted, and drawn up to MAX_ROWS. */
export class ConnectionTable {
  private readonly body: TableBody
  private readonly heads = new Map<SortKey, HTMLTableCellElement>()
  private connections: readonly Connection[] = []
  private open = 0
  private order: Order = { key: 'ageS', isDescending: true }
  private announcement: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly places: Places) {
    const { table, query } = places
    table.tHead?.append(make('tr', '', ...COLUMNS.map(({ key, head, name }) => this.head(key, head, name))))
    this.body = new TableBody(
      table.tBodies[0] ?? table.createTBody(),
      COLUMNS.map(({ name }) => name),
    )
    query.addEventListener('input', () => {
      this.draw()
      clearTimeout(this.announcement)
      this.announcement = setTimeout(() => setText(places.found, places.summary.textContent ?? ''), ANNOUNCE_MS)
    })
    this.markOrder()
  }

  render(nodes: readonly NodeDocument[]): void {
    this.connections = nodes.flatMap(({ connections }) => connections)
    this.open = nodes.reduce((sum, { connectionsTotal, connections }) => sum + (connectionsTotal ?? connections.length), 0)
    this.draw()
  }

  private draw(): void {
    const matches = search(this.connections, this.places.query.value)
    const shown = sorted(matches, this.order).slice(0, MAX_ROWS)
    this.body.render(shown.map(cells))
    setText(this.places.summary, this.summarise(matches.length, shown.length))
  }

  /** The numbers of connections that are drawn, match, are listed by their nodes, and are open; equal ones are left out. */
  private summarise(matching: number, shown: number): string {
    const [listed, open] = [this.connections.length, Math.max(this.open, this.connections.length)]
    const parts = [
      ...(shown < matching ? [`${formatWhole(shown)} shown`] : []),
      ...(matching < listed ? [`${formatWhole(matching)} found`] : []),
      ...(listed < open ? [`${formatWhole(listed)} listed`] : []),
      `${formatWhole(open)} open`,
    ]
    return parts.join(' of ')
  }

  private head(key: SortKey, text: string, name: string): HTMLTableCellElement {
    const button = make('button', 'sort', text)
    button.type = 'button'
    button.addEventListener('click', () => {
      this.order = nextOrder(this.order, key)
      this.markOrder()
      this.draw()
    })
    const head = make('th', name, button)
    head.scope = 'col'
    this.heads.set(key, head)
    return head
  }

  private markOrder(): void {
    for (const [key, head] of this.heads) {
      if (key !== this.order.key) head.removeAttribute('aria-sort')
      else head.setAttribute('aria-sort', this.order.isDescending ? 'descending' : 'ascending')
    }
  }
}

function cells({ path, client, agent, ageS, lagMs, bufferedBytes, sent, conflated, node }: Connection): readonly Cell[] {
  return [
    { text: path, title: path },
    { text: client },
    { text: agent, title: agent },
    { text: orMissing(ageS, formatSeconds) },
    { text: orMissing(lagMs, formatMs) },
    { text: orMissing(bufferedBytes, formatBytes) },
    { text: orMissing(sent, formatWhole) },
    { text: orMissing(conflated, formatWhole) },
    { text: node },
  ]
}
