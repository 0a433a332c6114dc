/** How often something happened per second, between the last two samples of its counter. Times are monotonic ms. */
export class RateMeter {
  perSecond = 0
  private count = 0
  private atMs: number

  constructor(nowMs: number) {
    this.atMs = nowMs
  }

  sample(count: number, nowMs: number): void {
    if (nowMs <= this.atMs) return
    this.perSecond = ((count - this.count) * 1000) / (nowMs - this.atMs)
    this.count = count
    this.atMs = nowMs
  }
}
