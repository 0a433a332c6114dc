/** The longest that anybody waits. */
export const LONGEST_MS = 1000

/**
 * A call of somebody else's that may take long, or never end: one at a time, for all who ask meanwhile. They wait for it a second at most; once it was
 * late nobody waits for it again until it has ended, so that one that never ends costs nothing more.
 */
export class SingleFlight<T> {
  private flight: Promise<T> | null = null
  private isLate = false

  constructor(private readonly call: () => Promise<T>) {}

  /** What the call gives; null where it is late. Rejects as the call does. */
  async result(): Promise<T | null> {
    if (this.isLate) return null
    this.flight ??= this.begin()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.isLate = this.flight !== null
        resolve(null)
      }, LONGEST_MS)
    })
    return await Promise.race([this.flight, late]).finally(() => clearTimeout(timer))
  }

  private begin(): Promise<T> {
    return this.call().finally(() => {
      this.flight = null
      this.isLate = false
    })
  }
}
