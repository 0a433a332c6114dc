import 'uplot/dist/uPlot.min.css'
import '../../shared/styles/theme.css'
import '../../shared/styles/base.css'
import './styles/page.css'
import './styles/cards.css'
import './styles/tables.css'
import { byId, setText, setTone, type Tone } from '../../shared/dom.js'
import { Cards } from './cards.js'
import { ClusterPoll } from './cluster-poll.js'
import { ConnectionTable } from './connection-table.js'
import { Facts } from './facts.js'
import { type FeedState, LiveFeed } from './live-feed.js'
import { NodeTable } from './node-table.js'
import { FIGURES, type Reading } from './reading.js'
import { TimeWindow } from './time-window.js'

const WINDOW_S = 300
const WINDOW_TEXT = 'the last 5 minutes'
const FEED: Readonly<Record<FeedState, readonly [Tone, string]>> = {
  connecting: ['idle', 'connecting'],
  live: ['good', 'live'],
  late: ['warn', 'no figures for a while'],
  lost: ['bad', 'connection lost, trying again'],
}

const element = (id: string) => byId(id, HTMLElement)
const window5 = new TimeWindow(FIGURES, WINDOW_S)
const moment = element('moment')
const cards = new Cards(element('cards'), window5, (text) => setText(moment, text === '' ? WINDOW_TEXT : text))
const facts = new Facts(element('facts'))
const nodeTable = new NodeTable(byId('nodes', HTMLTableElement), element('nodes-summary'), element('agreement'))
const connectionTable = new ConnectionTable({
  table: byId('connection-table', HTMLTableElement),
  query: byId('query', HTMLInputElement),
  summary: element('connections-summary'),
  found: element('found'),
})
const notice = element('notice')
const node = element('node')
const feed = element('feed')

/** How far the server's clock is ahead of the browser's, s. Ages follow the server's clock. */
let clockOffsetS = 0

function show(reading: Reading): void {
  // Behind a load balancer, or with several workers, another node may answer after a reconnect. Its figures do not continue the old ones.
  if (node.textContent !== reading.node) window5.clear()
  setText(node, reading.node)
  document.title = `${reading.node} · emojitrack-streamer`
  clockOffsetS = reading.atS - Date.now() / 1000
  window5.push(reading.atS, reading.figures)
  facts.update(reading)
  cards.update(reading)
}

new LiveFeed('./live', {
  onReading: show,
  onState: (state) => {
    const [tone, text] = FEED[state]
    setTone(feed, tone)
    setText(feed, text)
  },
}).start()

new ClusterPoll('./cluster.json', {
  onNodes: (nodes) => {
    notice.hidden = true
    nodeTable.render(nodes, Date.now() / 1000 + clockOffsetS)
    connectionTable.render(nodes)
  },
  onFailure: (message) => {
    setText(notice, message)
    notice.hidden = false
  },
}).start()

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) cards.draw()
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => cards.redraw())
