/** The document of the stream. `updates` is the sum of `totals` and `other`. */
export interface TotalsDocument {
  /** The start of the count, Unix seconds. */
  readonly since: number
  /** The number of all updates. */
  readonly updates: number
  readonly totals: Readonly<Record<string, number>>
  /** The number of updates of ids that have no total, because `maxIds` others came first. */
  readonly other: number
}

/** Counts the updates of each id. Bounded: the first `maxIds` ids have one total each, all others one together. */
export class RunningTotals {
  updates = 0
  private readonly totals = new Map<string, number>()
  private other = 0

  constructor(
    private readonly maxIds: number,
    private readonly sinceS: number,
  ) {}

  add(id: string): void {
    this.updates++
    const total = this.totals.get(id) ?? 0
    if (total > 0 || this.totals.size < this.maxIds) this.totals.set(id, total + 1)
    else this.other++
  }

  document(): TotalsDocument {
    return { since: this.sinceS, updates: this.updates, totals: Object.fromEntries(this.totals), other: this.other }
  }
}
