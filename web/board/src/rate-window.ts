/** The rates of the last `capacity` samples, as a sparkline draws them. */
export class RateWindow {
  /** Per second, the newest last. */
  readonly rates: number[] = []
  private last: { readonly count: number; readonly atMs: number } | null = null

  constructor(private readonly capacity: number) {}

  /** Takes the total so far, and returns the rate since the sample before; null for the first sample. `nowMs` is monotonic. */
  sample(count: number, nowMs: number): number | null {
    const { last } = this
    this.last = { count, atMs: nowMs }
    if (last === null || nowMs <= last.atMs) return null
    const rate = ((count - last.count) * 1000) / (nowMs - last.atMs)
    this.rates.push(rate)
    if (this.rates.length > this.capacity) this.rates.shift()
    return rate
  }
}
