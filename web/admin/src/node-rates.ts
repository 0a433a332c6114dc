import type { Counter, NodeDocument } from './cluster.js'

/** Reports have whole seconds, so a rate is taken over several reports. */
const SPAN_S = 20

export type Rates = Readonly<Record<Counter, number | null>>

interface Sample {
  readonly atS: number
  readonly startupTime: number | null
  readonly counts: NodeDocument['counts']
}

const NO_RATES: Rates = { updates: null, frames: null, bytes: null }

/** The rates of each node, from the counts of its last reports. A restart of a node clears its samples. */
export class NodeRates {
  private samples = new Map<string, readonly Sample[]>()

  /** Takes the present reports, and forgets the nodes that have none. */
  take(nodes: readonly NodeDocument[]): void {
    this.samples = new Map(nodes.map((node) => [node.node, this.follow(node)]))
  }

  of(node: string): Rates {
    const samples = this.samples.get(node) ?? []
    const [first, last] = [samples[0], samples.at(-1)]
    if (first === undefined || last === undefined || first === last) return NO_RATES
    const rate = (counter: Counter) => {
      const [from, to] = [first.counts[counter], last.counts[counter]]
      return from === null || to === null ? null : (to - from) / (last.atS - first.atS)
    }
    return { updates: rate('updates'), frames: rate('frames'), bytes: rate('bytes') }
  }

  private follow({ node, reportedAt, startupTime, counts }: NodeDocument): readonly Sample[] {
    const before = this.samples.get(node) ?? []
    const last = before.at(-1)
    if (reportedAt === null) return []
    const sample = { atS: reportedAt, startupTime, counts }
    if (last === undefined || last.startupTime !== startupTime || reportedAt < last.atS) return [sample]
    if (reportedAt === last.atS) return before
    return [...before.filter(({ atS }) => atS >= reportedAt - SPAN_S), sample]
  }
}
