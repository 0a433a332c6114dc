/** Lets so many through per second on average, and as many as a whole second's at once. Times are monotonic ms. */
export class TokenBucket {
  private readonly capacity: number
  private tokens: number
  private atMs: number

  /** @param perSecond above 0, finite */
  constructor(
    private readonly perSecond: number,
    nowMs: number,
  ) {
    this.capacity = Math.max(1, perSecond)
    this.tokens = this.capacity
    this.atMs = nowMs
  }

  /** Takes one if there is one. */
  take(nowMs: number): boolean {
    this.tokens = Math.min(this.capacity, this.tokens + ((nowMs - this.atMs) * this.perSecond) / 1000)
    this.atMs = nowMs
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
