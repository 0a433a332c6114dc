import '../../shared/styles/theme.css'
import '../../shared/styles/base.css'
import './styles/page.css'
import './styles/board.css'
import './styles/details.css'
import { connect } from '../../client/src/index.js'
import { byId, setText } from '../../shared/dom.js'
import { Bands } from './bands.js'
import { Board } from './board.js'
import { Counts } from './counts.js'
import { DetailsPanel } from './details-panel.js'
import { DrawQueue } from './draw-queue.js'
import { FirstCounts } from './first-counts.js'
import { Header } from './header.js'

const SAMPLE_MS = 1000

const client = connect({ url: './' })
const header = new Header()
const details = new DetailsPanel((namespace, listener) => client.subscribe(namespace, listener))
const more = byId('more', HTMLElement)
const none = byId('none', HTMLElement)
const query = byId('query', HTMLInputElement)
const found = byId('found', HTMLElement)

const bands = new Bands()
const board = new Board(byId('board', HTMLElement), bands, ({ face }) => {
  details.open(face)
  details.showCount(counts.of(face.id))
})

/** The item of the sums at the top of the page, which change with every count. */
const SUMS = Symbol('sums')
const queue = new DrawQueue<string | typeof SUMS>({
  draw: (item, nowMs) => (item === SUMS ? showSums() : board.rise(item, counts.of(item), nowMs)),
  when: (item, nowMs) => {
    if (item !== SUMS) return board.when(item, nowMs)
    return bands.isTurnOf(0, nowMs) ? 'now' : 'later'
  },
  schedule: (onFrame) => requestAnimationFrame(onFrame),
})

const counts = new Counts((id) => {
  queue.add(id)
  queue.add(SUMS)
})

const firstCounts = new FirstCounts('./snapshot.json', {
  onAsk: () => counts.ask(),
  onScores: (scores) => {
    counts.take(scores)
    board.show(counts)
    showSums()
    header.showBasis('redis')
  },
  onNone: () => header.showBasis('none'),
})

function showSums(): void {
  showFound()
  header.showTotal(counts.sum)
  more.hidden = !board.isFull
  if (details.shownId !== null) details.showCount(counts.of(details.shownId))
}

let isAsked = false
client.on('state', (state) => {
  header.showState(state)
  details.showLost(state.name === 'waiting')
  if (state.name === 'waiting') firstCounts.stop()
  // The stream opens before the request for the counts, so that no update between the two is lost.
  if (state.name !== 'open' || isAsked) return
  isAsked = true
  void firstCounts.fetch()
})
client.on('gap', ({ namespaces }) => {
  if (namespaces.includes('eps')) void firstCounts.fetch()
})
client.subscribe('eps', (frame) => counts.add(frame))

/** Shows the number of results: a new id may be one. */
function showFound(): void {
  setText(found, query.value.trim() === '' ? '' : `${board.shownCount} found`)
  none.hidden = board.shownCount > 0
}

query.addEventListener('input', () => {
  board.filter(query.value)
  showFound()
})
setInterval(() => header.sample(counts.received, performance.now()), SAMPLE_MS)
