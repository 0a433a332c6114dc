import type { ConnectionState } from '../../client/src/index.js'
import { byId, setText, setTone, type Tone } from '../../shared/dom.js'
import { formatCount, formatWhole, orMissing } from '../../shared/format.js'
import { RateWindow } from './rate-window.js'
import { sparklinePoints } from './sparkline.js'

const SAMPLES = 60
const BOX = { width: 120, height: 32, capacity: SAMPLES }
const IN_ALL = 'counted in all'
const STATES: Readonly<Record<ConnectionState['name'], readonly [Tone, string]>> = {
  connecting: ['idle', 'connecting'],
  open: ['good', 'live'],
  waiting: ['bad', 'connection lost, trying again'],
  closed: ['idle', 'closed'],
}

/** The header above the cells: the state of the connection, the sum of all counts, and their rate. */
export class Header {
  private readonly state = byId('state', HTMLElement)
  private readonly basis = byId('basis', HTMLElement)
  private readonly total = byId('total', HTMLElement)
  private readonly rate = byId('rate', HTMLElement)
  private readonly sparkline = byId('sparkline', SVGPolylineElement)
  private readonly rates = new RateWindow(SAMPLES)

  showState({ name }: ConnectionState): void {
    const [tone, text] = STATES[name]
    setTone(this.state, tone)
    setText(this.state, text)
  }

  showTotal(total: number): void {
    setText(this.total, formatWhole(total))
  }

  /** Shows where the counts begin: on the server, or on this page, until a snapshot of the server comes. */
  showBasis(basis: 'server' | 'here'): void {
    if (this.basis.textContent === IN_ALL) return
    setText(this.basis, basis === 'server' ? IN_ALL : 'counted since you came')
  }

  /** Takes the number of all updates so far. The caller does this once a second. */
  sample(received: number, nowMs: number): void {
    setText(this.rate, orMissing(this.rates.sample(received, nowMs), formatCount))
    this.sparkline.setAttribute('points', sparklinePoints(this.rates.rates, BOX))
  }
}
