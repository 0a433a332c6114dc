/** Called when the count of an id has risen by `rise` to `count`. */
export type RiseListener = (id: string, count: number, rise: number) => void

/** The counts of ids. Memory grows with the number of ids. */
export class Totals {
  readonly #onRise: RiseListener | undefined
  readonly #onSeed: (() => void) | undefined
  readonly #counts = new Map<string, number>()
  #total = 0

  /**
   * @param onRise called for each count that rises
   * @param onSeed called when a snapshot has replaced all counts
   */
  constructor(onRise?: RiseListener, onSeed?: () => void) {
    this.#onRise = onRise
    this.#onSeed = onSeed
  }

  /** Adds the increments of one frame, `{"1F602":2}`. Throws a SyntaxError if the frame is no JSON. */
  add(frame: string): void {
    for (const [id, rise] of Object.entries<number>(JSON.parse(frame))) this.#rise(id, rise)
  }

  /** Raises counts to these, id → count. A lower one is an older one, and is skipped. */
  raise(counts: Readonly<Record<string, number>>): void {
    for (const [id, count] of Object.entries(counts)) if (count > this.get(id)) this.#rise(id, count - this.get(id))
  }

  /** Replaces all counts by those of a snapshot, id → count, as `GET /snapshot.json` has them. Does not call `onRise`. */
  seed(snapshot: Readonly<Record<string, number>>): void {
    this.#counts.clear()
    this.#total = 0
    for (const [id, count] of Object.entries(snapshot)) {
      this.#counts.set(id, count)
      this.#total += count
    }
    this.#onSeed?.()
  }

  /** The count of an id; 0 for an unknown one. */
  get(id: string): number {
    return this.#counts.get(id) ?? 0
  }

  /** Ids and counts, in no particular order. */
  entries(): IterableIterator<[id: string, count: number]> {
    return this.#counts.entries()
  }

  /** All counts, id → count, as `seed` takes them. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }

  /** The sum of all counts. */
  get sum(): number {
    return this.#total
  }

  #rise(id: string, rise: number): void {
    const count = this.get(id) + rise
    this.#counts.set(id, count)
    this.#total += rise
    this.#onRise?.(id, count, rise)
  }
}
