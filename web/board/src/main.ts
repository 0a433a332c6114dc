import '../../shared/styles/theme.css'
import '../../shared/styles/base.css'
import './styles/page.css'
import './styles/board.css'
import './styles/details.css'
import { connect, Totals } from '../../client/src/index.js'
import { byId, setText } from '../../shared/dom.js'
import { Bands } from './bands.js'
import { Board } from './board.js'
import { DetailsPanel } from './details-panel.js'
import { DrawQueue } from './draw-queue.js'
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
  // Without any count, no snapshot has come yet.
  if (totals.sum > 0) details.showCount(totals.get(face.id))
})

/** The item of the sums at the top of the page, which change with every count. */
const SUMS = Symbol('sums')
const queue = new DrawQueue<string | typeof SUMS>({
  draw: (item, nowMs) => (item === SUMS ? showSums() : board.rise(item, totals.get(item), nowMs)),
  when: (item, nowMs) => {
    if (item !== SUMS) return board.when(item, nowMs)
    return bands.isTurnOf(0, nowMs) ? 'now' : 'later'
  },
  schedule: (onFrame) => requestAnimationFrame(onFrame),
})

/** All updates since the page was opened. */
let received = 0
const totals: Totals = new Totals(
  (id, _total, rise) => {
    received += rise
    queue.add(id)
    queue.add(SUMS)
    header.showBasis('here')
  },
  () => {
    board.show(totals)
    showSums()
    header.showBasis('server')
  },
)

function showSums(): void {
  showFound()
  header.showTotal(totals.sum)
  more.hidden = !board.isFull
  if (details.shownId !== null) details.showCount(totals.get(details.shownId))
}

client.on('state', (state) => {
  header.showState(state)
  details.showLost(state.name === 'waiting')
})
client.follow(totals)

/** Shows the number of results: a new id may be one. */
function showFound(): void {
  setText(found, query.value.trim() === '' ? '' : `${board.shownCount} found`)
  none.hidden = board.shownCount > 0
}

query.addEventListener('input', () => {
  board.filter(query.value)
  showFound()
})
setInterval(() => header.sample(received, performance.now()), SAMPLE_MS)
