/** The totals as they are streamed. `updates` is the sum of `totals` and `other`. */
export interface TotalsDocument {
  /** When the count began, Unix seconds. */
  readonly since: number
  /** How many updates have come in all. */
  readonly updates: number
  readonly totals: Readonly<Record<string, number>>
  /** How many of them were of ids that came when `maxIds` others had a total. */
  readonly other: number
}

/** How often each id has come since the start. Bounded: the first `maxIds` ids have a total of their own, all others one together. */
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
