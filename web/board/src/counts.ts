import { Totals } from '../../client/src/index.js'

/** The count of each id: the one in the snapshot, and the increments since the request for it. */
export class Counts {
  /** The sum of all increments since the page opened. */
  received = 0
  private readonly totals: Totals
  /** The increments since the request for a snapshot that is under way; null while none is. */
  private meanwhile: Map<string, number> | null = null

  /** @param onRise called once for each id in a frame */
  constructor(onRise: (id: string, rise: number) => void) {
    this.totals = new Totals((id, _count, rise) => {
      this.received += rise
      this.meanwhile?.set(id, (this.meanwhile.get(id) ?? 0) + rise)
      onRise(id, rise)
    })
  }

  /** The sum of all counts. */
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

  /** Notes a request for a snapshot. */
  ask(): void {
    this.meanwhile = new Map()
  }

  /**
   * Replaces all counts by those of the snapshot. The server read it at some time after the request, so it may or may not hold the
   * increments that have come since. They are added: counts are too high by at most these increments, and never too low.
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
