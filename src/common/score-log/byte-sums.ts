/** After how many places of the ring the sum is kept once more. */
const SPAN = 64

/** The part of a log whose ids are summed up. */
interface Ids {
  readonly capacity: number
  readonly position: number
  idAt(position: number): Uint8Array
}

/** How many bytes the ids of a log have: a sum for each 64th place of its ring, from which that of any position is exact. */
export class ByteSums {
  /** The bytes of all ids up to the newest position. */
  private total = 0
  /** The bytes of all ids before the entry at each SPAN-th place of the ring. */
  private readonly before: Float64Array

  constructor(capacity: number) {
    this.before = new Float64Array(Math.ceil(capacity / SPAN))
  }

  /** Adds an id of so many bytes at a place of the ring. */
  append(place: number, bytes: number): void {
    if (place % SPAN === 0) this.before[place / SPAN] = this.total
    this.total += bytes
  }

  /**
   * The bytes of all ids up to a position, whose next entry is at `place`. Counts down from the next sum that was kept: looks at fewer
   * than 64 entries.
   */
  upTo(log: Ids, position: number, place: number): number {
    const next = Math.min(Math.ceil(place / SPAN) * SPAN, log.capacity)
    const end = Math.min(position + next - place, log.position)
    let bytes = end === log.position ? this.total : (this.before[(next % log.capacity) / SPAN] ?? 0)
    for (let at = end; at > position; at--) bytes -= log.idAt(at).length
    return bytes
  }
}
