/** The most cells that one frame draws: of those in sight, and of those that nobody sees. */
const IN_SIGHT = 64
const OUT_OF_SIGHT = 16

/** Draws the cell of an id with its count of now. `nowMs`: when the frame began. */
export type Draw = (id: string, nowMs: number) => void

/**
 * The ids whose cells are behind their counts. Every frame of the browser draws some of them, those that have waited longest first, and leaves the
 * rest to the next: however much comes, a frame has no more to lay out and to paint than that. A cell is drawn once for all that has come meanwhile.
 */
export class DrawQueue {
  private readonly ids = new Set<string>()
  private isScheduled = false

  /**
   * @param isInSight whether the cell of an id is, or has still to be made
   * @param schedule as requestAnimationFrame, which waits while the page is hidden: the ids do too
   * @param onDrawn hears of every frame in which something was drawn
   */
  constructor(
    private readonly draw: Draw,
    private readonly isInSight: (id: string) => boolean,
    private readonly schedule: (onFrame: (nowMs: number) => void) => unknown,
    private readonly onDrawn: () => void,
  ) {}

  add(id: string): void {
    this.ids.add(id)
    this.scheduleFrame()
  }

  private scheduleFrame(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    this.schedule((nowMs) => this.drawSome(nowMs))
  }

  private drawSome(nowMs: number): void {
    this.isScheduled = false
    const left = { seen: IN_SIGHT, others: OUT_OF_SIGHT }
    for (const id of [...this.ids]) {
      if (left[this.isInSight(id) ? 'seen' : 'others']-- <= 0) continue
      this.ids.delete(id)
      this.draw(id, nowMs)
    }
    this.onDrawn()
    if (this.ids.size > 0) this.scheduleFrame()
  }
}
