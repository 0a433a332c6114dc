import { Totals } from '../../client/src/index.js'

/** What the board shows of each id: what a snapshot said, and what has come since that was asked for. */
export class Counts {
  /** All that has come since the page opened. */
  received = 0
  private readonly totals: Totals
  /** What has come since the snapshot under way was asked for; null while there is none. */
  private meanwhile: Map<string, number> | null = null

  /** @param onRise hears of each id in a frame, once */
  constructor(onRise: (id: string, rise: number) => void) {
    this.totals = new Totals((id, _count, rise) => {
      this.received += rise
      this.meanwhile?.set(id, (this.meanwhile.get(id) ?? 0) + rise)
      onRise(id, rise)
    })
  }

  /** All counts together. */
  get sum(): number {
    return this.totals.sum
  }

  of(id: string): number {
    return this.totals.get(id)
  }

  /** Adds a frame of eps. */
  add(frame: string): void {
    this.totals.add(frame)
  }

  /** A snapshot is asked for. */
  ask(): void {
    this.meanwhile = new Map()
  }

  /**
   * Takes the snapshot asked for, in place of all counts. It was read somewhere between the question and now, so what has come meanwhile may be in it
   * or not. It is added: the counts are too high by at most that, and never too low.
   */
  take(scores: ReadonlyMap<string, number>): void {
    const counts = new Map(scores)
    for (const [id, rise] of this.meanwhile ?? []) counts.set(id, (counts.get(id) ?? 0) + rise)
    this.totals.seed(Object.fromEntries(counts))
    this.meanwhile = null
  }

  entries(): Iterable<readonly [id: string, count: number]> {
    return this.totals.entries()
  }
}
