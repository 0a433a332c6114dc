/** Sums what comes by id until the browser draws the next frame, and hands it over then: once a frame, however much comes, and only what has changed. */
export class FrameBatch {
  private sums = new Map<string, number>()

  /**
   * @param draw gets id → sum, and when the frame began, ms
   * @param schedule as requestAnimationFrame, which waits while the page is hidden: the sums do too
   */
  constructor(
    private readonly draw: (sums: ReadonlyMap<string, number>, nowMs: number) => void,
    private readonly schedule: (onFrame: (nowMs: number) => void) => unknown,
  ) {}

  add(id: string, increment: number): void {
    if (this.sums.size === 0) this.schedule((nowMs) => this.flush(nowMs))
    this.sums.set(id, (this.sums.get(id) ?? 0) + increment)
  }

  private flush(nowMs: number): void {
    const { sums } = this
    this.sums = new Map()
    this.draw(sums, nowMs)
  }
}
