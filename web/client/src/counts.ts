import type { Frame, Point } from './connection.js'
import { covers, isCounting } from './counting.js'
import { Totals } from './totals.js'

type Rise = readonly [id: string, rise: number]

/** The totals that a page knows, and the increments that follow from them, whatever happened to the connection meanwhile. */
export class Counts extends Totals {
  #rises: Rise[] = []
  /** The open namespaces of the connection. */
  served: readonly string[] = []
  /** True if a snapshot of all open namespaces has come. */
  #isKnown = false
  /** Totals may have become lower, so the next snapshot replaces them. Otherwise a lower total is an older one. */
  isStale = true

  constructor() {
    super((id, _count, rise) => this.#rises.push([id, rise]))
  }

  /** Notes the open namespaces. A server without ids has no totals. */
  serve(namespaces: readonly string[], at: Point): void {
    this.#isKnown &&= typeof at === 'string' && namespaces.filter(isCounting).every((namespace) => this.has(namespace))
    this.served = namespaces
  }

  /** True if all totals of a namespace are known. */
  has(namespace: string): boolean {
    return this.#isKnown && covers(this.served, namespace)
  }

  /** The snapshot for another tab; none while totals of an open namespace are unknown, and where no namespace counts. */
  get snapshot(): readonly Frame[] {
    return this.#isKnown && !this.isStale && this.served.some(isCounting) ? [['snapshot', JSON.stringify(this)]] : []
  }

  /**
   * Takes a frame with totals.
   * @returns the increments since the totals before, where those were known; and whether some counts have fallen, since the server has
   * lost data
   */
  take(event: string, data: string): [rises: readonly Rise[], isLower: boolean] {
    const totals: Record<string, number> = JSON.parse(data)
    const wasKnown = this.has('eps')
    this.#rises = []
    this.raise(totals)
    const { sum } = this
    if (event === 'snapshot') {
      this.#isKnown = true
      if (this.isStale) this.seed(totals)
      this.isStale = false
    }
    return [wasKnown && this.has('eps') ? this.#rises : [], wasKnown && this.sum < sum]
  }
}
