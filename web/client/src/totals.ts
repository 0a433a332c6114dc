/** Called when the count of an id has risen by `rise` to `count`. */
export type RiseListener = (id: string, count: number, rise: number) => void

/** Adds up frames of eps into a count for each id. Memory grows with the number of ids. */
export class Totals {
  readonly #onRise: RiseListener | undefined
  readonly #counts = new Map<string, number>()
  #total = 0

  constructor(onRise?: RiseListener) {
    this.#onRise = onRise
  }

  /** Adds the increments of one frame, `{"1F602":2}`. Throws a SyntaxError if the frame is no JSON. */
  add(frame: string): void {
    for (const [id, rise] of Object.entries<number>(JSON.parse(frame))) {
      const count = this.get(id) + rise
      this.#counts.set(id, count)
      this.#total += rise
      this.#onRise?.(id, count, rise)
    }
  }

  /** Replaces all counts by those of a snapshot, id → count, as `GET /snapshot.json` has them. Does not call `onRise`. */
  seed(snapshot: Readonly<Record<string, number>>): void {
    this.#counts.clear()
    this.#total = 0
    for (const [id, count] of Object.entries(snapshot)) {
      this.#counts.set(id, count)
      this.#total += count
    }
  }

  /** The count of an id; 0 for an unknown one. */
  get(id: string): number {
    return this.#counts.get(id) ?? 0
  }

  /** Ids and counts, in no particular order. */
  entries(): IterableIterator<[id: string, count: number]> {
    return this.#counts.entries()
  }

  /** The sum of all counts. */
  get sum(): number {
    return this.#total
  }
}
